/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF_PROG_TEST_RUN: runs a loaded program on data and a context that the caller gives. Checks,
 * limits, results and errnos are those of the kernel's net/bpf/test_run.c, program type by program
 * type.
 *
 * What the caller of bpf(2) owns is reached through two functions, so that every transport has the
 * kernel's -EFAULT in the kernel's order; the fields named as in bpf_attr.test hold what the attr
 * says.
 */
#ifndef SKEP_HOOK_TEST_RUN_H
#define SKEP_HOOK_TEST_RUN_H

#include "ctx/net.h"
#include "exec/exec.h"

struct test_bench;

/* Memory of runs that have ended, kept for the next ones. All-zero to begin with; any thread may
 * use it. */
struct test_benches {
	_Atomic(struct test_bench *) spare[4];
};
void skep__test_benches_fini(struct test_benches *benches);

/* The caller's memory: 0 or -EFAULT. */
struct test_user {
	void *opaque;
	int (*read)(void *opaque, void *to, u64 addr, size_t len);
	int (*write)(void *opaque, u64 addr, const void *from, size_t len);
};

/* Which results the kernel would have written into the attr; they are valid after an error too. */
#define TEST_RUN_RETVAL 0x1
#define TEST_RUN_DATA_SIZE 0x2
#define TEST_RUN_DURATION 0x4
#define TEST_RUN_CTX_SIZE 0x8

struct test_run {
	/* As in the attr. The sizes out, retval and duration are results as well. */
	u64 data_in, data_out, ctx_in, ctx_out;
	u32 data_size_in, data_size_out, ctx_size_in, ctx_size_out;
	u32 retval, repeat, duration;
	u32 flags, cpu, batch_size;
	struct test_user user;

	/* Functions of structs: how many arguments this one has (0: none that could be called for a
	 * test), and whether the first, a pointer to a number, may be NULL. */
	u32 nr_args;
	bool first_nullable;

	/* What the program runs with. */
	const struct services *svc;
	const struct cpus *cpus;
	const struct skep_net *net; /* NULL: nothing but the loopback interface */
	struct test_benches *benches;
	enum exec_mode mode;
	const struct run_watch *watch; /* of runs in checked mode; NULL: nobody */
	/* Asked between repeats: a signal is pending, so stop with -EINTR. NULL: never. */
	bool (*interrupted)(void *opaque);
	void *opaque;

	/* Results beyond the attr's. */
	u32 wrote; /* TEST_RUN_*: which fields above to copy to the caller */
	u64 runs, time_ns; /* how often the program ran, and how long altogether */
	struct fate fate; /* where the last run sent the packet */
};

/* The checks of the attr alone, which come before the program is looked up: 0 or -EINVAL. */
int skep__test_run_check(const struct test_run *tr);

/*
 * Runs prog: 0, or the errno that the system call answers. -EFAULT with fault->set means that
 * checked mode stopped the program.
 */
int skep__test_run(const struct prog *prog, struct test_run *tr, struct exec_fault *fault);

#endif
