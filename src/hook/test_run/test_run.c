/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all test runs share: which kind a program type is, the loop over repeats with its clock, and
 * copying contexts and data between the caller and the bench. As in the kernel, repeats see what
 * the runs before them did to the packet, and results are written even when data_out was too short.
 */
#include <string.h>

#include "ctx/ctx.h"
#include "ctx/lowmem.h"
#include "hook/test_run/bench.h"

struct test_bench *skep__test_bench_take(struct test_benches *benches)
{
	for (size_t i = 0; i < ARRAY_SIZE(benches->spare); i++) {
		struct test_bench *bench = atomic_exchange(&benches->spare[i], NULL);

		if (bench)
			return bench;
	}
	return skep__lowmem_map(sizeof(struct test_bench));
}

void skep__test_bench_give(struct test_benches *benches, struct test_bench *bench)
{
	for (size_t i = 0; i < ARRAY_SIZE(benches->spare); i++) {
		struct test_bench *none = NULL;

		if (atomic_compare_exchange_strong(&benches->spare[i], &none, bench))
			return;
	}
	skep__lowmem_unmap(bench, sizeof(*bench));
}

void skep__test_benches_fini(struct test_benches *benches)
{
	for (size_t i = 0; i < ARRAY_SIZE(benches->spare); i++)
		skep__lowmem_unmap(atomic_exchange(&benches->spare[i], NULL),
				   sizeof(struct test_bench));
}

/* Is ctx_in zero behind what we know of it? The kernel looks at no more than a page. */
static int check_ctx_tail(struct test_run *tr, u32 known)
{
	u8 tail[256];

	if (tr->ctx_size_in > TEST_PAGE)
		return -E2BIG;
	for (u32 at = known; at < tr->ctx_size_in; at += sizeof(tail)) {
		u32 n = min((u32)sizeof(tail), tr->ctx_size_in - at);

		if (user_read(tr, tail, tr->ctx_in + at, n))
			return -EFAULT;
		if (!all_zero(tail, n))
			return -E2BIG;
	}
	return 0;
}

int skep__test_ctx_init(struct test_run *tr, void *buf, u32 size)
{
	int err;

	memset(buf, 0, size);
	if (!tr->ctx_in && !tr->ctx_out)
		return 0;
	if (!tr->ctx_in)
		return 1;
	err = check_ctx_tail(tr, size);
	if (!err)
		err = user_read(tr, buf, tr->ctx_in, min(size, tr->ctx_size_in));
	return err ? err : 1;
}

int skep__test_ctx_finish(struct test_run *tr, const void *buf, u32 size)
{
	u32 n = min(size, tr->ctx_size_out);

	if (!tr->ctx_out)
		return 0;
	if (user_write(tr, tr->ctx_out, buf, n))
		return -EFAULT;
	tr->ctx_size_out = size;
	tr->wrote |= TEST_RUN_CTX_SIZE;
	return n < size ? -ENOSPC : 0;
}

static int write_frags(struct test_run *tr, u32 at, u32 end, const struct packet *pkt)
{
	for (u32 i = 0; i < pkt->nr_frags; i++) {
		const struct packet_frag *frag = &pkt->frags[i];
		u32 n;

		if (at >= end)
			return -ENOSPC;
		n = min(end - at, frag->len);
		if (user_write(tr, tr->data_out + at, frag->data, n))
			return -EFAULT;
		at += n;
	}
	return 0;
}

int skep__test_data_finish(struct test_run *tr, const void *linear, u32 size,
			   const struct packet *frags)
{
	u32 room = tr->data_size_out ? min(size, tr->data_size_out) : size;
	u32 frag_bytes = 0;
	int ret = room < size ? -ENOSPC : 0;

	for (u32 i = 0; frags && i < frags->nr_frags; i++)
		frag_bytes += frags->frags[i].len;
	if (tr->data_out) {
		/* Room for the fragments is set aside first: this is how the kernel counts. */
		if (room < frag_bytes)
			return -ENOSPC;
		if (user_write(tr, tr->data_out, linear, room - frag_bytes))
			return -EFAULT;
		if (frags) {
			int err = write_frags(tr, room - frag_bytes, room, frags);

			if (err == -EFAULT)
				return err;
			ret = err ? err : ret;
		}
	}
	tr->data_size_out = size;
	tr->wrote |= TEST_RUN_DATA_SIZE | TEST_RUN_RETVAL | TEST_RUN_DURATION;
	return ret;
}

u32 skep__test_once(struct session *s, struct run *run)
{
	return (u32)skep__exec(run, s->prog, s->ctx, s->tr->mode, s->fault);
}

/* Every so many runs others get a chance to see that nothing is running (RCU's grace periods). */
#define RUNS_A_TURN 1024

/* Up to one turn of runs on one CPU slot; returns how many, or -errno. */
static s64 run_turn(struct session *s, struct run *run, u64 left)
{
	struct test_run *tr = s->tr;
	u64 n = 0;

	do {
		tr->retval = s->once(s, run);
		n++;
		if (run->aborted)
			return -EFAULT;
		if (n < left && tr->interrupted && tr->interrupted(tr->opaque))
			return -EINTR;
	} while (n < left && n < RUNS_A_TURN);
	return n;
}

int skep__test_repeat(struct session *s)
{
	struct test_run *tr = s->tr;
	struct run run;
	u64 left = tr->repeat ? tr->repeat : 1, done = 0, spent = 0;

	run_begin(&run, s);
	while (left) {
		int cpu = skep__cpu_enter(tr->cpus);
		u64 start;
		s64 n;

		if (cpu < 0)
			return cpu;
		run.cpu = cpu;
		start = tr->svc->clock_ns(tr->svc->opaque, CLOCK_MONOTONIC);
		n = run_turn(s, &run, left);
		spent += tr->svc->clock_ns(tr->svc->opaque, CLOCK_MONOTONIC) - start;
		skep__cpu_exit(tr->cpus, cpu);
		if (n < 0)
			return n;
		left -= n;
		done += n;
	}
	tr->fate = run.fate;
	tr->runs = done;
	tr->time_ns = spent;
	tr->duration = min(spent / done, (u64)UINT32_MAX);
	return 0;
}

int skep__test_run_check(const struct test_run *tr)
{
	if (!tr->ctx_size_in != !tr->ctx_in || !tr->ctx_size_out != !tr->ctx_out)
		return -EINVAL;
	return 0;
}

static int run_kind(enum test_run_kind kind, struct session *s)
{
	switch (kind) {
	case TEST_RUN_XDP:
		return skep__test_run_xdp(s);
	case TEST_RUN_SKB:
		return skep__test_run_skb(s);
	case TEST_RUN_FLOW:
		return skep__test_run_flow(s);
	case TEST_RUN_SK_LOOKUP:
		return skep__test_run_sk_lookup(s);
	case TEST_RUN_NETFILTER:
		return skep__test_run_netfilter(s);
	case TEST_RUN_RAW_TP:
		return skep__test_run_raw_tp(s);
	case TEST_RUN_SYSCALL:
		return skep__test_run_syscall(s);
	case TEST_RUN_OPS:
		return skep__test_run_ops(s);
	case TEST_RUN_NONE:
	case TEST_RUN_BTF:
		break;
	}
	return -ENOTSUPP;
}

int skep__test_run(const struct prog *prog, struct test_run *tr, struct exec_fault *fault)
{
	const struct prog_type *type = skep__prog_type(prog->type);
	struct session s = { .prog = prog, .tr = tr, .fault = fault, .once = skep__test_once };
	int ret = skep__test_run_check(tr);

	tr->wrote = 0;
	tr->runs = tr->time_ns = 0;
	if (fault)
		fault->set = false;
	if (ret)
		return ret;
	if (!type || type->test_run == TEST_RUN_NONE || type->test_run == TEST_RUN_BTF)
		return -ENOTSUPP;
	s.bench = skep__test_bench_take(tr->benches);
	if (!s.bench)
		return -ENOMEM;
	ret = run_kind(type->test_run, &s);
	skep__test_bench_give(tr->benches, s.bench);
	return ret;
}
