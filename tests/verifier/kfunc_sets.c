/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every kernel function of this machine's BTF has a row in kfuncs.def; and a bare call of each,
 * from a program of every type, has the same verdict with skep as with the kernel: who may call it,
 * and what is said first of arguments that are all 0.
 */
#include "../unit/cmocka_all.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "helper/kfunc.h"
#include "load_both.h"

static struct load_both both;

static const struct load_program programs[] = {
	{ BPF_PROG_TYPE_SOCKET_FILTER },
	{ BPF_PROG_TYPE_KPROBE },
	{ BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_SESSION },
	{ BPF_PROG_TYPE_SCHED_CLS },
	{ BPF_PROG_TYPE_SCHED_ACT },
	{ BPF_PROG_TYPE_TRACEPOINT },
	{ BPF_PROG_TYPE_XDP },
	{ BPF_PROG_TYPE_PERF_EVENT },
	{ BPF_PROG_TYPE_CGROUP_SKB },
	{ BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE },
	{ BPF_PROG_TYPE_LWT_IN },
	{ BPF_PROG_TYPE_LWT_OUT },
	{ BPF_PROG_TYPE_LWT_XMIT },
	{ BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS },
	{ BPF_PROG_TYPE_SK_SKB },
	{ BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE },
	{ BPF_PROG_TYPE_SK_MSG },
	{ BPF_PROG_TYPE_RAW_TRACEPOINT },
	{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND },
	{ BPF_PROG_TYPE_LWT_SEG6LOCAL },
	{ BPF_PROG_TYPE_SK_REUSEPORT },
	{ BPF_PROG_TYPE_FLOW_DISSECTOR },
	{ BPF_PROG_TYPE_CGROUP_SYSCTL },
	{ BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE },
	{ BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_GETSOCKOPT },
	{ BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP },
	{ BPF_PROG_TYPE_NETFILTER, BPF_NETFILTER },
	{ BPF_PROG_TYPE_SYSCALL, 0, BPF_F_SLEEPABLE },
	{ BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, 0, "btf_trace_task_newtask" },
	{ BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, 0, "bpf_iter_task" },
	{ BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, BPF_F_SLEEPABLE, "bpf_iter_task" },
};

static void every_kernel_function_has_a_row(void **state)
{
	u32 n = 0;

	(void)state;
	for (u32 id = 1; id < skep__btf_nr_types(both.btf); id++) {
		const struct btf_type *t = skep__btf_type(both.btf, id);

		if (btf_kind(t) != BTF_KIND_DECL_TAG ||
		    strcmp(skep__btf_name(both.btf, t), "bpf_kfunc"))
			continue;
		t = skep__btf_type(both.btf, t->type);
		n++;
		if (skep__kfunc_find(skep__btf_name(both.btf, t)) == KFUNC_NONE)
			fail_msg("no row for %s", skep__btf_name(both.btf, t));
	}
	print_message("%u kernel functions\n", n);
}

/* How many verdicts of a function differ; the first is shown. */
static u32 compare(const char *name, s64 id)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 1 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 4 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 5 },
		{ .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL, .imm = (s32)id },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	u32 differ = 0;

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		struct load_program p = programs[i];
		struct verdict skep, kernel;

		p.insns = insns;
		p.len = ARRAY_SIZE(insns);
		load_ask(&both, &both.skep, &p, &skep);
		load_ask(&both, &both.kernel, &p, &kernel);
		if (skep.err == kernel.err && !strcmp(skep.line, kernel.line))
			continue;
		/* What skep does not verify yet it has to refuse, and say so. */
		if (skep.err == -EOPNOTSUPP && kernel.err)
			continue;
		if (!differ++)
			print_message("%s, program type %u:\n  kernel %d: %s\n  skep   %d: %s\n",
				      name, p.type, kernel.err, kernel.line, skep.err, skep.line);
	}
	return differ;
}

static void bare_calls_have_the_kernels_verdict(void **state)
{
	u32 differ = 0;

	(void)state;
	if (!both.has_kernel) {
		print_message("the kernel may not be asked here\n");
		skip();
	}
	for (u32 i = 0; i < NR_KFUNCS; i++) {
		const char *name = skep__kfunc(i)->name;
		s64 id = load_both_kfunc(&both, name);

		if (id >= 0)
			differ += compare(name, id);
	}
	assert_int_equal(differ, 0);
}

/* Calls of what is no kernel function, or of none at all. */
static void bad_calls_have_the_kernels_verdict(void **state)
{
	static const struct {
		const char *what, *license;
		s16 off;
		s32 imm; /* 0 with a name: that function's id */
		const char *name;
		bool dead; /* no path comes there */
	} calls[] = {
		{ "a type that is no function", NULL, 0, 1, NULL, false },
		{ "an id that no type has", NULL, 0, 0x7ffffff, NULL, false },
		{ "a function that is not for programs", NULL, 0, 0, "vfs_read", false },
		{ "a module's function without fd_array", NULL, 1, 1, NULL, false },
		{ "a negative index into fd_array", NULL, -1, 1, NULL, false },
		{ "a program that is not GPL", "BSD", 0, 0, "bpf_rcu_read_lock", false },
		{ "a function that no BTF had", NULL, 0, 0, NULL, false },
		{ "a function that no BTF had, where no path comes", NULL, 0, 0, NULL, true },
	};

	(void)state;
	if (!both.has_kernel)
		skip();
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		s32 imm = calls[i].name ? (s32)load_both_kfunc(&both, calls[i].name) : calls[i].imm;
		const struct bpf_insn insns[] = {
			{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = calls[i].dead },
			{ .code = BPF_JMP | BPF_JEQ | BPF_K, .off = 1, .imm = 1 },
			{ .code = BPF_JMP | BPF_CALL,
			  .src_reg = BPF_PSEUDO_KFUNC_CALL,
			  .off = calls[i].off,
			  .imm = imm },
			{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
			{ .code = BPF_JMP | BPF_EXIT },
		};
		struct load_program p = { BPF_PROG_TYPE_SCHED_CLS, .insns = insns,
					  .len = ARRAY_SIZE(insns), .license = calls[i].license };
		struct verdict skep, kernel;

		load_ask(&both, &both.skep, &p, &skep);
		load_ask(&both, &both.kernel, &p, &kernel);
		if (skep.err != kernel.err || strcmp(skep.line, kernel.line))
			fail_msg("%s: kernel %d: %s; skep %d: %s", calls[i].what, kernel.err,
				 kernel.line, skep.err, skep.line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kernel_function_has_a_row),
		cmocka_unit_test(bare_calls_have_the_kernels_verdict),
		cmocka_unit_test(bad_calls_have_the_kernels_verdict),
	};
	int failed;

	if (!load_both_open(&both)) {
		printf("no BTF of the kernel here\n");
		return 77;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	load_both_close(&both);
	return failed;
}
