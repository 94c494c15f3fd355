/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random programs do in machine code what they do in the interpreter. SKEP_RANDOM_PROGS sets how
 * many, SKEP_RANDOM_SEED where to begin: a failure names the seed of its program.
 */
#include <stdlib.h>

#include "cmocka_all.h"
#include "exec/exec.h"
#include "jit/jit.h"
#include "jit/target.h"
#include "random_prog.h"

#define WORDS 28

static u64 from_environment(const char *name, u64 otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static void run_in(const struct prog *prog, enum exec_mode mode, u64 words[WORDS], u64 seed)
{
	struct run run = { .svc = &skep__default_services };

	for (u32 i = 0; i < WORDS; i++)
		words[i] = (seed + i) * 0x9e3779b97f4a7c15ull >> (i * 7 & 63);
	skep__exec(&run, prog, words, mode, NULL);
	assert_false(run.aborted);
}

static void try(u64 seed, u32 features)
{
	static struct random_prog g;
	u64 interp[WORDS], native[WORDS];

	random_prog(&g, seed);
	assert_int_equal(skep__jit_compile_for(&g.prog, features), 0);
	for (u32 i = 0; i < 3; i++) {
		run_in(&g.prog, MODE_INTERP, interp, seed + i);
		run_in(&g.prog, MODE_JIT, native, seed + i);
		for (u32 w = 0; w < WORDS; w++) {
			if (interp[w] != native[w])
				fail_msg("seed %llu, input %u, word %u: %#llx in machine code, "
					 "%#llx interpreted",
					 (unsigned long long)seed, i, w,
					 (unsigned long long)native[w],
					 (unsigned long long)interp[w]);
		}
	}
	skep__jit_free(&g.prog);
}

static void machine_code_and_interpreter_agree(void **state)
{
	u64 first = from_environment("SKEP_RANDOM_SEED", 1),
	    n = from_environment("SKEP_RANDOM_PROGS", 3000);

	for (u64 seed = first; seed < first + n; seed++)
		try(seed, seed / 8 % 8 ? skep__target_features() : 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machine_code_and_interpreter_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
