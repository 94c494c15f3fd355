/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one instruction does, evaluated in plain C from its row in insn.def: the yardstick for
 * whatever executes programs. No calls and no exits; the registers and memory that the instruction
 * names must be real.
 */
#ifndef TESTS_INSN_ORACLE_H
#define TESTS_INSN_ORACLE_H

#include <endian.h>
#include <string.h>

#include "isa/insn.h"

/* clang-format off */
#define ORACLE_AT(reg)	((void *)(uintptr_t)((reg) + (s64)insn->off))
#define ORACLE_DST	reg[insn->dst]
#define SRC_X		reg[insn->src]
#define SRC_K		((u64)insn->imm)
#define S(x)		_Generic((x), u64: (s64)(x), default: (s32)(x))
#define WIDTH		(sizeof(a) * 8)

#define DO_ALU(T, src, value)	{ T a = (T)ORACLE_DST, b = (T)(src); (void)a; (void)b; ORACLE_DST = (T)(value); }
#define DO_NEG(T, value)	{ T a = (T)ORACLE_DST; ORACLE_DST = (T)(value); }
#define DO_MOVSX(from, to)	{ ORACLE_DST = (to)(from)SRC_X; }
#define DO_END(value)		{ u64 a = ORACLE_DST; ORACLE_DST = (value); }
#define DO_JMP(T, src, taken)	{ T a = (T)ORACLE_DST, b = (T)(src); return (taken) != 0; }
#define DO_LDX(T)		{ T v; memcpy(&v, ORACLE_AT(SRC_X), sizeof(v)); ORACLE_DST = (u64)v; }
#define DO_STX(T)		{ T v = (T)SRC_X; memcpy(ORACLE_AT(ORACLE_DST), &v, sizeof(v)); }
#define DO_ST(T)		{ T v = (T)SRC_K; memcpy(ORACLE_AT(ORACLE_DST), &v, sizeof(v)); }
#define DO_LDACQ(T)		DO_LDX(T)
#define DO_STREL(T)		DO_STX(T)
#define DO_ATOMIC(T, value)	{ T *at = ORACLE_AT(ORACLE_DST), a = *at, b = (T)SRC_X; *at = (value); }
#define DO_FETCH(T, value)	{ T *at = ORACLE_AT(ORACLE_DST), a = *at, b = (T)SRC_X; *at = (value); SRC_X = a; (void)a; }
#define DO_CMPXCHG(T)		{ T *at = ORACLE_AT(ORACLE_DST), a = *at; if (a == (T)reg[0]) *at = (T)SRC_X; reg[0] = a; }
#define DO_LDIMM(op)		{ ORACLE_DST = SRC_K; }
#define DO_FLOW(op)		{ assert(!"no flow here"); }
#define DO_LDPKT(op, T)		{ assert(!"no packets here"); }
#define DO_CASTAS()		{ assert(!"no arenas here"); }
/* clang-format on */

/* Returns whether a conditional jump is taken. */
static inline bool oracle_step(const struct insn *insn, u64 reg[11])
{
	switch (insn->op) {
#define INSN(op, code, sel, selval, form, since, text, act)                                        \
	case OP_##op:                                                                              \
		act;                                                                               \
		break;
#include "isa/each.h"
	}
	return false;
}

#undef ORACLE_AT
#undef ORACLE_DST
#undef SRC_X
#undef SRC_K
#undef S
#undef WIDTH
#undef DO_ALU
#undef DO_NEG
#undef DO_MOVSX
#undef DO_END
#undef DO_JMP
#undef DO_LDX
#undef DO_STX
#undef DO_ST
#undef DO_LDACQ
#undef DO_STREL
#undef DO_ATOMIC
#undef DO_FETCH
#undef DO_CMPXCHG
#undef DO_LDIMM
#undef DO_FLOW
#undef DO_LDPKT
#undef DO_CASTAS

#endif
