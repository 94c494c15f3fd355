/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Test runs of programs that see a __sk_buff. The data is an Ethernet frame that the loopback
 * interface (or the context's ifindex) received; TC programs see it from the MAC header on, the
 * others from the network header on and get fourteen zero bytes in its place back.
 */
#include <arpa/inet.h>
#include <string.h>

#include "ctx/ctx.h"
#include "helper/net/checksum.h"
#include "hook/test_run/bench.h"

#define PROTO_IPV4 htons(0x0800)
#define PROTO_IPV6 htons(0x86dd)
#define PROTO_802_3 htons(0x0001) /* the kernel's names for frames without an ethertype */
#define PROTO_802_2 htons(0x0004)
#define MIN_ETHERTYPE 0x0600
#define WIRE_LEN_MAX 65536
#define GSO_SEGS_MAX 65535
#define STATE_CLOSE 7 /* of a TCP socket that is not connected */
#define OFFSET_OF(f) offsetof(struct __sk_buff, f)
#define OFFSET_PAST(f) (OFFSET_OF(f) + sizeof(((struct __sk_buff *)0)->f))

enum { PKT_HOST, PKT_BROADCAST, PKT_MULTICAST, PKT_OTHERHOST };

static u16 read16(const u8 *p)
{
	u16 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* For whom the frame is, by its destination address. (The loopback interface knows no broadcast.)
 */
static u8 addressee(const u8 *frame, const struct skep_net_link *link)
{
	static const u8 everybody[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	if (frame[0] & 1)
		return link->ifindex == SKEP_LOOPBACK || memcmp(frame, everybody, 6)
			       ? PKT_MULTICAST
			       : PKT_BROADCAST;
	return memcmp(frame, link->mac, 6) ? PKT_OTHERHOST : PKT_HOST;
}

static u16 protocol_of(const u8 *frame, u32 len)
{
	u16 type = read16(frame + 12);

	if (ntohs(type) >= MIN_ETHERTYPE)
		return type;
	/* Novell's raw frames begin with a checksum of all ones. */
	if (len >= ETH_HEADER_LEN + 2 && read16(frame + ETH_HEADER_LEN) == 0xffff)
		return PROTO_802_3;
	return PROTO_802_2;
}

int skep__test_fill_frame(struct session *s)
{
	struct skb_ctx *skb = &s->bench->skb;
	struct packet *pkt = &skb->pkt;
	u8 *frame = s->bench->skb_frame, *data = frame + SKB_FRAME_HEAD;

	memset(data - SKB_HEADROOM, 0, SKB_HEADROOM);
	memset(skb, 0, sizeof(*skb));
	pkt->frame = frame;
	pkt->frame_end = frame + SKB_FRAME_SIZE;
	pkt->meta = pkt->data = data;
	pkt->data_end = data + s->tr->data_size_in;
	skb->mac_header = data;
	skb->network_header = data + ETH_HEADER_LEN;
	return user_read(s->tr, data, s->tr->data_in, s->tr->data_size_in);
}

/* The socket that the packet belongs to: unconnected, with the packet's addresses. */
static int set_socket(struct skb_ctx *skb, u32 payload)
{
	struct __sk_buff *md = &skb->md;
	struct bpf_sock *sock = &skb->sock;
	const u8 *ip = skb->network_header;

	*sock = (struct bpf_sock){ .state = STATE_CLOSE, .rx_queue_mapping = -1 };
	md->sk = sock;
	if (skb->protocol == PROTO_IPV4) {
		if (payload < 20)
			return -EINVAL;
		sock->family = md->family = AF_INET;
		memcpy(&sock->src_ip4, ip + 12, 4);
		memcpy(&sock->dst_ip4, ip + 16, 4);
	} else if (skb->protocol == PROTO_IPV6) {
		if (payload < 40)
			return -EINVAL;
		sock->family = md->family = AF_INET6;
		memcpy(sock->src_ip6, ip + 8, 16);
		memcpy(sock->dst_ip6, ip + 24, 16);
	}
	md->local_ip4 = sock->src_ip4;
	md->remote_ip4 = sock->dst_ip4;
	memcpy(md->local_ip6, sock->src_ip6, 16);
	memcpy(md->remote_ip6, sock->dst_ip6, 16);
	return 0;
}

/* The fields of the context that a caller may set, in the order of the struct; all others must be
 * 0. */
static bool only_settable(const struct __sk_buff *in)
{
	static const struct {
		u16 from, to;
	} gaps[] = {
		{ 0, OFFSET_OF(mark) },
		{ OFFSET_PAST(mark), OFFSET_OF(priority) },
		{ OFFSET_PAST(ifindex), OFFSET_OF(cb) },
		{ OFFSET_PAST(cb), OFFSET_OF(tstamp) },
		{ OFFSET_PAST(gso_segs), OFFSET_OF(gso_size) },
		{ OFFSET_PAST(gso_size), OFFSET_OF(hwtstamp) },
		{ OFFSET_PAST(hwtstamp), sizeof(struct __sk_buff) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(gaps); i++) {
		if (!zero_between(in, gaps[i].from, gaps[i].to))
			return false;
	}
	return true;
}

static int apply_ctx(struct skb_ctx *skb, const struct __sk_buff *in, bool have_ctx)
{
	struct __sk_buff *md = &skb->md;
	u32 len = skep__packet_len(&skb->pkt);

	md->wire_len = len;
	if (!have_ctx)
		return 0;
	if (!only_settable(in))
		return -EINVAL;
	md->mark = in->mark;
	md->priority = in->priority;
	md->ingress_ifindex = in->ingress_ifindex;
	md->tstamp = in->tstamp;
	memcpy(md->cb, in->cb, sizeof(md->cb));
	if (in->wire_len) {
		if (in->wire_len < len || in->wire_len > WIRE_LEN_MAX)
			return -EINVAL;
		md->wire_len = in->wire_len;
	}
	if (in->gso_segs > GSO_SEGS_MAX)
		return -EINVAL;
	md->gso_segs = in->gso_segs;
	md->gso_size = in->gso_size & 0xffff;
	md->hwtstamp = in->hwtstamp;
	return 0;
}

static void report_ctx(const struct skb_ctx *skb, struct __sk_buff *out)
{
	const struct __sk_buff *md = &skb->md;

	out->mark = md->mark;
	out->priority = md->priority;
	out->ingress_ifindex = md->ingress_ifindex;
	out->ifindex = md->ifindex;
	out->tstamp = md->tstamp;
	memcpy(out->cb, md->cb, sizeof(out->cb));
	out->wire_len = md->wire_len;
	out->gso_segs = md->gso_segs;
	out->hwtstamp = md->hwtstamp;
}

/* Sum of everything from the network header on. */
static u32 network_sum(const struct skb_ctx *skb)
{
	return skep__csum_partial(skb->network_header, skb->pkt.data_end - skb->network_header, 0);
}

/* The packet as received, before the context's own wishes. */
static int receive(struct session *s, const struct __sk_buff *in, bool have_ctx)
{
	struct skb_ctx *skb = &s->bench->skb;
	struct packet *pkt = &skb->pkt;
	u32 ifindex = have_ctx && in->ifindex > 1 ? in->ifindex : SKEP_LOOPBACK;
	const struct skep_net_link *link = skep__net_link(s->tr->net, ifindex);
	u32 len = pkt->data_end - pkt->data;
	int err;

	if (!link)
		return -ENODEV;
	skb->md.ifindex = ifindex;
	skb->pkt_type = addressee(pkt->data, link);
	skb->protocol = protocol_of(pkt->data, len);
	err = set_socket(skb, len - ETH_HEADER_LEN);
	if (err)
		return err;
	skb->is_l2 = s->prog->type == BPF_PROG_TYPE_SCHED_CLS ||
		     s->prog->type == BPF_PROG_TYPE_SCHED_ACT;
	if (!skb->is_l2)
		pkt->meta = pkt->data = skb->network_header;
	return 0;
}

/* After the runs: programs without a MAC header get an empty one, and the checksum must still hold.
 */
static int conclude(struct session *s)
{
	struct skb_ctx *skb = &s->bench->skb;
	struct packet *pkt = &skb->pkt;

	if (!skb->is_l2) {
		if (pkt->data - pkt->frame < ETH_HEADER_LEN)
			return -ENOMEM;
		pkt->data -= ETH_HEADER_LEN;
		pkt->meta = pkt->data;
		memset(pkt->data, 0, ETH_HEADER_LEN);
	}
	if (s->tr->flags & BPF_F_TEST_SKB_CHECKSUM_COMPLETE &&
	    csum_fold(skb->csum) != csum_fold(network_sum(skb)))
		return -EBADMSG;
	return 0;
}

int skep__test_run_skb(struct session *s)
{
	struct skb_ctx *skb = &s->bench->skb;
	struct test_run *tr = s->tr;
	struct __sk_buff ctx;
	int have_ctx, err;

	if (tr->flags & ~BPF_F_TEST_SKB_CHECKSUM_COMPLETE || tr->cpu || tr->batch_size)
		return -EINVAL;
	if (tr->data_size_in < ETH_HEADER_LEN || tr->data_size_in > SKB_DATA_MAX)
		return -EINVAL;
	err = skep__test_fill_frame(s);
	if (err)
		return err;
	have_ctx = skep__test_ctx_init(tr, &ctx, sizeof(ctx));
	if (have_ctx < 0)
		return have_ctx;
	err = receive(s, &ctx, have_ctx);
	if (!err)
		err = apply_ctx(skb, &ctx, have_ctx);
	if (err)
		return err;
	if (tr->flags & BPF_F_TEST_SKB_CHECKSUM_COMPLETE) {
		skb->csum = network_sum(skb);
		skb->ip_summed = CSUM_COMPLETE;
	}
	skep__skb_sync(skb);
	s->ctx = &skb->md;
	err = skep__test_repeat(s);
	if (!err)
		err = conclude(s);
	if (err)
		return err;
	report_ctx(skb, &ctx);
	err = skep__test_data_finish(tr, skb->pkt.data, skb->pkt.data_end - skb->pkt.data, NULL);
	if (!err && have_ctx)
		err = skep__test_ctx_finish(tr, &ctx, sizeof(ctx));
	return err;
}
