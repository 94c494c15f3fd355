/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which program type may call which helper: the table's answer against this kernel's, for every
 * helper number, program type and attach type that the kernel loads.
 */
#include <string.h>
#include <unistd.h>

#include "ask_kernel.h"
#include "helper/proto.h"
#include "unit/cmocka_all.h"

/* Kernels are built without these, or refuse them under lockdown: a refusal says nothing. */
static bool kernel_may_lack(u32 number)
{
	switch (number) {
	case BPF_FUNC_override_return:
	case BPF_FUNC_probe_write_user:
	case BPF_FUNC_probe_read_kernel:
	case BPF_FUNC_probe_read_kernel_str:
	case BPF_FUNC_probe_read:
	case BPF_FUNC_probe_read_str:
	case BPF_FUNC_get_cgroup_classid:
	case BPF_FUNC_skb_cgroup_classid:
	case BPF_FUNC_skb_get_xfrm_state:
		return true;
	default:
		return false;
	}
}

/* The attach type that the kernel makes of an absent one. */
static u32 real_attach_type(u32 prog_type, u32 attach_type)
{
	if (prog_type == BPF_PROG_TYPE_CGROUP_SOCK && attach_type == 0)
		return BPF_CGROUP_INET_SOCK_CREATE;
	if (prog_type == BPF_PROG_TYPE_SK_REUSEPORT && attach_type == 0)
		return BPF_SK_REUSEPORT_SELECT;
	return attach_type;
}

static char log_text[16384];

/* Loads "call number; exit" after asking whether the shape of program is loadable at all. */
static int load_call(struct kernel_load *shape, s32 number)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = number },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd;

	shape->insns = insns;
	shape->len = ARRAY_SIZE(insns);
	fd = kernel_prog_load(shape);
	if (fd >= 0)
		close(fd);
	return fd;
}

static bool loadable(struct kernel_load *shape)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	for (insns[0].imm = 0; insns[0].imm < 2; insns[0].imm++) {
		int fd;

		shape->insns = insns;
		shape->len = ARRAY_SIZE(insns);
		fd = kernel_prog_load(shape);
		if (fd >= 0) {
			close(fd);
			return true;
		}
	}
	return false;
}

struct tally {
	u32 asked, differ;
};

static void compare_helpers(struct kernel_load *shape, struct tally *tally)
{
	for (u32 nr = 1; nr < __BPF_FUNC_MAX_ID; nr++) {
		u32 attach = real_attach_type(shape->prog_type, shape->expected_attach_type);
		bool ours = skep__helper_allowed(nr, shape->prog_type, attach), theirs;

		load_call(shape, nr);
		assert_null(strstr(log_text, "invalid func unknown"));
		theirs = !strstr(log_text, "program of this type cannot use helper");
		tally->asked++;
		if (ours == theirs || (!theirs && kernel_may_lack(nr)))
			continue;
		tally->differ++;
		print_error("program type %u, attach type %u: the kernel %s %s\n", shape->prog_type,
			    attach, theirs ? "allows" : "refuses", skep__helper(nr)->name);
	}
}

/* Attach types tell lists apart for these; for the others one is as good as all. */
static bool attach_type_matters(u32 prog_type)
{
	switch (prog_type) {
	case BPF_PROG_TYPE_CGROUP_SOCK:
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
	case BPF_PROG_TYPE_CGROUP_SOCKOPT:
	case BPF_PROG_TYPE_SK_LOOKUP:
	case BPF_PROG_TYPE_NETFILTER:
	case BPF_PROG_TYPE_TRACING:
	case BPF_PROG_TYPE_SK_REUSEPORT:
		return true;
	default:
		return false;
	}
}

static void set_shape(struct kernel_load *shape, u32 prog_type, u32 attach_type)
{
	*shape = (struct kernel_load){
		.prog_type = prog_type,
		.expected_attach_type = attach_type,
		.log = log_text,
		.log_size = sizeof(log_text),
	};
	if (prog_type == BPF_PROG_TYPE_SYSCALL)
		shape->prog_flags = BPF_F_SLEEPABLE;
	if (prog_type == BPF_PROG_TYPE_TRACING && attach_type == BPF_TRACE_RAW_TP)
		shape->attach_btf_id = kernel_btf_id("btf_trace_sys_enter", BTF_KIND_TYPEDEF);
	if (prog_type == BPF_PROG_TYPE_TRACING && attach_type == BPF_TRACE_ITER)
		shape->attach_btf_id = kernel_btf_id("bpf_iter_task", BTF_KIND_FUNC);
}

static void every_helper_is_allowed_where_the_kernel_allows_it(void **state)
{
	struct tally tally = { 0 };
	u32 types = 0;

	for (u32 type = 1; type < __MAX_BPF_PROG_TYPE; type++) {
		bool any = false;

		for (u32 attach = 0; attach < __MAX_BPF_ATTACH_TYPE; attach++) {
			struct kernel_load shape;

			if (attach && any && !attach_type_matters(type))
				break;
			set_shape(&shape, type, attach);
			if (!loadable(&shape))
				continue;
			any = true;
			compare_helpers(&shape, &tally);
		}
		types += any;
	}
	print_message("%u questions about %u program types, %u answers differ\n", tally.asked,
		      types, tally.differ);
	assert_int_equal(tally.differ, 0);
	assert_true(types > 20);
}

/* How the kernel refuses a helper, against the flag that makes it do so; over all types that load.
 */
static u32 flag_differences(const char *license, const char *refusal, u32 flag)
{
	u32 differ = 0;

	for (u32 type = 1; type < __MAX_BPF_PROG_TYPE; type++) {
		struct kernel_load shape;

		set_shape(&shape, type, 0);
		if (!loadable(&shape) ||
		    (flag == HELPER_SLEEPS && shape.prog_flags & BPF_F_SLEEPABLE))
			continue;
		shape.license = license;
		for (u32 nr = 1; nr < __BPF_FUNC_MAX_ID; nr++) {
			const struct helper *h = skep__helper_for(nr, type);
			bool refused;

			load_call(&shape, nr);
			if (strstr(log_text, "program of this type cannot use helper"))
				continue;
			refused = strstr(log_text, refusal) != NULL;
			if (refused == !!(h->flags & flag))
				continue;
			differ++;
			print_error("program type %u: the kernel %s %s\n", type,
				    refused ? "refuses" : "does not mind", h->name);
		}
	}
	return differ;
}

static void a_licence_is_asked_for_where_the_kernel_asks(void **state)
{
	assert_int_equal(
		flag_differences("Proprietary", "cannot call GPL-restricted function", HELPER_GPL),
		0);
}

static void helpers_that_sleep_are_for_sleepable_programs(void **state)
{
	assert_int_equal(flag_differences(NULL, "helper call might sleep", HELPER_SLEEPS), 0);
}

static void the_number_after_the_last_helper_is_unknown_to_both(void **state)
{
	struct kernel_load shape;

	set_shape(&shape, BPF_PROG_TYPE_SCHED_CLS, 0);
	assert_int_equal(load_call(&shape, __BPF_FUNC_MAX_ID), -EINVAL);
	assert_non_null(strstr(log_text, "invalid func unknown#212"));
	assert_null(skep__helper(__BPF_FUNC_MAX_ID));
	assert_false(skep__helper_allowed(__BPF_FUNC_MAX_ID, BPF_PROG_TYPE_SCHED_CLS, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_helper_is_allowed_where_the_kernel_allows_it),
		cmocka_unit_test(a_licence_is_asked_for_where_the_kernel_asks),
		cmocka_unit_test(helpers_that_sleep_are_for_sleepable_programs),
		cmocka_unit_test(the_number_after_the_last_helper_is_unknown_to_both),
	};
	return run_beside_kernel(tests, NULL, NULL);
}
