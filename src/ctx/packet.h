/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A packet in memory, and the two contexts that programs see it through. The linear part is
 * [data, data_end) inside a frame of low memory with head- and tailroom; what does not fit lies in
 * fragments. The 64-bit pointers in struct packet are the truth; whoever moves them calls the
 * skep__*_sync of the context, which copies them into the 32-bit fields the program reads.
 */
#ifndef SKEP_CTX_PACKET_H
#define SKEP_CTX_PACKET_H

#include "base/types.h"
#include "base/uapi.h"

#define PACKET_MAX_FRAGS 17 /* the kernel's MAX_SKB_FRAGS */
#define PACKET_SINFO_SIZE 320 /* bytes its skb_shared_info takes at the end of a frame */
#define PACKET_XDP_FRAME 40 /* and its xdp_frame at the start */
#define PACKET_ETH_HEADER 14 /* no packet gets shorter */

struct packet_frag {
	u8 *data; /* low memory too */
	u32 len, room;
};

struct packet {
	/* The linear part's memory: frame <= meta <= data <= data_end <= frame_end. */
	u8 *frame, *frame_end;
	u8 *meta, *data, *data_end; /* meta == data when there is no metadata */
	u32 nr_frags;
	struct packet_frag frags[PACKET_MAX_FRAGS];
};

/* Bytes of packet data, fragments included. */
u32 skep__packet_len(const struct packet *pkt);
/* Copies [off, off + len) of the packet, across fragments; false, and nothing done, when out of
 * range. */
bool skep__packet_read(const struct packet *pkt, u32 off, void *to, u32 len);
bool skep__packet_write(struct packet *pkt, u32 off, const void *from, u32 len);

struct xdp_ctx {
	struct xdp_md md; /* first: R1 points here */
	struct packet pkt;
	bool has_frags; /* the program was loaded with BPF_F_XDP_HAS_FRAGS */
};

/* Tunnel metadata of a packet: what it arrived with, or what the program gave it to leave with. */
enum tunnel_mode { TUNNEL_NONE, TUNNEL_RX, TUNNEL_TX };

#define TUNNEL_OPTS_MAX 255

struct skb_tunnel {
	enum tunnel_mode mode;
	bool ipv6; /* addresses are 16 bytes, else the first 4 */
	u8 tos, ttl, opts_len; /* options: TUNNEL_RX, or set by the program */
	u16 flags; /* TUNNEL_CSUM and so on of if_tunnel.h, host byte order */
	u32 id, label;
	u8 src[16], dst[16]; /* as on the wire */
	u8 opts[TUNNEL_OPTS_MAX];
};

/* Values of skb_ctx.ip_summed: what is known of the packet's checksum. */
enum csum_state { CSUM_NONE, CSUM_UNNECESSARY, CSUM_COMPLETE, CSUM_PARTIAL };

/* The kernel's sk_buff, as far as programs can tell. */
struct skb_ctx {
	struct __sk_buff md; /* first: R1 points here */
	struct packet pkt;
	/*
	 * Always inside the frame; they may lie before data (a MAC header already taken off) and,
	 * after a program cut the packet, past data_end. transport_header: NULL when not known.
	 */
	u8 *mac_header, *network_header, *transport_header;
	u16 protocol; /* network byte order */
	u16 mac_len; /* MAC header's, as last noted; 0: not yet */
	u16 vlan_proto, vlan_tci; /* hardware-accelerated tag, when vlan_present */
	bool vlan_present;
	bool hash_valid, l4_hash;
	u8 pkt_type, encapsulation;
	u8 ip_summed; /* enum csum_state */
	u8 csum_level; /* of CSUM_UNNECESSARY */
	u32 csum; /* CSUM_COMPLETE: ones' complement sum from the network header on */
	bool is_l2; /* data starts at the MAC header (sched_cls), else at the network header */
	struct skb_tunnel tunnel;
	struct bpf_sock sock; /* what md.sk points to, when it is not NULL */
};

/*
 * Copies what the private part says into the struct that the program reads: of XDP the packet
 * pointers; of an skb those, its length, protocol, type and VLAN tag. Whoever changes the private
 * part calls it.
 */
void skep__xdp_sync(struct xdp_ctx *x);
void skep__skb_sync(struct skb_ctx *skb);

#endif
