/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes behind dynptrs of packets: `data` is the context. A packet may have become shorter
 * since the dynptr was made, so what lies within the dynptr need not lie within the packet.
 */
#include <string.h>

#include "helper/dynptr.h"
#include "helper/net/skb.h"

#define XDP_MAX 0xffffu

/* ---- skb ------------------------------------------------------------------------------------- */

static s64 skb_read(void *data, u32 off, void *to, u32 len, struct run *run)
{
	return (s64)skep__helper_skb_load_bytes(result_ptr(data), off, result_ptr(to), len, 0, run);
}

static s64 skb_write(void *data, u32 off, const void *from, u32 len, u64 flags, struct run *run)
{
	return (s64)skep__helper_skb_store_bytes(result_ptr(data), off, result_ptr(from), len,
						 flags, run);
}

static void *skb_slice(void *data, u32 off, void *buf, u32 len)
{
	const struct skb_ctx *skb = data;

	if ((u64)off + len <= skb_linear(skb))
		return skb->pkt.data + off;
	return buf && skep__packet_read(&skb->pkt, off, buf, len) ? buf : NULL;
}

const struct dynptr_ops skep__dynptr_skb = { skb_read, skb_write, skb_slice };

/* ---- what stands in front of an skb's headers ------------------------------------------------ */

static u8 *meta_at(const struct skb_ctx *skb, u32 off, u32 len)
{
	return (u64)off + len <= skb_meta_len(skb) ? skb->pkt.meta + off : NULL;
}

static s64 meta_read(void *data, u32 off, void *to, u32 len, struct run *run)
{
	const u8 *from = meta_at(data, off, len);

	(void)run;
	if (!from)
		return -EFAULT;
	memmove(to, from, len);
	return 0;
}

static s64 meta_write(void *data, u32 off, const void *from, u32 len, u64 flags, struct run *run)
{
	u8 *to = meta_at(data, off, len);

	(void)run;
	if (flags)
		return -EINVAL;
	if (!to)
		return -EFAULT;
	memmove(to, from, len);
	return 0;
}

static void *meta_slice(void *data, u32 off, void *buf, u32 len)
{
	(void)buf;
	return meta_at(data, off, len);
}

const struct dynptr_ops skep__dynptr_skb_meta = { meta_read, meta_write, meta_slice };

/* ---- XDP ------------------------------------------------------------------------------------- */

static s64 xdp_read(void *data, u32 off, void *to, u32 len, struct run *run)
{
	return (s64)skep__helper_xdp_load_bytes(result_ptr(data), off, result_ptr(to), len, 0, run);
}

static s64 xdp_write(void *data, u32 off, const void *from, u32 len, u64 flags, struct run *run)
{
	if (flags)
		return -EINVAL;
	return (s64)skep__helper_xdp_store_bytes(result_ptr(data), off, result_ptr(from), len, 0,
						 run);
}

/* The piece of the packet that off is in; *off becomes the offset in it. */
static u8 *piece_at(const struct packet *pkt, u32 *off, u32 *size)
{
	*size = pkt->data_end - pkt->data;
	if (*off < *size)
		return pkt->data;
	*off -= *size;
	for (u32 i = 0; i < pkt->nr_frags; i++) {
		*size = pkt->frags[i].len;
		if (*off < *size)
			return pkt->frags[i].data;
		*off -= *size;
	}
	return NULL;
}

static u8 *in_one_piece(const struct packet *pkt, u32 off, u32 len)
{
	u32 size;
	u8 *piece;

	if (off > XDP_MAX || len > XDP_MAX || off + len > skep__packet_len(pkt))
		return NULL;
	piece = piece_at(pkt, &off, &size);
	return piece && len <= size - off ? piece + off : NULL;
}

/* As in the kernel, a copy is returned whatever there was to copy. */
static void *xdp_slice(void *data, u32 off, void *buf, u32 len)
{
	const struct packet *pkt = &((struct xdp_ctx *)data)->pkt;
	u8 *at = in_one_piece(pkt, off, len);
	u32 total = skep__packet_len(pkt);

	if (at || !buf)
		return at;
	if (off < total)
		skep__packet_read(pkt, off, buf, min(len, total - off));
	return buf;
}

const struct dynptr_ops skep__dynptr_xdp = { xdp_read, xdp_write, xdp_slice };
