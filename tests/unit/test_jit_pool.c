/* SPDX-License-Identifier: BSD-2-Clause */
/* Small programs that share code pages: each finds its own table, and goes alone. */
#include "cmocka_all.h"
#include "jit_run.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "jit/code_pool.h"

#define NR 9000 /* more than one file holds */

static struct code_pool *pool;

/* Returns the number, by way of a helper, which is reached through the table. */
struct numbered {
	struct insn insns[5];
	struct small_prog p;
};

static void compile(struct numbered *n, s32 number)
{
	const struct insn insns[] = {
		HELPER_CALL(BPF_FUNC_get_smp_processor_id),
		ALU64_K(MOV, 0, number),
		EXIT,
	};

	memcpy(n->insns, insns, sizeof(insns));
	small_prog(&n->p, n->insns, ARRAY_SIZE(insns));
	n->p.prog.code_pool = pool;
	assert_int_equal(skep__jit_compile(&n->p.prog), 0);
}

static const u8 *code_of(const struct numbered *n)
{
	u32 size;

	return skep__jit_code(&n->p.prog, &size);
}

static int make_pool(void **state)
{
	pool = skep__code_pool_new();
	return !pool;
}

static int free_pool(void **state)
{
	skep__code_pool_free(pool);
	return 0;
}

static void programs_are_beside_each_other(void **state)
{
	struct numbered a, b;

	compile(&a, 1);
	compile(&b, 2);
	assert_true(labs(code_of(&a) - code_of(&b)) < 4096);
	assert_int_equal(run_jit(&a.p.prog, NULL), 1);
	assert_int_equal(run_jit(&b.p.prog, NULL), 2);
	skep__jit_free(&a.p.prog);
	assert_int_equal(run_jit(&b.p.prog, NULL), 2);
	skep__jit_free(&b.p.prog);
}

static void what_is_free_cannot_be_executed_by_mistake(void **state)
{
	struct numbered a, b;

	compile(&a, 1);
	compile(&b, 2); /* keeps the pages */
	const u8 *code = code_of(&a);
	u32 size;
	skep__jit_code(&a.p.prog, &size);
	skep__jit_free(&a.p.prog);
	for (u32 i = 0; i < size; i++)
		assert_int_equal(code[i], 0xcc);
	compile(&a, 3); /* the place is used again */
	assert_ptr_equal(code_of(&a), code);
	assert_int_equal(run_jit(&a.p.prog, NULL), 3);
	skep__jit_free(&a.p.prog);
	skep__jit_free(&b.p.prog);
}

/* Pages that are writable and executable, of all mappings; and executable ones of the pool. */
static void look_at_pages(u32 *both, u32 *executable)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];

	*both = *executable = 0;
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		const char *perms = strchr(line, ' ') + 1;

		*both += perms[1] == 'w' && perms[2] == 'x';
		*executable += perms[2] == 'x' && strstr(line, "skep-jit") != NULL;
	}
	fclose(maps);
}

static void files_are_added_and_dropped(void **state)
{
	struct numbered *all = calloc(NR, sizeof(*all));
	u32 both, many, one;

	for (s32 i = 0; i < NR; i++)
		compile(&all[i], i);
	look_at_pages(&both, &many);
	assert_int_equal(both, 0);
	assert_in_range(many, 2, 8);
	for (u32 i = 0; i < NR; i += 3)
		skep__jit_free(&all[i].p.prog);
	for (s32 i = 0; i < NR; i++) {
		if (i % 3)
			assert_int_equal(run_jit(&all[i].p.prog, NULL), i);
		else
			compile(&all[i], -i);
	}
	for (s32 i = 0; i < NR; i++) {
		assert_int_equal(run_jit(&all[i].p.prog, NULL), (u64)(s64)(i % 3 ? i : -i));
		skep__jit_free(&all[i].p.prog);
	}
	look_at_pages(&both, &one);
	assert_int_equal(one, 1);
	free(all);
}

static void large_programs_have_their_own(void **state)
{
	u32 len = 20000;
	struct insn *insns = calloc(len, sizeof(*insns));
	struct small_prog p;

	insns[0] = (struct insn)HELPER_CALL(BPF_FUNC_get_smp_processor_id);
	insns[1] = (struct insn)ALU64_K(MOV, 0, 0);
	for (u32 i = 2; i < len - 1; i++)
		insns[i] = (struct insn)ALU64_K(MUL, 0, 7); /* no two become one */
	insns[1].imm = 1;
	insns[len - 1] = (struct insn)EXIT;
	small_prog(&p, insns, len);
	p.prog.code_pool = pool;
	assert_int_equal(skep__jit_compile(&p.prog), 0);
	u32 size;
	skep__jit_code(&p.prog, &size);
	assert_true(size > POOL_MAX);
	u64 want = 1;
	for (u32 i = 2; i < len - 1; i++)
		want *= 7;
	assert_int_equal(run_jit(&p.prog, NULL), want);
	skep__jit_free(&p.prog);
	free(insns);
}

static void *come_and_go(void *arg)
{
	s32 base = *(s32 *)arg;
	struct numbered mine[20];

	for (s32 round = 0; round < 50; round++) {
		for (s32 i = 0; i < 20; i++)
			compile(&mine[i], base + i);
		for (s32 i = 0; i < 20; i++) {
			assert_int_equal(run_jit(&mine[i].p.prog, NULL), base + i);
			skep__jit_free(&mine[i].p.prog);
		}
	}
	return NULL;
}

static void threads_load_at_the_same_time(void **state)
{
	pthread_t t[4];
	s32 base[4] = { 1000, 2000, 3000, 4000 };

	for (u32 i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, come_and_go, &base[i]), 0);
	for (u32 i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_are_beside_each_other),
		cmocka_unit_test(what_is_free_cannot_be_executed_by_mistake),
		cmocka_unit_test(files_are_added_and_dropped),
		cmocka_unit_test(large_programs_have_their_own),
		cmocka_unit_test(threads_load_at_the_same_time),
	};

	return cmocka_run_group_tests(tests, make_pool, free_pool);
}
