// SPDX-License-Identifier: BSD-2-Clause
/* Netfilter programs: what they see of the packet and of the hook, of which the kernel's structs
 * have more than stands here. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "told.h"

#define KERNELS __attribute__((preserve_access_index))
#define LOCAL_IN 1
#define LOCAL_OUT 3
#define IPV4 2

struct sk_buff {
	unsigned int len, hash, priority, mark;
	__u16 queue_mapping, protocol, tc_index;
	int skb_iif;
} KERNELS;

struct net_device {
	int ifindex;
} KERNELS;

struct nf_hook_state {
	__u8 hook, pf;
	struct net_device *in, *out;
	void *sk, *net;
} KERNELS;

struct bpf_nf_ctx {
	const struct nf_hook_state *state;
	struct sk_buff *skb;
};

extern int bpf_dynptr_from_skb(struct sk_buff *skb, __u64 flags,
			       struct bpf_dynptr *ptr) __ksym __weak;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *ptr, __u32 offset, void *buffer,
			      __u32 size) __ksym __weak;
extern __u32 bpf_dynptr_size(const struct bpf_dynptr *ptr) __ksym __weak;
extern _Bool bpf_dynptr_is_rdonly(const struct bpf_dynptr *ptr) __ksym __weak;

/* Each of these is a bug of its own: a run tells the first. */
int told;
#define HOLDS(what, number)                                                                        \
	if (!(what)) {                                                                             \
		told = number;                                                                     \
		return 0;                                                                          \
	}

SEC("netfilter")
RETURNS(1)
LEAVES(0)
int a_packet_is_sent_when_nobody_says_more(struct bpf_nf_ctx *ctx)
{
	HOLDS(ctx->state->hook == LOCAL_OUT, 1)
	HOLDS(ctx->state->pf == IPV4, 2)
	HOLDS(ctx->skb->len == 64, 3)
	HOLDS(ctx->skb->protocol == 8, 4)
	return 1;
}

SEC("netfilter")
RETURNS(1)
LEAVES(0)
HOOK(1)
int a_packet_that_came_in_has_lost_its_mac_header(struct bpf_nf_ctx *ctx)
{
	HOLDS(ctx->state->hook == LOCAL_IN, 1)
	HOLDS(ctx->state->pf == IPV4, 2)
	HOLDS(ctx->skb->len == 50, 3)
	HOLDS(ctx->skb->protocol == 8, 4)
	return 1;
}

SEC("netfilter")
RETURNS(1)
LEAVES(0)
HOOK(2)
int the_packet_is_a_bare_one(struct bpf_nf_ctx *ctx)
{
	HOLDS(!ctx->skb->mark && !ctx->skb->priority, 1)
	HOLDS(!ctx->skb->hash && !ctx->skb->queue_mapping, 2)
	HOLDS(!ctx->skb->tc_index && !ctx->skb->skb_iif, 3)
	HOLDS(!ctx->state->in && !ctx->state->sk && !ctx->state->net, 4)
	return 1;
}

SEC("netfilter")
RETURNS(1)
LEAVES(0)
HOOK(1)
PACKET(300)
int the_packets_bytes_are_read_by_a_dynptr(struct bpf_nf_ctx *ctx)
{
	struct bpf_dynptr ptr;
	__u8 buffer[16], last, *head;

	HOLDS(!bpf_dynptr_from_skb(ctx->skb, 0, &ptr), 1)
	HOLDS(bpf_dynptr_size(&ptr) == 286, 2)
	head = bpf_dynptr_slice(&ptr, 0, buffer, sizeof(buffer));
	HOLDS(head, 3)
	HOLDS(head[0] == 0x45 && head[15] == 29, 4)
	HOLDS(!bpf_dynptr_read(&last, 1, &ptr, 285, 0), 5)
	HOLDS(last == (__u8)299, 6)
	HOLDS(bpf_dynptr_read(&last, 1, &ptr, 286, 0), 7)
	HOLDS(!bpf_dynptr_slice(&ptr, 280, buffer, sizeof(buffer)), 8)
	return 1;
}

SEC("netfilter")
RETURNS(1)
LEAVES(0)
int the_packet_is_not_for_writing(struct bpf_nf_ctx *ctx)
{
	struct bpf_dynptr ptr;
	__u8 byte = 1, was;

	HOLDS(!bpf_dynptr_from_skb(ctx->skb, 0, &ptr), 1)
	HOLDS(bpf_dynptr_is_rdonly(&ptr), 2)
	HOLDS(bpf_dynptr_write(&ptr, 3, &byte, 1, 0) == -22, 3)
	HOLDS(!bpf_dynptr_read(&was, 1, &ptr, 3, 0), 4)
	HOLDS(!was, 5)
	return 1;
}

/* There is no struct net_device here: what skep does not have, it does not make up. */
SEC("netfilter")
STOPPED("which is not for programs to look into")
HOOK(3)
int the_interface_that_it_leaves_by_is_not_there(struct bpf_nf_ctx *ctx)
{
	return ctx->state->out && ctx->state->out->ifindex == 1;
}

SEC("netfilter")
STOPPED("holds a number and no pointer")
int nor_is_one_that_it_came_in_by(struct bpf_nf_ctx *ctx)
{
	return ctx->state->in->ifindex == 1;
}

static __attribute__((noinline)) int length(struct bpf_nf_ctx *ctx)
{
	struct sk_buff *skb = ctx->skb;

	return skb->len;
}

SEC("netfilter")
RETURNS(1)
PACKET(100)
int functions_see_the_packet_too(struct bpf_nf_ctx *ctx)
{
	return length(ctx) == 100;
}

SEC("netfilter")
REFUSED("only read is supported")
int the_hook_is_not_for_writing(struct bpf_nf_ctx *ctx)
{
	((struct nf_hook_state *)ctx->state)->pf = 1;
	return 1;
}

SEC("netfilter")
REFUSED("kernel function bpf_dynptr_from_skb args#0 expected pointer to STRUCT __sk_buff but R1 "
	"has a pointer to STRUCT nf_hook_state")
int the_hook_is_no_packet(struct bpf_nf_ctx *ctx)
{
	struct bpf_dynptr ptr;

	return bpf_dynptr_from_skb((void *)ctx->state, 0, &ptr) == 0;
}

char _license[] SEC("license") = "GPL";
