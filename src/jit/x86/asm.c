/* SPDX-License-Identifier: BSD-2-Clause */
#include "jit/x86/asm.h"
#include "jit/x86/encode.h"

/* Most byte forms of an instruction are the wider form's opcode less one. */
static u32 sized(u32 op, u32 size)
{
	return size == 1 ? (op - 1) | BYTE_REG : op;
}

void x86_mov_rr(struct code *c, u32 size, enum x86_reg dst, enum x86_reg src)
{
	x86_op_rr(c, 0x89, size, src, dst);
}

/* xor changes flags, mov does not: no flags live from one BPF instruction to the next. */
void x86_mov_ri(struct code *c, enum x86_reg dst, u64 imm)
{
	if (!imm) {
		x86_op_rr(c, 0x31, 4, dst, dst);
	} else if (imm == (u32)imm) {
		if (dst & 8)
			code_byte(c, 0x41);
		code_byte(c, 0xb8 | (dst & 7));
		code_word(c, imm, 4);
	} else if ((s64)imm == (s32)imm) {
		x86_op_rr(c, 0xc7, 8, 0, dst);
		code_word(c, (u32)imm, 4);
	} else {
		code_byte(c, dst & 8 ? 0x49 : 0x48);
		code_byte(c, 0xb8 | (dst & 7));
		code_word(c, imm, 8);
	}
}

void x86_mov_mr(struct code *c, u32 size, struct x86_mem dst, enum x86_reg src)
{
	x86_op_rm(c, sized(0x89, size), size, src, dst);
}

void x86_mov_mi(struct code *c, u32 size, struct x86_mem dst, s32 imm)
{
	x86_op_rm(c, size == 1 ? 0xc6 : 0xc7, size, 0, dst);
	code_word(c, (u32)imm, min(size, 4));
}

void x86_load(struct code *c, u32 size, enum x86_reg dst, struct x86_mem src)
{
	switch (size) {
	case 1:
		x86_op_rm(c, MAP_0F | 0xb6, 4, dst, src);
		break;
	case 2:
		x86_op_rm(c, MAP_0F | 0xb7, 4, dst, src);
		break;
	default:
		x86_op_rm(c, 0x8b, size, dst, src);
	}
}

void x86_load_signed(struct code *c, u32 size, enum x86_reg dst, struct x86_mem src)
{
	u32 op = size == 1 ? MAP_0F | 0xbe : size == 2 ? MAP_0F | 0xbf : 0x63;

	x86_op_rm(c, op, 8, dst, src);
}

void x86_movbe(struct code *c, u32 size, enum x86_reg dst, struct x86_mem src)
{
	x86_op_rm(c, MAP_0F38 | 0xf0, size, dst, src);
}

void x86_zero_extend(struct code *c, u32 from, enum x86_reg dst, enum x86_reg src)
{
	if (from == 1)
		x86_op_rr(c, MAP_0F | 0xb6 | BYTE_RM, 4, dst, src);
	else if (from == 2)
		x86_op_rr(c, MAP_0F | 0xb7, 4, dst, src);
	else
		x86_mov_rr(c, 4, dst, src);
}

void x86_sign_extend(struct code *c, u32 from, u32 to, enum x86_reg dst, enum x86_reg src)
{
	u32 op = from == 1 ? MAP_0F | 0xbe | BYTE_RM : from == 2 ? MAP_0F | 0xbf : 0x63;

	x86_op_rr(c, op, to, dst, src);
}

void x86_lea(struct code *c, u32 size, enum x86_reg dst, struct x86_mem src)
{
	x86_op_rm(c, 0x8d, size, dst, src);
}

void x86_alu_rr(struct code *c, enum x86_alu op, u32 size, enum x86_reg dst, enum x86_reg src)
{
	x86_op_rr(c, op << 3 | 1, size, src, dst);
}

void x86_alu_ri(struct code *c, enum x86_alu op, u32 size, enum x86_reg dst, s32 imm)
{
	if (fits8(imm)) {
		x86_op_rr(c, 0x83, size, op, dst);
		code_byte(c, imm);
	} else if (dst == RAX) {
		if (size == 8)
			code_byte(c, 0x48);
		code_byte(c, op << 3 | 5);
		code_word(c, (u32)imm, 4);
	} else {
		x86_op_rr(c, 0x81, size, op, dst);
		code_word(c, (u32)imm, 4);
	}
}

void x86_add_ri(struct code *c, u32 size, enum x86_reg dst, s32 imm)
{
	if (imm == 128) /* its negative fits in a byte */
		x86_alu_ri(c, ALU_SUB, size, dst, -128);
	else
		x86_alu_ri(c, ALU_ADD, size, dst, imm);
}

void x86_alu_rm(struct code *c, enum x86_alu op, u32 size, enum x86_reg dst, struct x86_mem src)
{
	x86_op_rm(c, sized(op << 3 | 3, size), size, dst, src);
}

void x86_alu_mr(struct code *c, enum x86_alu op, u32 size, struct x86_mem dst, enum x86_reg src)
{
	x86_op_rm(c, sized(op << 3 | 1, size), size, src, dst);
}

void x86_alu_mi(struct code *c, enum x86_alu op, u32 size, struct x86_mem dst, s32 imm)
{
	bool byte = size == 1 || fits8(imm);

	x86_op_rm(c, size == 1 ? 0x80 : byte ? 0x83 : 0x81, size, op, dst);
	code_word(c, (u32)imm, byte ? 1 : min(size, 4));
}

void x86_test_rr(struct code *c, u32 size, enum x86_reg a, enum x86_reg b)
{
	x86_op_rr(c, sized(0x85, size) | (size == 1 ? BYTE_RM : 0), size, b, a);
}

void x86_test_ri(struct code *c, u32 size, enum x86_reg a, s32 imm)
{
	/* Bits that are zero in the immediate are not looked at. */
	if (imm >= 0 && imm <= 0x7f && (a < RSP || a > RDI)) {
		x86_op_rr(c, 0xf6 | BYTE_RM, 1, 0, a);
		code_byte(c, imm);
		return;
	}
	if (imm >= 0)
		size = 4;
	if (a == RAX) {
		if (size == 8)
			code_byte(c, 0x48);
		code_byte(c, 0xa9);
	} else {
		x86_op_rr(c, 0xf7, size, 0, a);
	}
	code_word(c, (u32)imm, 4);
}

void x86_cmp8_ri(struct code *c, enum x86_reg a, u8 imm)
{
	if (a == RAX)
		code_byte(c, 0x3c);
	else
		x86_op_rr(c, 0x80 | BYTE_RM, 1, ALU_CMP, a);
	code_byte(c, imm);
}

void x86_test_mi(struct code *c, u32 size, struct x86_mem a, s32 imm)
{
	x86_op_rm(c, size == 1 ? 0xf6 : 0xf7, size, 0, a);
	code_word(c, (u32)imm, min(size, 4));
}

void x86_setcc(struct code *c, enum x86_cond cond, enum x86_reg reg)
{
	x86_op_rr(c, MAP_0F | BYTE_RM | 0x90 | cond, 4, 0, reg);
}

void x86_unary(struct code *c, enum x86_unary op, u32 size, enum x86_reg reg)
{
	x86_op_rr(c, 0xf7, size, op, reg);
}

void x86_imul_rr(struct code *c, u32 size, enum x86_reg dst, enum x86_reg src)
{
	x86_op_rr(c, MAP_0F | 0xaf, size, dst, src);
}

void x86_imul_rri(struct code *c, u32 size, enum x86_reg dst, enum x86_reg src, s32 imm)
{
	x86_op_rr(c, fits8(imm) ? 0x6b : 0x69, size, dst, src);
	code_word(c, (u32)imm, fits8(imm) ? 1 : 4);
}

void x86_imul_rm(struct code *c, u32 size, enum x86_reg dst, struct x86_mem src)
{
	x86_op_rm(c, MAP_0F | 0xaf, size, dst, src);
}

void x86_mulx(struct code *c, u32 size, enum x86_reg high, enum x86_reg low, enum x86_reg src)
{
	x86_vex_rr(c, MAP_0F38 | VEX_F2 | 0xf6, size, high, low, src);
}

void x86_widen_rax(struct code *c, u32 size)
{
	if (size == 8)
		code_byte(c, 0x48);
	code_byte(c, 0x99);
}

void x86_bswap(struct code *c, u32 size, enum x86_reg reg)
{
	u8 rex = (size == 8 ? 0x48 : 0) | (reg & 8 ? 0x41 : 0);

	if (rex)
		code_byte(c, rex);
	code_byte(c, 0x0f);
	code_byte(c, 0xc8 | (reg & 7));
}

void x86_shift_ri(struct code *c, enum x86_shift op, u32 size, enum x86_reg dst, u32 count)
{
	if (count == 1) {
		x86_op_rr(c, 0xd1, size, op, dst);
	} else {
		x86_op_rr(c, 0xc1, size, op, dst);
		code_byte(c, count);
	}
}

void x86_shift_cl(struct code *c, enum x86_shift op, u32 size, enum x86_reg dst)
{
	x86_op_rr(c, 0xd3, size, op, dst);
}

void x86_shiftx(struct code *c, enum x86_shift op, u32 size, enum x86_reg dst, enum x86_reg src,
		enum x86_reg count)
{
	u32 prefix = op == SHIFT_SHL ? VEX_66 : op == SHIFT_SHR ? VEX_F2 : VEX_F3;

	x86_vex_rr(c, MAP_0F38 | prefix | 0xf7, size, dst, count, src);
}

void x86_rorx(struct code *c, u32 size, enum x86_reg dst, enum x86_reg src, u32 count)
{
	x86_vex_rr(c, MAP_0F3A | VEX_F2 | 0xf0, size, dst, 0, src);
	code_byte(c, count);
}

void x86_lock_alu(struct code *c, enum x86_alu op, u32 size, struct x86_mem dst, enum x86_reg src)
{
	x86_op_rm(c, LOCK | op << 3 | 1, size, src, dst);
}

void x86_lock_xadd(struct code *c, u32 size, struct x86_mem dst, enum x86_reg src)
{
	x86_op_rm(c, LOCK | MAP_0F | 0xc1, size, src, dst);
}

void x86_lock_cmpxchg(struct code *c, u32 size, struct x86_mem dst, enum x86_reg src)
{
	x86_op_rm(c, LOCK | MAP_0F | 0xb1, size, src, dst);
}

/* Locked without a prefix when one operand is memory. */
void x86_xchg(struct code *c, u32 size, struct x86_mem dst, enum x86_reg src)
{
	x86_op_rm(c, 0x87, size, src, dst);
}

static void push_pop(struct code *c, u8 op, enum x86_reg reg)
{
	if (reg & 8)
		code_byte(c, 0x41);
	code_byte(c, op | (reg & 7));
}

void x86_push(struct code *c, enum x86_reg reg)
{
	push_pop(c, 0x50, reg);
}

void x86_pop(struct code *c, enum x86_reg reg)
{
	push_pop(c, 0x58, reg);
}

void x86_ret(struct code *c)
{
	code_byte(c, 0xc3);
}

void x86_jump_r(struct code *c, enum x86_reg reg)
{
	x86_op_rr(c, 0xff, 4, 4, reg);
}

void x86_jump(struct code *c, u32 label)
{
	skep__code_fixup(c, FIX_JUMP, 0, label);
}

void x86_branch(struct code *c, enum x86_cond cond, u32 label)
{
	skep__code_fixup(c, FIX_BRANCH, cond, label);
}

void x86_call(struct code *c, u32 label)
{
	skep__code_fixup(c, FIX_CALL, 0, label);
}

void x86_call_slot(struct code *c, u32 slot)
{
	x86_op_rip(c, 0xff, 4, 2);
	skep__code_fixup(c, FIX_SLOT, 0, slot);
}

void x86_load_slot(struct code *c, enum x86_reg dst, u32 slot)
{
	x86_op_rip(c, 0x8b, 8, dst);
	skep__code_fixup(c, FIX_SLOT, 0, slot);
}

void x86_lea_label(struct code *c, enum x86_reg dst, u32 label)
{
	x86_op_rip(c, 0x8d, 8, dst);
	skep__code_fixup(c, FIX_ADDR, 0, label);
}
