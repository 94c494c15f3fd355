/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * x86-64 instructions, one function per instruction form, each in its shortest encoding. `size` is
 * the operand's width in bytes. Operations on 4 bytes clear the register's upper half, as the
 * machine has it.
 */
#ifndef SKEP_JIT_X86_ASM_H
#define SKEP_JIT_X86_ASM_H

#include "jit/code.h"

enum x86_reg {
	RAX,
	RCX,
	RDX,
	RBX,
	RSP,
	RBP,
	RSI,
	RDI,
	R8,
	R9,
	R10,
	R11,
	R12,
	R13,
	R14,
	R15,
	NO_REG
};

/* Conditions by their encoding; the lowest bit negates. */
enum x86_cond {
	CC_B = 0x2,
	CC_AE = 0x3,
	CC_E = 0x4,
	CC_NE = 0x5,
	CC_BE = 0x6,
	CC_A = 0x7,
	CC_S = 0x8,
	CC_NS = 0x9,
	CC_L = 0xc,
	CC_GE = 0xd,
	CC_LE = 0xe,
	CC_G = 0xf,
};

/* Operations that share encodings, by their number in them. */
enum x86_alu { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP };
enum x86_shift { SHIFT_ROL, SHIFT_ROR, SHIFT_SHL = 4, SHIFT_SHR, SHIFT_SAR = 7 };
enum x86_unary { UNARY_NOT = 2, UNARY_NEG, UNARY_MUL, UNARY_IMUL, UNARY_DIV, UNARY_IDIV };

/* base + index * scale + disp; base or index may be NO_REG. */
struct x86_mem {
	u8 base, index, scale; /* enum x86_reg; 1, 2, 4, 8 */
	s32 disp;
};

static inline struct x86_mem mem_at(enum x86_reg base, s32 disp)
{
	return (struct x86_mem){ .base = base, .index = NO_REG, .scale = 1, .disp = disp };
}

/* Moves. Immediates are what the register holds afterwards (mov_ri) or sign-extended (mov_mi). */
void x86_mov_rr(struct code *c, u32 size, enum x86_reg dst, enum x86_reg src);
void x86_mov_ri(struct code *c, enum x86_reg dst, u64 imm);
void x86_mov_mr(struct code *c, u32 size, struct x86_mem dst, enum x86_reg src);
void x86_mov_mi(struct code *c, u32 size, struct x86_mem dst, s32 imm);
void x86_load(struct code *c, u32 size, enum x86_reg dst, struct x86_mem src); /* zero-extends */
void x86_load_signed(struct code *c, u32 size, enum x86_reg dst,
		     struct x86_mem src); /* to 64 bits */
void x86_movbe(struct code *c, u32 size, enum x86_reg dst, struct x86_mem src); /* 4, 8 */
void x86_zero_extend(struct code *c, u32 from, enum x86_reg dst, enum x86_reg src);
void x86_sign_extend(struct code *c, u32 from, u32 to, enum x86_reg dst, enum x86_reg src);
void x86_lea(struct code *c, u32 size, enum x86_reg dst, struct x86_mem src);

/* Arithmetic. */
void x86_alu_rr(struct code *c, enum x86_alu op, u32 size, enum x86_reg dst, enum x86_reg src);
void x86_alu_ri(struct code *c, enum x86_alu op, u32 size, enum x86_reg dst, s32 imm);
void x86_add_ri(struct code *c, u32 size, enum x86_reg dst, s32 imm); /* any way that adds */
void x86_alu_rm(struct code *c, enum x86_alu op, u32 size, enum x86_reg dst, struct x86_mem src);
void x86_alu_mr(struct code *c, enum x86_alu op, u32 size, struct x86_mem dst, enum x86_reg src);
void x86_alu_mi(struct code *c, enum x86_alu op, u32 size, struct x86_mem dst, s32 imm);
void x86_test_rr(struct code *c, u32 size, enum x86_reg a, enum x86_reg b);
void x86_test_ri(struct code *c, u32 size, enum x86_reg a, s32 imm);
void x86_cmp8_ri(struct code *c, enum x86_reg a, u8 imm); /* the lowest byte */
void x86_test_mi(struct code *c, u32 size, struct x86_mem a, s32 imm); /* 1, 4, 8 */
void x86_setcc(struct code *c, enum x86_cond cond, enum x86_reg reg); /* the lowest byte */
void x86_unary(struct code *c, enum x86_unary op, u32 size, enum x86_reg reg);
void x86_imul_rr(struct code *c, u32 size, enum x86_reg dst, enum x86_reg src);
void x86_imul_rri(struct code *c, u32 size, enum x86_reg dst, enum x86_reg src, s32 imm);
void x86_imul_rm(struct code *c, u32 size, enum x86_reg dst, struct x86_mem src);
void x86_mulx(struct code *c, u32 size, enum x86_reg high, enum x86_reg low, enum x86_reg src);
void x86_widen_rax(struct code *c, u32 size); /* sign of rax into rdx: cdq, cqo */
void x86_bswap(struct code *c, u32 size, enum x86_reg reg);

/* Shifts by an immediate, by cl, and by any register without touching flags (BMI2). */
void x86_shift_ri(struct code *c, enum x86_shift op, u32 size, enum x86_reg dst, u32 count);
void x86_shift_cl(struct code *c, enum x86_shift op, u32 size, enum x86_reg dst);
void x86_shiftx(struct code *c, enum x86_shift op, u32 size, enum x86_reg dst, enum x86_reg src,
		enum x86_reg count);
void x86_rorx(struct code *c, u32 size, enum x86_reg dst, enum x86_reg src, u32 count);

/* Atomics. */
void x86_lock_alu(struct code *c, enum x86_alu op, u32 size, struct x86_mem dst, enum x86_reg src);
void x86_lock_xadd(struct code *c, u32 size, struct x86_mem dst, enum x86_reg src);
void x86_lock_cmpxchg(struct code *c, u32 size, struct x86_mem dst, enum x86_reg src);
void x86_xchg(struct code *c, u32 size, struct x86_mem dst, enum x86_reg src);

/* Stack and control. */
void x86_push(struct code *c, enum x86_reg reg);
void x86_pop(struct code *c, enum x86_reg reg);
void x86_ret(struct code *c);
void x86_jump_r(struct code *c, enum x86_reg reg);
void x86_jump(struct code *c, u32 label);
void x86_branch(struct code *c, enum x86_cond cond, u32 label);
void x86_call(struct code *c, u32 label);
void x86_call_slot(struct code *c, u32 slot); /* through the table */
void x86_load_slot(struct code *c, enum x86_reg dst, u32 slot);
void x86_lea_label(struct code *c, enum x86_reg dst, u32 label);

/*
 * Joins the code: *image (the caller's to free) has *size bytes; the table's slots of 8 bytes start
 * at image_table_at(*size, c->has_pool) from its beginning. 0 or -ENOMEM.
 */
int skep__x86_link(struct code *c, u8 **image, u32 *size);
u32 skep__x86_label_pos(const struct code *c, u32 label); /* once it is linked */

#endif
