/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Spreads insn.def into single opcodes. Define
 *
 *	INSN(op, code, sel, selval, form, since, text, act)
 *
 * and the action macros below, include this file, and get one INSN per opcode; both are undefined
 * again at the end. It has no include guard on purpose.
 *
 *	op	enumerator without its OP_ prefix (ADD64_X, JEQ32_K, LDXW, ...)
 *	code	the whole opcode byte
 *	sel	which further field tells it from its neighbours: NONE, OFF, IMM or SRC (enum insn_sel)
 *	selval	the value that field must have
 *	form	operand shape (enum insn_form): which fields mean something, and how it is printed
 *	act	what it does, as one of the actions. Who needs no actions defines INSN_NO_ACTIONS.
 *
 * Actions (T an unsigned type, SRC_X or SRC_K the source operand of the form):
 *	DO_ALU(T, src, value)	DO_NEG(T, value)	DO_MOVSX(from, to)	DO_END(value)
 *	DO_JMP(T, src, taken)	DO_FLOW(op)		DO_LDX(T)		DO_STX(T)
 *	DO_ST(T)		DO_LDPKT(op, T)		DO_LDIMM(op)		DO_ATOMIC(T, value)
 *	DO_FETCH(T, value)	DO_CMPXCHG(T)		DO_LDACQ(T)		DO_STREL(T)
 *	DO_CASTAS()
 */
#ifdef INSN_NO_ACTIONS
#define ACT(x)
#else
#define ACT(x) x
#endif

/* clang-format off */
#define ALU(n, c, o, v, t, e) \
	INSN(n##64_X, BPF_ALU64 | BPF_X | (c), OFF, o, ALU_X, v, t, ACT(DO_ALU(u64, SRC_X, e))) \
	INSN(n##64_K, BPF_ALU64 | BPF_K | (c), OFF, o, ALU_K, v, t, ACT(DO_ALU(u64, SRC_K, e))) \
	INSN(n##32_X, BPF_ALU   | BPF_X | (c), OFF, o, ALU_X, v, t, ACT(DO_ALU(u32, SRC_X, e))) \
	INSN(n##32_K, BPF_ALU   | BPF_K | (c), OFF, o, ALU_K, v, t, ACT(DO_ALU(u32, SRC_K, e)))
#define NEG(n, c, v, t, e) \
	INSN(n##64, BPF_ALU64 | (c), NONE, 0, ALU_1, v, t, ACT(DO_NEG(u64, e))) \
	INSN(n##32, BPF_ALU   | (c), NONE, 0, ALU_1, v, t, ACT(DO_NEG(u32, e)))
#define MOVSX(n, from, to, o, v, t) \
	INSN(n, ((to) == 64 ? BPF_ALU64 : BPF_ALU) | BPF_X | BPF_MOV, OFF, o, MOVSX, v, t, \
	     ACT(DO_MOVSX(s##from, u##to)))
#define END(n, cls, to, w, v, t, e) \
	INSN(n, (cls) | (to) | BPF_END, IMM, w, END, v, t, ACT(DO_END(e)))
#define JMP(n, c, v, t, e) \
	INSN(n##64_X, BPF_JMP   | BPF_X | (c), NONE, 0, JMP_X, v, t, ACT(DO_JMP(u64, SRC_X, e))) \
	INSN(n##64_K, BPF_JMP   | BPF_K | (c), NONE, 0, JMP_K, v, t, ACT(DO_JMP(u64, SRC_K, e))) \
	INSN(n##32_X, BPF_JMP32 | BPF_X | (c), NONE, 0, JMP_X, v, t, ACT(DO_JMP(u32, SRC_X, e))) \
	INSN(n##32_K, BPF_JMP32 | BPF_K | (c), NONE, 0, JMP_K, v, t, ACT(DO_JMP(u32, SRC_K, e)))
#define FLOW(n, cls, c, s, v, t) \
	INSN(n, (cls) | (c), SRC, s, n, v, t, ACT(DO_FLOW(n)))
#define LDX(n, m, sz, T, v, t) \
	INSN(n, BPF_LDX | (m) | (sz), NONE, 0, LDX, v, t, ACT(DO_LDX(T)))
#define STX(n, sz, T, v, t) \
	INSN(n, BPF_STX | BPF_MEM | (sz), NONE, 0, STX, v, t, ACT(DO_STX(T)))
#define ST(n, sz, T, v, t) \
	INSN(n, BPF_ST | BPF_MEM | (sz), NONE, 0, ST, v, t, ACT(DO_ST(T)))
#define LDPKT(n, m, sz, T, v, t) \
	INSN(n, BPF_LD | (m) | (sz), NONE, 0, LDPKT, v, t, ACT(DO_LDPKT(n, T)))
#define LDIMM(n, s, v) \
	INSN(n, BPF_LD | BPF_IMM | BPF_DW, SRC, s, LDIMM, v, "", ACT(DO_LDIMM(n)))
#define ATOMIC(n, i, v, t, e) \
	INSN(n##64, BPF_STX | BPF_ATOMIC | BPF_DW, IMM, i, ATOMIC, v, t, ACT(DO_ATOMIC(u64, e))) \
	INSN(n##32, BPF_STX | BPF_ATOMIC | BPF_W,  IMM, i, ATOMIC, v, t, ACT(DO_ATOMIC(u32, e)))
#define FETCH(n, i, v, t, e) \
	INSN(n##64, BPF_STX | BPF_ATOMIC | BPF_DW, IMM, i, FETCH, v, t, ACT(DO_FETCH(u64, e))) \
	INSN(n##32, BPF_STX | BPF_ATOMIC | BPF_W,  IMM, i, FETCH, v, t, ACT(DO_FETCH(u32, e)))
#define CMPXCHG(n, i, v, t) \
	INSN(n##64, BPF_STX | BPF_ATOMIC | BPF_DW, IMM, i, CMPXCHG, v, t, ACT(DO_CMPXCHG(u64))) \
	INSN(n##32, BPF_STX | BPF_ATOMIC | BPF_W,  IMM, i, CMPXCHG, v, t, ACT(DO_CMPXCHG(u32)))
#define LDACQ(n, sz, T, v, t) \
	INSN(n, BPF_STX | BPF_ATOMIC | (sz), IMM, BPF_LOAD_ACQ, LDACQ, v, t, ACT(DO_LDACQ(T)))
#define STREL(n, sz, T, v, t) \
	INSN(n, BPF_STX | BPF_ATOMIC | (sz), IMM, BPF_STORE_REL, STREL, v, t, ACT(DO_STREL(T)))
#define CASTAS(n, o, v) \
	INSN(n, BPF_ALU64 | BPF_X | BPF_MOV, OFF, o, CASTAS, v, "", ACT(DO_CASTAS()))
/* clang-format on */

#include "isa/insn.def"

#undef ALU
#undef NEG
#undef MOVSX
#undef END
#undef JMP
#undef FLOW
#undef LDX
#undef STX
#undef ST
#undef LDPKT
#undef LDIMM
#undef ATOMIC
#undef FETCH
#undef CMPXCHG
#undef LDACQ
#undef STREL
#undef CASTAS
#undef ACT
#undef INSN
#undef INSN_NO_ACTIONS
