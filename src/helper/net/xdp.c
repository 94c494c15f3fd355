/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helpers that move or copy the bytes of an XDP frame. The kernel keeps 40 bytes at the start of
 * the headroom and 320 at the end of the page for itself; bounds here are those that it leaves
 * programs.
 */
#include <string.h>

#include "ctx/packet.h"
#include "helper/arg.h"

#define METADATA_MAX 255
#define COPY_MAX 0xffff /* offset and length of one copy */

static struct xdp_ctx *arg_xdp(u64 reg)
{
	return (struct xdp_ctx *)(uintptr_t)reg;
}

/* The end of helpers that move data: the program's view follows, its old packet pointers are stale.
 */
static u64 moved(struct run *run, struct xdp_ctx *x)
{
	skep__xdp_sync(x);
	run->packet_gen++;
	return 0;
}

DEFINE_HELPER(xdp_adjust_head)
{
	struct xdp_ctx *x = arg_xdp(r1);
	struct packet *pkt = &x->pkt;
	s64 by = (s32)r2, meta = pkt->data - pkt->meta;
	s64 front = pkt->data - pkt->frame, len = pkt->data_end - pkt->data;

	if (front + by < PACKET_XDP_FRAME + meta || by > len - PACKET_ETH_HEADER)
		return result(-EINVAL);
	if (meta)
		memmove(pkt->meta + by, pkt->meta, meta);
	pkt->meta += by;
	pkt->data += by;
	return moved(run, x);
}

DEFINE_HELPER(xdp_adjust_meta)
{
	struct xdp_ctx *x = arg_xdp(r1);
	struct packet *pkt = &x->pkt;
	s64 by = (s32)r2, len = pkt->data - pkt->meta - by;

	if (pkt->meta - pkt->frame + by < PACKET_XDP_FRAME || len < 0)
		return result(-EINVAL);
	if (len % 4 || len > METADATA_MAX)
		return result(-EACCES);
	pkt->meta += by;
	return moved(run, x);
}

/* The last fragment grows, with zeros. */
static s64 grow_frags(struct packet *pkt, u32 by)
{
	struct packet_frag *last = &pkt->frags[pkt->nr_frags - 1];

	if (by > last->room - last->len)
		return -EINVAL;
	memset(last->data + last->len, 0, by);
	last->len += by;
	return 0;
}

/*
 * Fragments go from the last one on; what is left to cut after them all is cut from the linear
 * part. A step of INT_MIN has no positive counterpart: the kernel then cuts nothing and is content,
 * and so are we.
 */
static s64 shrink_frags(struct packet *pkt, s32 by)
{
	if (by > (s32)skep__packet_len(pkt) - PACKET_ETH_HEADER)
		return -EINVAL;
	while (pkt->nr_frags && by > 0) {
		struct packet_frag *last = &pkt->frags[pkt->nr_frags - 1];
		u32 cut = min((u32)by, last->len);

		by -= cut;
		if (cut < last->len) {
			last->len -= cut;
			break;
		}
		pkt->nr_frags--;
	}
	if (!pkt->nr_frags)
		pkt->data_end -= by;
	return 0;
}

static s64 resize_linear(struct packet *pkt, s64 by)
{
	if (by > pkt->frame_end - pkt->data_end)
		return -EINVAL;
	if (pkt->data_end - pkt->data + by < PACKET_ETH_HEADER)
		return -EINVAL;
	if (by > 0)
		memset(pkt->data_end, 0, by);
	pkt->data_end += by;
	return 0;
}

DEFINE_HELPER(xdp_adjust_tail)
{
	struct xdp_ctx *x = arg_xdp(r1);
	s64 by = (s32)r2, err;

	if (!x->pkt.nr_frags)
		err = resize_linear(&x->pkt, by);
	else if (by < 0)
		err = shrink_frags(&x->pkt, (s32)(0 - (u32)r2));
	else
		err = grow_frags(&x->pkt, by);
	return err ? result(err) : moved(run, x);
}

DEFINE_HELPER(xdp_get_buff_len)
{
	return skep__packet_len(&arg_xdp(r1)->pkt);
}

DEFINE_HELPER(xdp_load_bytes)
{
	u32 off = (u32)r2, len = (u32)r4;

	if (off > COPY_MAX || len > COPY_MAX)
		return result(-EFAULT);
	return skep__packet_read(&arg_xdp(r1)->pkt, off, arg_ptr(r3), len) ? 0 : result(-EINVAL);
}

DEFINE_HELPER(xdp_store_bytes)
{
	u32 off = (u32)r2, len = (u32)r4;

	if (off > COPY_MAX || len > COPY_MAX)
		return result(-EFAULT);
	return skep__packet_write(&arg_xdp(r1)->pkt, off, arg_ptr(r3), len) ? 0 : result(-EINVAL);
}
