/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes of a packet wherever they lie, and the copies of its pointers that programs read. Copying
 * is all or nothing: a range that does not lie within the packet changes no byte.
 */
#include <string.h>

#include "ctx/packet.h"

static u32 linear_len(const struct packet *pkt)
{
	return pkt->data_end - pkt->data;
}

u32 skep__packet_len(const struct packet *pkt)
{
	u32 len = linear_len(pkt);

	for (u32 i = 0; i < pkt->nr_frags; i++)
		len += pkt->frags[i].len;
	return len;
}

/* Copies between buf and the part of one piece that [*off, ...) covers; moves on past the piece. */
static void copy_piece(u8 *piece, u32 piece_len, u32 *off, u8 **buf, u32 *left, bool into_packet)
{
	u32 n;

	if (*off >= piece_len) {
		*off -= piece_len;
		return;
	}
	n = min(*left, piece_len - *off);
	if (into_packet)
		memcpy(piece + *off, *buf, n);
	else
		memcpy(*buf, piece + *off, n);
	*buf += n;
	*left -= n;
	*off = 0;
}

static bool copy(const struct packet *pkt, u32 off, u8 *buf, u32 len, bool into_packet)
{
	if ((u64)off + len > skep__packet_len(pkt))
		return false;
	copy_piece(pkt->data, linear_len(pkt), &off, &buf, &len, into_packet);
	for (u32 i = 0; i < pkt->nr_frags && len; i++)
		copy_piece(pkt->frags[i].data, pkt->frags[i].len, &off, &buf, &len, into_packet);
	return true;
}

bool skep__packet_read(const struct packet *pkt, u32 off, void *to, u32 len)
{
	return copy(pkt, off, to, len, false);
}

bool skep__packet_write(struct packet *pkt, u32 off, const void *from, u32 len)
{
	return copy(pkt, off, (u8 *)from, len, true);
}

static u32 low(const u8 *p)
{
	return (u32)(uintptr_t)p;
}

void skep__xdp_sync(struct xdp_ctx *x)
{
	x->md.data = low(x->pkt.data);
	x->md.data_end = low(x->pkt.data_end);
	x->md.data_meta = low(x->pkt.meta);
}

void skep__skb_sync(struct skb_ctx *skb)
{
	struct __sk_buff *md = &skb->md;

	md->data = low(skb->pkt.data);
	md->data_end = low(skb->pkt.data_end);
	md->data_meta = low(skb->pkt.meta);
	md->len = skep__packet_len(&skb->pkt);
	md->pkt_type = skb->pkt_type;
	md->protocol = skb->protocol;
	md->vlan_present = skb->vlan_present;
	md->vlan_tci = skb->vlan_present ? skb->vlan_tci : 0;
	md->vlan_proto = skb->vlan_present ? skb->vlan_proto : 0;
}
