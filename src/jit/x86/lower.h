/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From BPF instructions to machine instructions. One function for each operand form; what tells the
 * opcodes of a form apart stands in small tables beside it.
 *
 *	R0 rax   R1 rdi   R2 rsi   R3 rdx   R4 rcx   R5 r8   R6 rbx   R7 r13   R8 r14   R9 r15   R10
 *rbp
 *
 * so that R0-R5 are the C ABI's result and arguments and R6-R9 its callee-saved registers. r12 has
 *the struct run throughout; r9, r10 and r11 are free within one BPF instruction.
 */
#ifndef SKEP_JIT_X86_LOWER_H
#define SKEP_JIT_X86_LOWER_H

#include "jit/target.h"
#include "jit/x86/asm.h"
#include "jit/x86/value.h"

#define REG_RUN R12
#define SCRATCH1 R9
#define SCRATCH2 R10
#define SCRATCH3 R11

/* A subprogram's stack frame. */
struct frame {
	u16 saved; /* machine registers that it saves for its caller */
	bool has_fp; /* rbp is its R10; else R10 is rsp + bias, and only a base */
	u32 bias;
	bool adjusts; /* rsp is lowered by room; else room is within the red zone */
	u32 room;
	s32 budget; /* of may_goto: its place relative to R10 */
	s32 outer; /* of the run's outermost frame before this one: likewise; 0: it stays the same */
};

/* What is rarely executed stands behind the subprogram. */
struct cold {
	enum { COLD_DIV_ZERO, COLD_SIGNED_DIV, COLD_SIGNED_MOD, COLD_EXIT_ZERO, COLD_ARENA } kind;
	u32 label, back, done;
	u8 size, dst, src; /* machine registers */
};

struct lower {
	struct compilation *jit;
	struct code *c;
	const struct prog *prog;
	u32 at; /* the instruction being lowered */
	u32 skip; /* instruction that the one before it has taken care of, or */
#define NOTHING_SKIPPED UINT32_MAX
	const struct subprog *sub;
	const struct sub_flow *flow;
	struct frame frame;
	u8 regs[NR_JIT_REGS]; /* the machine register of each, in this subprogram */
	u32 bodies; /* label of subprogram 0's body; the others follow */
	u32 thunks; /*	likewise for entries of callbacks */
	u32 arena_thunk;
	u32 thrown, stopped; /* labels in subprogram 0, where a program that unwinds ends */
	struct cold *colds; /* of this subprogram */
	u32 nr_colds, cap_colds;
	u16 pending; /* registers whose value is not computed yet: */
	struct value values[NR_JIT_REGS]; /*	this is it */
	u16 needed; /* registers wanted at or after the instruction */
};

typedef void lower_fn(struct lower *l, const struct insn *insn);
lower_fn x86_lower_alu_x, x86_lower_alu_k, x86_lower_alu_1, x86_lower_movsx, x86_lower_castas,
	x86_lower_end;
lower_fn x86_lower_shift_x, x86_lower_shift_k, x86_lower_div_x, x86_lower_div_k;
lower_fn x86_lower_jmp_x, x86_lower_jmp_k, x86_lower_goto, x86_lower_may_goto, x86_lower_exit;
lower_fn x86_lower_ldx, x86_lower_ldacq, x86_lower_stx, x86_lower_st;
lower_fn x86_lower_atomic, x86_lower_fetch, x86_lower_cmpxchg;
lower_fn x86_lower_call_helper, x86_lower_map_call, x86_lower_call_local, x86_lower_call_kfunc,
	x86_lower_packet_load, x86_lower_wide;

/* What an LDIMM form stands for, into a machine register. */
void x86_load_wide(struct lower *l, const struct insn *insn, enum x86_reg dst);

/* Does anything in the program need the run, in r12? */
bool x86_needs_run(const struct compilation *jit);

/* Entry, prologue and epilogue. */
void x86_frame_init(struct lower *l);
void x86_frame_enter(struct lower *l);
struct x86_mem x86_frame_mem(const struct lower *l, s32 off); /* R10 + off */
void x86_frame_leave(struct lower *l); /* all but the return */
void x86_entry(struct lower *l);
void x86_callback_entry(struct lower *l, u32 sub);

/* Accesses to the arena (lower_arena.c). `done` is to be bound behind the operation. */
void x86_arena_load(struct lower *l, const struct insn *insn);
void x86_arena_store(struct lower *l, const struct insn *insn);
struct x86_mem x86_arena_atomic(struct lower *l, const struct insn *insn, u32 *done);
void x86_arena_cast(struct lower *l, const struct insn *insn);
void x86_arena_cold(struct lower *l, const struct cold *cold);
void x86_arena_thunk(struct lower *l);

/* In subprogram 0: its frame becomes the current one again, from wherever the run is, and returns. */
void x86_unwind(struct lower *l);

/* Adds a cold piece, and gives it its label and the labels to come back to, which the caller binds.
 */
struct cold x86_cold(struct lower *l, struct cold cold);
void x86_lower_colds(struct lower *l);

static inline bool has_bmi2(const struct lower *l)
{
	return l->jit->features & JIT_X86_BMI2;
}

static inline enum x86_reg reg_of(const struct lower *l, u8 bpf_reg)
{
	return l->regs[bpf_reg];
}

/* Width in bytes of an arithmetic or jump instruction. */
static inline u32 width_of(const struct insn *insn)
{
	u8 cls = BPF_CLASS(insn_desc(insn)->code);

	return cls == BPF_ALU64 || cls == BPF_JMP ? 8 : 4;
}

static inline u8 alu_code(const struct insn *insn)
{
	return BPF_OP(insn_desc(insn)->code);
}

static inline bool is_signed_op(const struct insn *insn)
{
	return insn_desc(insn)->sel == SEL_OFF && insn_desc(insn)->selval == 1;
}

/* Is the BPF register read after this instruction, before it is written again? */
static inline bool live_after(const struct lower *l, u8 bpf_reg)
{
	return l->jit->flow.live[l->at] & REG_BIT(bpf_reg);
}

/*
 * Values on demand (value.h). An instruction asks for what it reads and then says what it writes,
 * in this order: x86_before_define of what it will overwrite, x86_use of registers, x86_use_mem,
 * x86_define_now. The answers hold until the next x86_ call on the same lowering that writes.
 */
void x86_settle(struct lower *l, u16 regs); /* computes those that are pending */
void x86_settle_all(struct lower *l); /* all that are wanted; none is pending afterwards */
void x86_forget(struct lower *l, u16 dead); /* nobody wants them any more */
enum x86_reg x86_use(struct lower *l, u8 r,
		     u32 size); /* where the lower `size` (4, 8) bytes of r are */
struct x86_mem x86_use_mem(struct lower *l, u8 r, s32 off); /* address r + off */
bool x86_use_const(const struct lower *l, u8 r, u32 size,
		   s32 *imm); /* is it a constant, as immediate? */
bool x86_use_mask(const struct lower *l, u8 r, u32 *size, enum x86_reg *reg,
		  s32 *mask); /* is it reg & mask? */
/*
 * Is r a load that nobody wants afterwards? Then the memory can be the operand: access bytes at
 * *mem, zero-extended. Pending loads are settled before anything that writes memory.
 */
bool x86_use_load(const struct lower *l, u8 r, u32 *access, struct x86_mem *mem);
void x86_settle_loads(struct lower *l);
void x86_before_define(struct lower *l, u8 r);
enum x86_reg x86_define_now(struct lower *l, u8 r);
enum x86_reg x86_define(struct lower *l, u8 r); /* both, when nothing is read */
enum x86_reg x86_modify(struct lower *l, u8 r); /* to be read and written in place */

/* New values, to be computed when needed. */
void x86_set_const(struct lower *l, u8 r, u64 imm);
void x86_set_copy(struct lower *l, u8 r, u8 from, u32 size);
void x86_add_const(struct lower *l, u8 r, s64 imm, u32 size);
void x86_add_reg(struct lower *l, u8 r, u8 from, u32 size);
void x86_shift_const(struct lower *l, u8 r, enum x86_shift op, u32 count, u32 size);
void x86_set_load(struct lower *l, u8 r, u8 from, s32 off, u32 access);
void x86_times(struct lower *l, u8 r, u32 factor, u32 size); /* 3, 5, 9 */
void x86_and_const(struct lower *l, u8 r, s32 imm, u32 size);

/* Joins r and from, if they are two halves of a rotation, into r: emitted. */
bool x86_rotate(struct lower *l, u8 r, u8 from, u32 size);

#endif
