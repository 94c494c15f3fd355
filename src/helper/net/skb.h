/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What helpers do to a packet in an skb_ctx: the kernel's skb_push, skb_pull, skb_cow and kin,
 * without its allocator. Room comes from the frame: when one side has too little and the other
 * enough, the packet moves inside the frame; when the frame is too small the answer is -ENOMEM,
 * which is the kernel's when it cannot allocate.
 */
#ifndef SKEP_HELPER_SKB_H
#define SKEP_HELPER_SKB_H

#include <arpa/inet.h>

#include "ctx/packet.h"
#include "helper/arg.h"

#define ETH_HEADER 14
#define VLAN_TAG 4
#define IPV4_HEADER 20
#define IPV6_HEADER 40

/* Ethertypes as they stand in struct skb_ctx and on the wire. */
#define PROTO_IPV4 htons(0x0800)
#define PROTO_IPV6 htons(0x86dd)
#define PROTO_VLAN htons(0x8100)
#define PROTO_SVLAN htons(0x88a8)

/* Longest packet that helpers grow one to: four pages less the kernel's bookkeeping. */
#define SKB_MAX_LEN (4 * 4096 - 320)

static inline struct skb_ctx *arg_skb(u64 reg)
{
	return (struct skb_ctx *)(uintptr_t)reg;
}

static inline u32 skb_linear(const struct skb_ctx *skb)
{
	return skb->pkt.data_end - skb->pkt.data;
}

static inline u32 skb_len(const struct skb_ctx *skb)
{
	return skep__packet_len(&skb->pkt);
}

/* Bytes that stand before data for the program alone. */
static inline u32 skb_meta_len(const struct skb_ctx *skb)
{
	return skb->pkt.data > skb->pkt.meta ? skb->pkt.data - skb->pkt.meta : 0;
}

/* Where headers begin, counted from data; may be negative. */
static inline s32 skb_network_offset(const struct skb_ctx *skb)
{
	return skb->network_header - skb->pkt.data;
}

static inline u32 skb_mac_header_len(const struct skb_ctx *skb)
{
	return skb->network_header - skb->mac_header;
}

static inline void skb_note_mac_len(struct skb_ctx *skb)
{
	skb->mac_len = skb_mac_header_len(skb);
}

static inline bool is_vlan_proto(u16 proto)
{
	return proto == PROTO_VLAN || proto == PROTO_SVLAN;
}

static inline bool skb_is_gso(const struct skb_ctx *skb)
{
	return skb->md.gso_size != 0;
}

static inline void skb_clear_hash(struct skb_ctx *skb)
{
	skb->md.hash = 0;
	skb->hash_valid = skb->l4_hash = false;
}

/*
 * The end of every helper that may move packet data: the program's view follows, and pointers into
 * the packet that it still has are stale. Passes the helper's result through.
 */
static inline u64 skb_moved(struct run *run, struct skb_ctx *skb, s64 ret)
{
	skep__skb_sync(skb);
	run->packet_gen++;
	return result(ret);
}

/* Brings the first len bytes into the linear part: 0, or -ENOMEM (the packet is shorter, no room).
 */
int skep__skb_pull_to(struct skb_ctx *skb, u64 len);

/* Makes room before data, or behind data_end: 0 or -ENOMEM. Pointers into the packet may change. */
int skep__skb_need_head(struct skb_ctx *skb, u32 bytes);
int skep__skb_need_tail(struct skb_ctx *skb, u32 bytes);

/* Moves data; there is room. Metadata in front stays in front. Headers stay where they point. */
void skep__skb_push(struct skb_ctx *skb, u32 bytes);
void skep__skb_pull(struct skb_ctx *skb, u32 bytes);

/*
 * Bytes at p (offset from data) stop or start counting into a CSUM_COMPLETE sum: called before they
 * are changed or cut off, and after.
 */
void skep__skb_csum_out(struct skb_ctx *skb, const void *p, u32 len, u32 offset);
void skep__skb_csum_in(struct skb_ctx *skb, const void *p, u32 len, u32 offset);

/* Nobody vouches for the checksum any more. */
static inline void skb_csum_reset(struct skb_ctx *skb)
{
	if (skb->ip_summed == CSUM_UNNECESSARY) {
		skb->ip_summed = CSUM_NONE;
		skb->csum_level = 0;
	}
}

#endif
