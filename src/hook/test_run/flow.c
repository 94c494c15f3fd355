/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Test runs of flow dissectors: the program finds the headers of a frame and writes what it found
 * into flow keys, which come back as data. Offsets that it claims are held within the frame.
 */
#include <string.h>

#include "hook/test_run/bench.h"

static u16 clamp16(u16 value, u16 low, u16 high)
{
	return value < low ? low : value > high ? high : value;
}

/* A run starts with keys that know the ethertype and where the network header is. */
static u32 dissect_once(struct session *s, struct run *run)
{
	struct bpf_flow_keys *keys = &s->bench->flow_keys;
	const struct packet *pkt = &s->bench->skb.pkt;
	u16 end = min((u64)(pkt->data_end - pkt->data), (u64)UINT16_MAX);
	u32 ret;

	*keys = (struct bpf_flow_keys){
		.nhoff = ETH_HEADER_LEN,
		.thoff = ETH_HEADER_LEN,
		.n_proto = s->bench->skb.protocol,
		.flags = s->bench->flow_flags,
	};
	ret = skep__test_once(s, run);
	keys->nhoff = clamp16(keys->nhoff, ETH_HEADER_LEN, end);
	keys->thoff = clamp16(keys->thoff, keys->nhoff, end);
	return ret;
}

static bool only_flags_set(const struct bpf_flow_keys *ctx)
{
	size_t flags = offsetof(struct bpf_flow_keys, flags);

	return all_zero(ctx, flags) && zero_between(ctx, flags + sizeof(ctx->flags), sizeof(*ctx));
}

static int fill(struct session *s)
{
	struct skb_ctx *skb = &s->bench->skb;
	u8 *data = s->bench->skb_frame + SKB_FRAME_HEAD;

	memset(skb, 0, sizeof(*skb));
	skb->pkt.frame = skb->pkt.meta = skb->pkt.data = data;
	skb->pkt.frame_end = skb->pkt.data_end = data + s->tr->data_size_in;
	skb->mac_header = data;
	skb->network_header = data + ETH_HEADER_LEN;
	skb->md.flow_keys = &s->bench->flow_keys;
	if (user_read(s->tr, data, s->tr->data_in, s->tr->data_size_in))
		return -EFAULT;
	memcpy(&skb->protocol, data + 12, 2);
	return 0;
}

int skep__test_run_flow(struct session *s)
{
	struct test_run *tr = s->tr;
	struct bpf_flow_keys ctx;
	int have_ctx, err;

	if (tr->flags || tr->cpu || tr->batch_size)
		return -EINVAL;
	if (tr->data_size_in < ETH_HEADER_LEN || tr->data_size_in > TEST_PAGE)
		return -EINVAL;
	err = fill(s);
	if (err)
		return err;
	have_ctx = skep__test_ctx_init(tr, &ctx, sizeof(ctx));
	if (have_ctx < 0)
		return have_ctx;
	if (!only_flags_set(&ctx))
		return -EINVAL;
	s->bench->flow_flags = ctx.flags;
	skep__skb_sync(&s->bench->skb);
	s->ctx = &s->bench->skb.md;
	s->once = dissect_once;
	err = skep__test_repeat(s);
	if (err)
		return err;
	err = skep__test_data_finish(tr, &s->bench->flow_keys, sizeof(struct bpf_flow_keys), NULL);
	if (!err && have_ctx)
		err = skep__test_ctx_finish(tr, &ctx, sizeof(ctx));
	return err;
}
