/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Test runs of netfilter programs. The packet is one that this host sends, and begins with its
 * network header; or, when the caller's context names another hook, a frame that the loopback
 * interface received, whose MAC header has been taken off. The caller gets the verdict back and no
 * data.
 */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <string.h>

#include "hook/test_run/bench.h"

#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define PROTO_IPV4 htons(0x0800)
#define PROTO_IPV6 htons(0x86dd)

/* The kernel's struct nf_hook_state, as callers lay it out. */
struct hook_state {
	u8 hook, pf;
	u64 in, out, sk, net, okfn;
};
static_assert(sizeof(struct hook_state) == 48, "struct nf_hook_state of 64-bit kernels");

/* From the caller's context, in which nothing else may be set. */
static int set_hook(struct nf_hook *hook, const struct hook_state *in)
{
	size_t pointers = offsetof(struct hook_state, in);

	if (!zero_between(in, pointers, sizeof(*in)))
		return -EINVAL;
	if (in->pf != NFPROTO_IPV4 && in->pf != NFPROTO_IPV6)
		return -EINVAL;
	hook->hook = in->hook;
	hook->pf = in->pf;
	return 0;
}

static void leaves_here(struct skb_ctx *skb, u8 pf)
{
	skb->network_header = skb->pkt.data;
	skb->protocol = pf == NFPROTO_IPV4 ? PROTO_IPV4 : PROTO_IPV6;
}

static int came_in(struct skb_ctx *skb, u8 pf)
{
	struct packet *pkt = &skb->pkt;
	u32 len = pkt->data_end - pkt->data;

	if (len < ETH_HEADER_LEN + IPV4_HEADER)
		return -EINVAL;
	memcpy(&skb->protocol, pkt->data + 12, sizeof(skb->protocol));
	if (skb->protocol != PROTO_IPV4 && skb->protocol != PROTO_IPV6)
		return -EPROTO;
	if (skb->protocol == PROTO_IPV6 && len < ETH_HEADER_LEN + IPV6_HEADER)
		return -EINVAL;
	if ((skb->protocol == PROTO_IPV4) != (pf == NFPROTO_IPV4))
		return -EINVAL;
	pkt->meta = pkt->data = skb->network_header;
	return 0;
}

int skep__test_run_netfilter(struct session *s)
{
	struct test_bench *bench = s->bench;
	struct test_run *tr = s->tr;
	struct hook_state in;
	int err;

	if (tr->flags || tr->cpu || tr->batch_size || tr->data_size_in < IPV4_HEADER ||
	    tr->data_size_in > SKB_DATA_MAX)
		return -EINVAL;
	err = skep__test_fill_frame(s);
	if (err)
		return err;
	bench->nf_hook = (struct nf_hook){ .hook = NF_INET_LOCAL_OUT, .pf = NFPROTO_IPV4 };
	err = skep__test_ctx_init(tr, &in, sizeof(in));
	if (err > 0)
		err = set_hook(&bench->nf_hook, &in);
	if (err < 0)
		return err;
	if (bench->nf_hook.hook == NF_INET_LOCAL_OUT)
		leaves_here(&bench->skb, bench->nf_hook.pf);
	else
		err = came_in(&bench->skb, bench->nf_hook.pf);
	if (err)
		return err;
	skep__skb_sync(&bench->skb);
	bench->nf = (struct bpf_nf_ctx){ &bench->nf_hook, &bench->skb };
	s->ctx = &bench->nf;
	err = skep__test_repeat(s);
	return err ? err : skep__test_data_finish(tr, NULL, 0, NULL);
}
