/* SPDX-License-Identifier: BSD-2-Clause */
/* Operands of instructions: registers that are read must hold something, those written become
 * something else. */
#ifndef SKEP_VERIFY_OPERAND_H
#define SKEP_VERIFY_OPERAND_H

#include "verify/env.h"

/* 0, or -EACCES with "R1 !read_ok". */
int skep__need_reg(struct verify_env *env, u32 regno);

/* The register will be written: not R10. Its old contents stay for the instruction to use. */
int skep__will_write(struct verify_env *env, u32 regno);

static inline void mark_scratched(struct verify_env *env, u32 regno)
{
	env->scratched_regs |= (u16)(1u << regno);
}

/* Would storing it, or doing arithmetic with it, leak an address? */
static inline bool is_secret(const struct verify_env *env, const struct reg *r)
{
	return !env->allow_ptr_leaks && r->cls != REG_SCALAR;
}

/* The register's class as text, for one sentence. The buffer is the caller's. */
struct class_name {
	char text[80];
};
const char *skep__class_name(const struct reg *r, struct class_name *buf);

/* alu.c, alu_pointer.c */
int skep__check_alu(struct verify_env *env, const struct insn *insn);
int skep__check_pointer_alu(struct verify_env *env, const struct insn *insn, const struct reg *ptr,
			    const struct reg *off);
const char *skep__alu_text(u8 op);

#endif
