/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs written as raw instructions, made runnable: decoded, with subprograms found at the
 * targets of calls and function addresses, and map references already what the loader makes of them
 * (the immediate of LDMAP is the map's index; LDMAPVAL has the offset into the value in its second
 * half).
 */
#ifndef TESTS_EXEC_PROG_H
#define TESTS_EXEC_PROG_H

#include <stdlib.h>
#include <string.h>

#include "exec/exec.h"
#include "helper/kfunc.h"
#include "map/map.h"

#define R0 BPF_REG_0
#define R1 BPF_REG_1
#define R2 BPF_REG_2
#define R3 BPF_REG_3
#define R4 BPF_REG_4
#define R5 BPF_REG_5
#define R6 BPF_REG_6
#define R7 BPF_REG_7
#define R8 BPF_REG_8
#define R9 BPF_REG_9
#define R10 BPF_REG_10

/* clang-format off */
#define RAW(c, d, s, o, i)  { .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) }
#define MOV(d, i)           RAW(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define MOVR(d, s)          RAW(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define MOV32R(d, s)        RAW(BPF_ALU | BPF_MOV | BPF_X, d, s, 0, 0)
#define ALU64(op, d, i)     RAW(BPF_ALU64 | (op) | BPF_K, d, 0, 0, i)
#define ALU64R(op, d, s)    RAW(BPF_ALU64 | (op) | BPF_X, d, s, 0, 0)
#define ALU32(op, d, i)     RAW(BPF_ALU | (op) | BPF_K, d, 0, 0, i)
#define ALU32R(op, d, s)    RAW(BPF_ALU | (op) | BPF_X, d, s, 0, 0)
#define LOAD(sz, d, s, o)   RAW(BPF_LDX | BPF_MEM | (sz), d, s, o, 0)
#define LOADSX(sz, d, s, o) RAW(BPF_LDX | BPF_MEMSX | (sz), d, s, o, 0)
#define STORE(sz, d, s, o)  RAW(BPF_STX | BPF_MEM | (sz), d, s, o, 0)
#define STORE_K(sz, d, o, i) RAW(BPF_ST | BPF_MEM | (sz), d, 0, o, i)
#define ATOMIC(sz, op, d, s, o) RAW(BPF_STX | BPF_ATOMIC | (sz), d, s, o, op)
#define JUMP(op, d, i, o)   RAW(BPF_JMP | (op) | BPF_K, d, 0, o, i)
#define JUMPR(op, d, s, o)  RAW(BPF_JMP | (op) | BPF_X, d, s, o, 0)
#define GOTO(o)             RAW(BPF_JMP | BPF_JA, 0, 0, o, 0)
#define MAY_GOTO(o)         RAW(BPF_JMP | BPF_JCOND, 0, 0, o, 0)
#define CALL_HELPER(name)   RAW(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_##name)
#define CALL_SUB(distance)  RAW(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, distance)
#define CALL_KFUNC(name)    RAW(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, KFUNC_##name, 1)
#define EXIT()              RAW(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define WIDE(d, s, lo, hi)  RAW(BPF_LD | BPF_IMM | BPF_DW, d, s, 0, lo), RAW(0, 0, 0, 0, hi)
#define IMM64(d, v)         WIDE(d, 0, (s32)(u32)(u64)(v), (s32)((u64)(v) >> 32))
#define MAP(d, index)       WIDE(d, BPF_PSEUDO_MAP_FD, index, 0)
#define MAP_VALUE(d, index, off) WIDE(d, BPF_PSEUDO_MAP_VALUE, index, off)
#define FUNC(d, distance)   WIDE(d, BPF_PSEUDO_FUNC, distance, 0) /* from the instruction itself + 1 */
/* clang-format on */

#define TEST_INSNS 256
#define TEST_SUBPROGS 16

struct test_prog {
	struct prog prog;
	struct insn insns[TEST_INSNS];
	struct subprog subprogs[TEST_SUBPROGS];
};

/* Every kernel function is at the index that is its id. */
static inline const struct prog_kfunc *test_kfuncs(void)
{
	static struct prog_kfunc kfuncs[NR_KFUNCS];

	for (u32 id = 0; id < NR_KFUNCS; id++)
		kfuncs[id] = (struct prog_kfunc){ 1, id, skep__kfunc(id)->name };
	return kfuncs;
}

static inline u32 test_subprog_at(struct test_prog *t, u32 start)
{
	u32 i = 0;

	while (i < t->prog.nr_subprogs && t->subprogs[i].start < start)
		i++;
	if (i < t->prog.nr_subprogs && t->subprogs[i].start == start)
		return i;
	assert_true(t->prog.nr_subprogs < TEST_SUBPROGS);
	memmove(&t->subprogs[i + 1], &t->subprogs[i],
		(t->prog.nr_subprogs - i) * sizeof(t->subprogs[0]));
	t->subprogs[i] = (struct subprog){ .start = start, .stack_depth = 512 };
	t->prog.nr_subprogs++;
	return i;
}

static inline void test_decode(struct test_prog *t, const struct bpf_insn *raw, u32 len)
{
	for (u32 i = 0; i < len; i++) {
		struct insn *insn = &t->insns[i];
		int slots = skep__insn_decode(&raw[i], len - i, insn, NULL);

		assert_true(slots > 0);
		if (insn->op == OP_CALL_LOCAL)
			test_subprog_at(t, i + 1 + insn->off);
		if (insn->op == OP_LDFUNC)
			test_subprog_at(t, i + 1 + (s32)insn->imm);
		if (insn->op == OP_LDMAPVAL) {
			insn->off = insn->imm >> 32;
			insn->imm = (u32)insn->imm;
		}
		if (slots == 2)
			t->insns[++i] = (struct insn){ .op = OP_LDIMM_HI };
	}
}

static inline void test_prog_make(struct test_prog *t, u32 type, const struct bpf_insn *raw,
				  u32 len, struct map *const *maps, u32 nr_maps)
{
	assert_true(len <= TEST_INSNS);
	*t = (struct test_prog){ .prog = { .insns = t->insns,
					   .len = len,
					   .type = type,
					   .id = 1,
					   .name = "test",
					   .subprogs = t->subprogs,
					   .maps = maps,
					   .nr_maps = nr_maps,
					   .kfuncs = test_kfuncs(),
					   .nr_kfuncs = NR_KFUNCS } };
	test_subprog_at(t, 0);
	test_decode(t, raw, len);
	for (u32 i = 0; i < t->prog.nr_subprogs; i++)
		t->subprogs[i].end = i + 1 < t->prog.nr_subprogs ? t->subprogs[i + 1].start : len;
	for (u32 i = 0; i < len; i++) {
		if (t->insns[i].op == OP_LDFUNC) {
			u32 sub = test_subprog_at(t, i + 1 + (s32)t->insns[i].imm);

			t->subprogs[sub].is_callback = true;
			t->insns[i].imm = sub;
		}
	}
}

#define TEST_PROG(t, type, maps, nr_maps, ...)                                                     \
	do {                                                                                       \
		const struct bpf_insn raw_[] = { __VA_ARGS__ };                                    \
                                                                                                   \
		test_prog_make(t, type, raw_, ARRAY_SIZE(raw_), maps, nr_maps);                    \
	} while (0)

#endif
