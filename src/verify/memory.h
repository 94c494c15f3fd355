/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory: may an instruction, or a function on its behalf, touch what a pointer points to? One file
 * a class of pointer; memory.c has the table of them.
 */
#ifndef SKEP_VERIFY_MEMORY_H
#define SKEP_VERIFY_MEMORY_H

#include "verify/env.h"

/* One access through a register. */
struct access {
	struct verify_env *env;
	u32 regno; /* the pointer's */
	struct reg *ptr;
	s32 off; /* the instruction's offset and the pointer's fixed one */
	s32 size;
	bool write, sign_extend;
	int value; /* register that is stored, or loaded into; NO_REG: none */
};

/*
 * A load or store of an instruction. strict: aligned, whatever the machine. The loaded register
 * gets what the memory holds. 0 or -EACCES, -EINVAL... with the sentence.
 */
int skep__check_access(struct verify_env *env, u32 regno, s32 off, u32 size, bool write, int value,
		       bool strict, bool sign_extend);
int skep__check_load(struct verify_env *env, const struct insn *insn, bool strict);
int skep__check_store(struct verify_env *env, const struct insn *insn, bool strict);
int skep__check_store_const(struct verify_env *env, const struct insn *insn);
int skep__check_atomic(struct verify_env *env, const struct insn *insn);
int skep__check_aligned(struct verify_env *env, u32 regno, u32 size); /* whatever the machine */
int skep__note_pointer(struct verify_env *env, u8 cls, u16 flags, bool trust_may_differ);

/* By class. `a->off` has the fixed offset in it. */
int skep__access_stack(const struct access *a);
int skep__access_ctx(const struct access *a);
int skep__access_ctx_btf(const struct access *a); /* mem_ctx_btf.c */
int skep__refuse_ctx(const struct access *a);
int skep__access_packet(const struct access *a);
int skep__access_map_value(const struct access *a);
int skep__access_map_key(const struct access *a);
int skep__access_mem(const struct access *a);
int skep__access_buf(const struct access *a);
int skep__access_tp_buffer(const struct access *a);
int skep__access_sock(const struct access *a);
int skep__access_flow_keys(const struct access *a);
int skep__access_btf(const struct access *a);
int skep__access_btf_write(const struct access *a); /* mem_btf_write.c: of the kernel's own */
int skep__access_map_ptr(const struct access *a);
int skep__access_arena(const struct access *a);

/* Shared by them and by calls. */
int skep__check_region(struct verify_env *env, u32 regno, s32 off, s32 size, u32 region,
		       bool zero_ok);
int skep__check_packet(struct verify_env *env, u32 regno, s32 off, s32 size, bool zero_ok);
int skep__check_map_type(struct verify_env *env, u32 regno, s32 off, s32 size, bool write);
int skep__check_map_value(struct verify_env *env, u32 regno, s32 off, s32 size, bool zero_ok,
			  bool direct);
int skep__check_buffer(struct verify_env *env, u32 regno, s32 off, s32 size);
int skep__check_plain_offset(struct verify_env *env, const struct reg *r, u32 regno, bool fixed_ok);

/* Stack (stack.c, stack_write.c, stack_range.c). */
int skep__stack_bounds(struct verify_env *env, u32 regno, s32 off, s32 size, bool write);
int skep__stack_read(const struct access *a);
int skep__stack_write(const struct access *a);

/* What a function wants to know when it is handed uninitialised stack to fill. */
struct raw_stack {
	u32 regno;
	s32 size;
};
/* A function reads or fills [ptr + off, + size). raw: it may be uninitialised, and is noted there.
 */
int skep__stack_range(struct verify_env *env, u32 regno, s32 off, s32 size, bool zero_ok,
		      bool write, struct raw_stack *raw);
/* Every byte of a function's output becomes something; what was spilled there is gone. */
void skep__stack_scrub(struct slot *slot);
bool skep__is_zero_store(const struct access *a);

/* Tells the packet rules of the program's type: may it be read or written directly? */
bool skep__may_touch_packet(const struct verify_env *env, bool write, const struct helper *helper);

static inline void set_loaded(const struct access *a)
{
	if (!a->write && a->value != NO_REG) {
		struct reg *r = cur_reg(a->env, a->value);

		skep__reg_unknown(r);
		r->precise = !a->env->capable;
	}
}

/*
 * known_fields.c: where struct map has what the kernel has there in struct bpf_map, or a packet's
 * context what it has in struct sk_buff. Below 0: nowhere.
 */
s32 skep__known_field(const struct btf *btf, const char *holder, u32 off, u32 size);
s32 skep__known_object_field(const struct access *a);

#endif
