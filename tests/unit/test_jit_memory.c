/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads, stores and atomics as machine code against insn.def, for every pair of registers and many
 * offsets. */
#include "cmocka_all.h"
#include "insn_oracle.h"
#include "jit_run.h"

#define AREA 2176 /* bytes; accesses go around its middle */
#define CACHE_LINE 64

static const s32 offsets[] = { 0, 1, 8, 127, 128, -1, -8, -128, -129, 1000, -1000 };
static const u64 words[] = {
	0, 1, 0x80, 0x8000, 0x80000000, 0x7fffffffffffffff, 0xffffffffffffffff, 0x0123456789abcdef
};

/* The same starting point twice: one for the oracle, one for machine code. */
struct world {
	u64 reg[11];
	u8 area[AREA] __attribute__((aligned(64)));
};

static struct world expected, got;
static u8 pattern[AREA];

static void start(struct world *w, const struct insn *insn, u8 base, u64 word, bool equal)
{
	memcpy(w->area, pattern, AREA);
	for (u32 r = 0; r < 10; r++)
		w->reg[r] = 0x1111111111111111ull * r + word;
	if (base != insn->src || insn_desc(insn)->form == FORM_LDX ||
	    insn_desc(insn)->form == FORM_LDACQ)
		w->reg[base] = (u64)(uintptr_t)&w->area[AREA / 2];
	if (base == insn->dst && base == insn->src)
		w->reg[base] = (u64)(uintptr_t)&w->area[AREA / 2];
	if (equal && base != 0) /* what a compare and exchange hopes for */
		memcpy(&w->reg[0], &w->area[AREA / 2 + insn->off], insn_desc(insn)->size);
}

/* Registers that hold an address differ by what lies between the two areas. */
static bool same_reg(u64 a, u64 b)
{
	u64 shift = (u64)(uintptr_t)got.area - (u64)(uintptr_t)expected.area;

	return a == b || a + shift == b;
}

static void compare(const struct insn *insn)
{
	for (u32 r = 0; r < 10; r++) {
		if (!same_reg(expected.reg[r], got.reg[r]))
			fail_msg("%s dst R%u src R%u off %d: R%u is %#llx, not %#llx",
				 insn_desc(insn)->name, insn->dst, insn->src, insn->off, r,
				 (unsigned long long)got.reg[r],
				 (unsigned long long)expected.reg[r]);
	}
}

/* An address may have been stored: then it differs like registers do. */
static void compare_area(const struct insn *insn, bool address_stored)
{
	if (!address_stored && memcmp(expected.area, got.area, AREA))
		fail_msg("%s dst R%u src R%u off %d: memory differs", insn_desc(insn)->name,
			 insn->dst, insn->src, insn->off);
}

static void try(const struct insn *insn)
{
	bool is_load = insn_desc(insn)->form == FORM_LDX || insn_desc(insn)->form == FORM_LDACQ;
	u8 base = is_load ? insn->src : insn->dst;
	struct insn insns[FRAMED_MAX];
	struct small_prog p;

	small_prog(&p, insns, frame_insn(insns, insn));
	assert_int_equal(skep__jit_compile(&p.prog), 0);
	for (u32 i = 0; i < 2 * ARRAY_SIZE(words); i++) {
		start(&expected, insn, base, words[i / 2], i % 2);
		start(&got, insn, base, words[i / 2], i % 2);
		oracle_step(insn, expected.reg);
		p.prog.jit(got.reg, NULL);
		compare(insn);
		compare_area(insn, !is_load && (insn->dst == insn->src || insn->dst == 0));
	}
	skep__jit_free(&p.prog);
}

/* Atomics across a cache line lock the bus, a thousand times slower; the verifier refuses them. */
static bool locks_the_bus(const struct insn *insn)
{
	u8 form = insn_desc(insn)->form;
	u32 first = (u32)(AREA / 2 + insn->off) % CACHE_LINE;

	return (form == FORM_ATOMIC || form == FORM_FETCH || form == FORM_CMPXCHG) &&
	       first + insn_desc(insn)->size > CACHE_LINE;
}

static void each_op(u8 form)
{
	for (u32 op = 0; op < NR_INSN_OPS; op++) {
		if (skep__insn_descs[op].form != form)
			continue;
		for (u8 dst = 0; dst < 10; dst++) {
			for (u8 src = 0; src < 10; src++) {
				for (u32 i = 0; i < ARRAY_SIZE(offsets); i++) {
					const struct insn insn = {
						.op = op,
						.dst = dst,
						.src = src,
						.off = offsets[i],
						.imm = (s32)words[i % ARRAY_SIZE(words)]
					};
					if (!locks_the_bus(&insn))
						try(&insn);
				}
			}
		}
	}
}

static void loads_and_their_ordered_form_are_the_tables(void **state)
{
	each_op(FORM_LDX);
	each_op(FORM_LDACQ);
}

static void stores_and_their_ordered_form_are_the_tables(void **state)
{
	each_op(FORM_STX);
	each_op(FORM_ST);
	each_op(FORM_STREL);
}

static void atomics_are_the_tables(void **state)
{
	each_op(FORM_ATOMIC);
	each_op(FORM_FETCH);
	each_op(FORM_CMPXCHG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads_and_their_ordered_form_are_the_tables),
		cmocka_unit_test(stores_and_their_ordered_form_are_the_tables),
		cmocka_unit_test(atomics_are_the_tables),
	};

	for (u32 i = 0; i < AREA; i++)
		pattern[i] = i * 7 + 3;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
