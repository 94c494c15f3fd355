/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The classic packet loads (ld_abs, ld_ind): big-endian, anywhere in the packet, fragments
 * included; negative offsets reach from the network header or from the link layer's, as in classic
 * filters.
 */
#include <endian.h>
#include <linux/filter.h>
#include <string.h>

#include "ctx/packet.h"
#include "exec/exec.h"

/* The offset from the start of the packet's data; false when there is no such place. */
static bool convert_offset(const struct skb_ctx *skb, s32 off, s64 *converted)
{
	if (off >= 0)
		*converted = off;
	else if (off >= SKF_NET_OFF)
		*converted = (s64)off - SKF_NET_OFF + (skb->network_header - skb->pkt.data);
	else if (off >= SKF_LL_OFF)
		*converted = (s64)off - SKF_LL_OFF + (skb->mac_header - skb->pkt.data);
	else
		return false;
	return true;
}

static bool copy(const struct packet *pkt, s64 off, void *to, u32 size)
{
	if (pkt->data_end - pkt->data - off >= size) {
		if (pkt->data - pkt->frame + off < 0)
			return false;
		memcpy(to, pkt->data + off, size);
		return true;
	}
	return off >= 0 && off <= UINT32_MAX && skep__packet_read(pkt, off, to, size);
}

s64 skep__packet_load(const void *ctx, s32 off, u32 size)
{
	const struct skb_ctx *skb = ctx;
	union {
		u8 byte;
		u16 half;
		u32 word;
	} v;
	s64 at;

	if (!convert_offset(skb, off, &at) || !copy(&skb->pkt, at, &v, size))
		return -EFAULT;
	return size == 1 ? v.byte : size == 2 ? be16toh(v.half) : be32toh(v.word);
}
