/* SPDX-License-Identifier: BSD-2-Clause */
#include "jit/x86/encode.h"

enum { REX = 0x40, REX_B = 1, REX_X = 2, REX_R = 4, REX_W = 8 };
enum { MOD_DISP0, MOD_DISP8 = 0x40, MOD_DISP32 = 0x80, MOD_REG = 0xc0, RM_SIB = 4, RM_RIP = 5 };

static void put_prefixes(struct code *c, u32 op, u32 size, u8 rex)
{
	if (op & LOCK)
		code_byte(c, 0xf0);
	if (size == 2)
		code_byte(c, 0x66);
	if (size == 8)
		rex |= REX_W;
	if (rex)
		code_byte(c, REX | rex);
}

static void put_opcode(struct code *c, u32 op)
{
	if (op & (MAP_0F | MAP_0F38))
		code_byte(c, 0x0f);
	if (op & MAP_0F38)
		code_byte(c, 0x38);
	code_byte(c, op);
}

void x86_op_rr(struct code *c, u32 op, u32 size, u8 reg, u8 rm)
{
	u8 rex = (reg & 8 ? REX_R : 0) | (rm & 8 ? REX_B : 0);

	if ((op & BYTE_REG && reg >= RSP) || (op & BYTE_RM && rm >= RSP))
		rex |= REX;
	put_prefixes(c, op, size, rex);
	put_opcode(c, op);
	code_byte(c, MOD_REG | (reg & 7) << 3 | (rm & 7));
}

static u8 scale_bits(u8 scale)
{
	return __builtin_ctz(scale) << 6;
}

/* ModRM, SIB and displacement; rbp and r13 as base have no form without displacement. */
static void put_mem(struct code *c, u8 reg, struct x86_mem m)
{
	u8 mod = MOD_DISP32, field = (reg & 7) << 3;

	if (m.base == NO_REG) {
		code_byte(c, MOD_DISP0 | field | RM_SIB);
		code_byte(c,
			  scale_bits(m.scale) | (m.index == NO_REG ? RSP : m.index & 7) << 3 | RBP);
		code_word(c, (u32)m.disp, 4);
		return;
	}
	if (!m.disp && (m.base & 7) != RBP)
		mod = MOD_DISP0;
	else if (fits8(m.disp))
		mod = MOD_DISP8;
	if (m.index != NO_REG || (m.base & 7) == RSP) {
		code_byte(c, mod | field | RM_SIB);
		code_byte(c, scale_bits(m.scale) | (m.index == NO_REG ? RSP : m.index & 7) << 3 |
				     (m.base & 7));
	} else {
		code_byte(c, mod | field | (m.base & 7));
	}
	if (mod == MOD_DISP8)
		code_byte(c, m.disp);
	else if (mod == MOD_DISP32)
		code_word(c, (u32)m.disp, 4);
}

void x86_op_rm(struct code *c, u32 op, u32 size, u8 reg, struct x86_mem m)
{
	u8 rex = reg & 8 ? REX_R : 0;

	/* [base + index] costs a displacement when the base is rbp or r13: swap them if that helps.
	 */
	if (!m.disp && m.scale == 1 && m.index != NO_REG && m.base != NO_REG &&
	    (m.base & 7) == RBP && (m.index & 7) != RBP) {
		u8 base = m.base;

		m.base = m.index;
		m.index = base;
	}
	assert(m.index != RSP);
	if (m.base != NO_REG && m.base & 8)
		rex |= REX_B;
	if (m.index != NO_REG && m.index & 8)
		rex |= REX_X;
	if (op & BYTE_REG && reg >= RSP)
		rex |= REX;
	put_prefixes(c, op, size, rex);
	put_opcode(c, op);
	put_mem(c, reg, m);
}

void x86_op_rip(struct code *c, u32 op, u32 size, u8 reg)
{
	put_prefixes(c, op, size, reg & 8 ? REX_R : 0);
	put_opcode(c, op);
	code_byte(c, MOD_DISP0 | (reg & 7) << 3 | RM_RIP);
}

void x86_vex_rr(struct code *c, u32 op, u32 size, u8 reg, u8 vvvv, u8 rm)
{
	u8 map = op & MAP_0F38 ? 2 : op & MAP_0F3A ? 3 : 1;
	u8 prefix = op >> 16 & 3;

	code_byte(c, 0xc4);
	code_byte(c, (reg & 8 ? 0 : 0x80) | 0x40 | (rm & 8 ? 0 : 0x20) | map);
	code_byte(c, (size == 8 ? 0x80 : 0) | (~vvvv & 15) << 3 | prefix);
	code_byte(c, op);
	code_byte(c, MOD_REG | (reg & 7) << 3 | (rm & 7));
}
