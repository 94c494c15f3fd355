/* SPDX-License-Identifier: BSD-2-Clause */
/* Room in and around a packet's linear part; see skb.h. */
#include <string.h>

#include "helper/net/checksum.h"
#include "helper/net/skb.h"

int skep__skb_pull_to(struct skb_ctx *skb, u64 len)
{
	struct packet *pkt = &skb->pkt;
	u32 linear = skb_linear(skb), need, kept = 0;
	int err;

	if (len <= linear)
		return 0;
	if (len > skb_len(skb))
		return -ENOMEM;
	need = len - linear;
	err = skep__skb_need_tail(skb, need);
	if (err)
		return err;
	for (u32 i = 0; i < pkt->nr_frags; i++) {
		struct packet_frag frag = pkt->frags[i];
		u32 take = min(need, frag.len);

		memcpy(pkt->data_end, frag.data, take);
		pkt->data_end += take;
		need -= take;
		frag.data += take;
		frag.len -= take;
		frag.room -= take;
		if (frag.len)
			pkt->frags[kept++] = frag;
	}
	pkt->nr_frags = kept;
	return 0;
}

/* Moves everything in use inside the frame by so many bytes (negative: down); there is room. */
static void slide(struct skb_ctx *skb, u8 *low, ptrdiff_t by)
{
	struct packet *pkt = &skb->pkt;

	memmove(low + by, low, pkt->data_end - low);
	pkt->meta += by;
	pkt->data += by;
	pkt->data_end += by;
	skb->mac_header += by;
	skb->network_header += by;
	if (skb->transport_header)
		skb->transport_header += by;
}

/* The first byte in use: a header that was taken off already still belongs to the packet. */
static u8 *lowest(const struct skb_ctx *skb)
{
	u8 *low = min(skb->pkt.meta, skb->pkt.data);

	if (skb->mac_header >= skb->pkt.frame)
		low = min(low, skb->mac_header);
	if (skb->network_header >= skb->pkt.frame)
		low = min(low, skb->network_header);
	return low;
}

int skep__skb_need_head(struct skb_ctx *skb, u32 bytes)
{
	struct packet *pkt = &skb->pkt;
	u32 meta = pkt->data - pkt->meta, head = pkt->data - pkt->frame, missing;

	if (head >= bytes + (u64)meta)
		return 0;
	missing = bytes + meta - head;
	if ((u64)(pkt->frame_end - pkt->data_end) < missing)
		return -ENOMEM;
	slide(skb, lowest(skb), missing);
	return 0;
}

int skep__skb_need_tail(struct skb_ctx *skb, u32 bytes)
{
	struct packet *pkt = &skb->pkt;
	u32 tail = pkt->frame_end - pkt->data_end, missing;
	u8 *low;

	if (tail >= bytes)
		return 0;
	missing = bytes - tail;
	low = lowest(skb);
	if ((u64)(low - pkt->frame) < missing)
		return -ENOMEM;
	slide(skb, low, -(ptrdiff_t)missing);
	return 0;
}

static void move_data(struct skb_ctx *skb, ptrdiff_t by)
{
	struct packet *pkt = &skb->pkt;

	memmove(pkt->meta + by, pkt->meta, pkt->data - pkt->meta);
	pkt->meta += by;
	pkt->data += by;
}

void skep__skb_push(struct skb_ctx *skb, u32 bytes)
{
	move_data(skb, -(ptrdiff_t)bytes);
}

void skep__skb_pull(struct skb_ctx *skb, u32 bytes)
{
	move_data(skb, bytes);
}

void skep__skb_csum_out(struct skb_ctx *skb, const void *p, u32 len, u32 offset)
{
	if (skb->ip_summed == CSUM_COMPLETE)
		skb->csum = csum_sub(skb->csum, csum_shift(skep__csum_partial(p, len, 0), offset));
}

void skep__skb_csum_in(struct skb_ctx *skb, const void *p, u32 len, u32 offset)
{
	if (skb->ip_summed == CSUM_COMPLETE)
		skb->csum = csum_add(skb->csum, csum_shift(skep__csum_partial(p, len, 0), offset));
}
