/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs need of a kernel: which features they are found to use, and which not. */
#include "cmocka_all.h"

#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "isa/asm.h"
#include "skep/needs.h"

#define MAX_NEEDS 16

static struct skep_world *world;

static int begin(void **state)
{
	struct skep_world_opts opts = { .size = sizeof(opts) };

	world = skep_world_new(&opts);
	return world ? 0 : -1;
}

static int end(void **state)
{
	skep_world_free(world);
	return 0;
}

static int load(const char *text)
{
	struct bpf_insn insns[64];
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER };
	struct strbuf why;
	int len, fd;

	skep__strbuf_init(&why);
	len = skep__asm(text, insns, ARRAY_SIZE(insns), &why);
	if (len < 0)
		fail_msg("%s", why.text);
	skep__strbuf_fini(&why);
	attr.insns = (u64)(uintptr_t)insns;
	attr.insn_cnt = (u32)len;
	attr.license = (u64)(uintptr_t) "GPL";
	fd = (int)skep_bpf(world, BPF_PROG_LOAD, &attr, sizeof(attr));
	assert_true(fd >= 0);
	return fd;
}

/* Since when kernels have the feature, if the program needs it; else "". */
static const char *needed_since(const char *text, const char *feature)
{
	struct skep_need needs[MAX_NEEDS];
	int fd = load(text), nr = skep_prog_needs(world, fd, needs, MAX_NEEDS);

	close(fd);
	assert_in_range(nr, 1, MAX_NEEDS);
	for (int i = 0; i < nr; i++) {
		if (needs[i].kind == SKEP_NEED_FEATURE && !strcmp(needs[i].name, feature))
			return needs[i].since;
	}
	return "";
}

static void what_jumps_back_is_a_loop(void **state)
{
	static const char *const loops[] = {
		"r0 = 0\n again:\n r0 += 1\n if r0 != 5 goto again\n exit\n",
		"r0 = 0\n again:\n r0 += 1\n if r0 == 5 goto out\n goto again\n out:\n exit\n",
		"r0 = 0\n again:\n r0 += 1\n if r0 == 5 goto out\n gotol again\n out:\n exit\n",
	};

	for (u32 i = 0; i < ARRAY_SIZE(loops); i++)
		assert_string_equal(needed_since(loops[i], "loops"), "5.3");
}

static void what_jumps_ahead_is_none(void **state)
{
	assert_string_equal(needed_since("r0 = 0\n exit\n", "loops"), "");
	assert_string_equal(needed_since("r0 = *(u32 *)(r1 +0)\n if r0 == 0 goto out\n r0 = 1\n"
					 " gotol out\n out:\n exit\n",
					 "loops"),
			    "");
}

static void branches_on_half_a_register_are_told(void **state)
{
	static const char feature[] = "32-bit branches (cpu v3)";

	assert_string_equal(needed_since("r0 = *(u32 *)(r1 +0)\n if w0 == 0 goto out\n r0 = 1\n"
					 " out:\n exit\n",
					 feature),
			    "5.1");
	assert_string_equal(needed_since("r0 = *(u32 *)(r1 +0)\n if r0 == 0 goto out\n r0 = 1\n"
					 " gotol out\n out:\n exit\n",
					 feature),
			    "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_jumps_back_is_a_loop),
		cmocka_unit_test(what_jumps_ahead_is_none),
		cmocka_unit_test(branches_on_half_a_register_are_told),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
