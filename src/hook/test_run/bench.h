/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inside of test runs. A session is one bpf(2) call; its bench is the memory that programs see:
 * contexts, frames and fragments, all below 4 GiB. Benches are reused, so that a run maps nothing,
 * and only what a program could see of an earlier run is cleared.
 */
#ifndef SKEP_HOOK_TEST_RUN_BENCH_H
#define SKEP_HOOK_TEST_RUN_BENCH_H

#include <string.h>

#include "base/zero.h"
#include "ctx/netfilter.h"
#include "helper/storage.h"
#include "hook/test_run.h"

#define TEST_PAGE 4096
#define ETH_HEADER_LEN PACKET_ETH_HEADER
#define XDP_HEADROOM 256
#define SKB_HEADROOM 64
#define SKB_DATA_MAX (TEST_PAGE - SKB_HEADROOM - PACKET_SINFO_SIZE)
#define SKB_FRAME_SIZE (64 << 10) /* more than helpers can grow a packet to */
#define SKB_FRAME_HEAD (20 << 10) /* of it in front of the packet */
#define PLAIN_CTX_SIZE (65536 + 8) /* syscall programs reach this far */

struct test_bench {
	struct xdp_ctx xdp;
	struct skb_ctx skb;
	struct bpf_nf_ctx nf;
	struct nf_hook nf_hook;
	struct bpf_flow_keys flow_keys;
	u32 flow_flags; /* that every dissection starts with */
	struct bpf_sk_lookup sk_lookup;
	u8 xdp_frame[TEST_PAGE];
	u8 frags[PACKET_MAX_FRAGS][TEST_PAGE];
	u8 skb_frame[SKB_FRAME_SIZE];
	u8 plain[PLAIN_CTX_SIZE];
	struct run_storage storage;
};

struct session {
	const struct prog *prog;
	struct test_run *tr;
	struct test_bench *bench;
	struct exec_fault *fault;
	void *ctx; /* R1 */
	/* One run and what belongs to it, returning the retval. */
	u32 (*once)(struct session *s, struct run *run);
};

struct test_bench *skep__test_bench_take(struct test_benches *benches); /* NULL: no memory */
void skep__test_bench_give(struct test_benches *benches, struct test_bench *bench);

/*
 * A context of the given size from ctx_in, zero-extended. 1: filled; 0: neither ctx_in nor ctx_out
 * was given, buf is zero; -E2BIG when ctx_in has more that is not zero; -EFAULT.
 */
int skep__test_ctx_init(struct test_run *tr, void *buf, u32 size);
int skep__test_ctx_finish(struct test_run *tr, const void *buf, u32 size); /* 0, -ENOSPC, -EFAULT */

/* Copies out linear bytes and then the fragments (frags may be NULL): 0, -ENOSPC, -EFAULT. */
int skep__test_data_finish(struct test_run *tr, const void *linear, u32 size,
			   const struct packet *frags);

/* The data as a frame in the bench's skb, which is cleared: its MAC header, and the network header
 * behind. 0 or -EFAULT. */
int skep__test_fill_frame(struct session *s);

/* Runs s->once as often as asked for; fills retval, duration and fate. 0, -EINTR, -EBUSY, -EFAULT.
 */
int skep__test_repeat(struct session *s);

/* s->once of most types: runs the program and nothing else. */
u32 skep__test_once(struct session *s, struct run *run);

/* How each kind of program type is fed. */
int skep__test_run_xdp(struct session *s);
int skep__test_run_skb(struct session *s);
int skep__test_run_flow(struct session *s);
int skep__test_run_sk_lookup(struct session *s);
int skep__test_run_netfilter(struct session *s);
int skep__test_run_raw_tp(struct session *s);
int skep__test_run_syscall(struct session *s);
int skep__test_run_ops(struct session *s);

/* A run as exec wants it. Its records, a kilobyte of them, are left to exec, which knows that there
 * are none. */
static inline void run_begin(struct run *run, struct session *s)
{
	const struct test_run *tr = s->tr;

	memset(run, 0, offsetof(struct run, records));
	run->svc = tr->svc;
	run->net = tr->net;
	run->watch = tr->watch;
	run->storage = &s->bench->storage;
	run_storage_init(run->storage);
}

/* The caller's memory; nothing is asked of it when there is nothing to copy. */
static inline int user_read(const struct test_run *tr, void *to, u64 addr, size_t len)
{
	return len ? tr->user.read(tr->user.opaque, to, addr, len) : 0;
}

static inline int user_write(const struct test_run *tr, u64 addr, const void *from, size_t len)
{
	return len ? tr->user.write(tr->user.opaque, addr, from, len) : 0;
}

static inline bool zero_between(const void *p, size_t from, size_t to)
{
	return all_zero((const u8 *)p + from, to - from);
}

#endif
