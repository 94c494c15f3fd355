/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of an x86-64 instruction: prefixes, REX or VEX, opcode, ModRM, SIB, displacement. Used
 * by the functions of asm.h and nobody else.
 */
#ifndef SKEP_JIT_X86_ENCODE_H
#define SKEP_JIT_X86_ENCODE_H

#include "jit/x86/asm.h"

/* Opcode maps: one byte, after 0f, after 0f 38; or-ed with flags. */
enum {
	MAP_0F = 0x100,
	MAP_0F38 = 0x200,
	MAP_0F3A = 0x400, /* VEX only */
	BYTE_REG = 0x1000, /* the ModRM reg field names a byte register, */
	BYTE_RM = 0x2000, /*	so does rm: 4..7 need a REX prefix to be spl..dil */
	LOCK = 0x4000,
	VEX_66 = 0x10000, /* the prefix that VEX stands in for */
	VEX_F3 = 0x20000,
	VEX_F2 = 0x30000,
};

/* op is an opcode byte or-ed with map and flags; reg is a register or the opcode's extension. */
void x86_op_rr(struct code *c, u32 op, u32 size, u8 reg, u8 rm);
void x86_op_rm(struct code *c, u32 op, u32 size, u8 reg, struct x86_mem mem);
void x86_vex_rr(struct code *c, u32 op, u32 size, u8 reg, u8 vvvv, u8 rm);

/* The instruction with ModRM of a RIP-relative operand, up to where its displacement goes. */
void x86_op_rip(struct code *c, u32 op, u32 size, u8 reg);

static inline bool fits8(s64 v)
{
	return v == (s8)v;
}

#endif
