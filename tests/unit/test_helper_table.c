/* SPDX-License-Identifier: BSD-2-Clause */
/* The helper table as its readers see it: complete, and particular about program types. */
#include <string.h>

#include "base/uapi.h"
#include "cmocka_all.h"
#include "helper/kfunc.h"
#include "helper/proto.h"

static void every_number_up_to_the_last_has_a_row(void **state)
{
	for (u32 nr = 1; nr < __BPF_FUNC_MAX_ID; nr++) {
		const struct helper *h = skep__helper(nr);

		assert_non_null(h);
		assert_non_null(h->since);
		assert_true(h->prog_types != 0);
	}
	assert_null(skep__helper(0));
	assert_null(skep__helper(__BPF_FUNC_MAX_ID));
	assert_null(skep__helper(UINT32_MAX));
}

/* A size without memory before it, or memory of unknown size, would leave a reader without bounds.
 */
static void memory_arguments_have_their_size(void **state)
{
	for (u32 nr = 1; nr < __BPF_FUNC_MAX_ID; nr++) {
		const struct helper *h = skep__helper(nr);

		for (int i = 0; i < 5; i++) {
			u32 here = h->args[i], next = i < 4 ? h->args[i + 1] : ARG_NONE;
			bool sized = ARG_CLASS(next) == ARG_CONST_SIZE ||
				     ARG_CLASS(next) == ARG_CONST_SIZE_OR_ZERO;

			if (ARG_CLASS(here) == ARG_MEM)
				assert_true(sized != (here >> 16 != 0));
			else
				assert_false(sized);
		}
	}
}

static void arguments_have_no_gaps(void **state)
{
	for (u32 nr = 1; nr < __BPF_FUNC_MAX_ID; nr++) {
		const struct helper *h = skep__helper(nr);

		for (int i = 1; i < 5; i++)
			assert_false(h->args[i] != ARG_NONE && h->args[i - 1] == ARG_NONE);
	}
}

static void a_type_that_may_not_call_a_helper_gets_none(void **state)
{
	assert_null(skep__helper_for(BPF_FUNC_xdp_adjust_head, BPF_PROG_TYPE_SCHED_CLS));
	assert_non_null(skep__helper_for(BPF_FUNC_xdp_adjust_head, BPF_PROG_TYPE_XDP));
	assert_null(skep__helper_for(BPF_FUNC_map_lookup_elem, 64));
	assert_null(skep__helper_for(BPF_FUNC_map_lookup_elem, UINT32_MAX));
	assert_false(skep__helper_allowed(BPF_FUNC_map_lookup_elem, UINT32_MAX, 0));
}

static void a_number_may_stand_for_another_function_in_another_program_type(void **state)
{
	const struct helper *tc = skep__helper_for(BPF_FUNC_redirect, BPF_PROG_TYPE_SCHED_CLS);
	const struct helper *xdp = skep__helper_for(BPF_FUNC_redirect, BPF_PROG_TYPE_XDP);

	assert_ptr_not_equal(tc, xdp);
	assert_string_equal(tc->name, xdp->name);
	assert_int_equal(
		skep__helper_for(BPF_FUNC_get_cgroup_classid, BPF_PROG_TYPE_SCHED_CLS)->args[0],
		ARG_CTX);
	assert_int_equal(
		skep__helper_for(BPF_FUNC_get_cgroup_classid, BPF_PROG_TYPE_CGROUP_DEVICE)->args[0],
		ARG_NONE);
}

static void some_helpers_depend_on_the_attach_type(void **state)
{
	assert_true(skep__helper_allowed(BPF_FUNC_bind, BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
					 BPF_CGROUP_INET4_CONNECT));
	assert_false(skep__helper_allowed(BPF_FUNC_bind, BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
					  BPF_CGROUP_INET4_BIND));
}

static void btf_arguments_name_their_kernel_type(void **state)
{
	assert_string_equal(skep__helper_btf(BPF_FUNC_get_task_stack).arg, "task_struct");
	assert_string_equal(skep__helper_btf(BPF_FUNC_skc_to_tcp_sock).ret, "tcp_sock");
	assert_null(skep__helper_btf(BPF_FUNC_map_lookup_elem).arg);
	assert_null(skep__helper_btf(UINT32_MAX).arg);
	for (u32 nr = 1; nr < __BPF_FUNC_MAX_ID; nr++) {
		const struct helper *h = skep__helper(nr);

		if (RET_CLASS(h->ret) == RET_BTF_ID && nr != BPF_FUNC_kptr_xchg)
			assert_non_null(skep__helper_btf(nr).ret);
	}
}

static void every_kernel_function_that_is_there_has_a_prototype(void **state)
{
	u32 implemented = 0;

	for (u32 id = 0; id < NR_KFUNCS; id++) {
		const struct helper *proto = skep__kfunc_proto(id);
		bool there = skep__kfunc(id)->fn;

		if (!!proto != there)
			fail_msg("%s: %s", skep__kfunc(id)->name,
				 there ? "no prototype" : "a prototype alone");
		implemented += there;
		if (proto)
			assert_string_equal(proto->name, skep__kfunc(id)->name + strlen("bpf_"));
	}
	assert_true(implemented > 0);
	assert_null(skep__kfunc_proto(NR_KFUNCS));
	assert_null(skep__kfunc_fn(UINT32_MAX, BPF_PROG_TYPE_XDP));
}

static void dynptrs_of_packets_are_for_writing_where_packets_are(void **state)
{
	u32 id = KFUNC_bpf_dynptr_from_skb;

	assert_ptr_equal(skep__kfunc_fn(id, BPF_PROG_TYPE_SCHED_CLS), skep__kfunc(id)->fn);
	assert_ptr_not_equal(skep__kfunc_fn(id, BPF_PROG_TYPE_CGROUP_SKB), skep__kfunc(id)->fn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_up_to_the_last_has_a_row),
		cmocka_unit_test(memory_arguments_have_their_size),
		cmocka_unit_test(arguments_have_no_gaps),
		cmocka_unit_test(a_type_that_may_not_call_a_helper_gets_none),
		cmocka_unit_test(a_number_may_stand_for_another_function_in_another_program_type),
		cmocka_unit_test(some_helpers_depend_on_the_attach_type),
		cmocka_unit_test(btf_arguments_name_their_kernel_type),
		cmocka_unit_test(every_kernel_function_that_is_there_has_a_prototype),
		cmocka_unit_test(dynptrs_of_packets_are_for_writing_where_packets_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
