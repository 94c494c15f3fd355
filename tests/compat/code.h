/* SPDX-License-Identifier: BSD-2-Clause */
/* A small program that a test writes one instruction after the other. */
#ifndef TESTS_CODE_H
#define TESTS_CODE_H

#include "base/types.h"
#include "base/uapi.h"

struct code {
	struct bpf_insn insns[32];
	u32 len;
};

static inline void emit(struct code *c, u8 code, u8 dst, u8 src, s32 imm)
{
	c->insns[c->len++] =
		(struct bpf_insn){ .code = code, .dst_reg = dst, .src_reg = src, .imm = imm };
}

#endif
