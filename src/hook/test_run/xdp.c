/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Test runs of XDP programs. A frame is one page as a driver would give it: 256 bytes of headroom,
 * which metadata is taken from, and 320 at the end for the kernel's bookkeeping; what does not fit
 * goes to fragments of a page each. Live frames are answered as by a kernel before them.
 */
#include <string.h>

#include "hook/test_run/bench.h"

/* Longest metadata. */
#define META_MAX (XDP_HEADROOM - PACKET_XDP_FRAME)

struct layout {
	u32 headroom, linear, meta;
};

/* Checks the lengths and finds where everything goes. */
static int plan(const struct test_run *tr, const struct xdp_md *md, bool have_md,
		struct layout *out)
{
	*out = (struct layout){ .headroom = XDP_HEADROOM, .linear = tr->data_size_in };
	if (have_md) {
		if (md->data_meta || md->data_end > tr->data_size_in || md->data > md->data_end)
			return -EINVAL;
		if (md->data % 4 || md->data > META_MAX)
			return -EINVAL;
		out->meta = md->data;
		out->headroom -= md->data;
		out->linear = md->data_end;
	}
	out->linear = min(out->linear, TEST_PAGE - PACKET_SINFO_SIZE - out->headroom);
	return tr->data_size_in - out->meta < ETH_HEADER_LEN ? -EINVAL : 0;
}

static int fill_frame(struct session *s, const struct layout *lay)
{
	struct packet *pkt = &s->bench->xdp.pkt;
	u8 *frame = s->bench->xdp_frame;

	memset(frame, 0, lay->headroom);
	pkt->frame = frame;
	pkt->frame_end = frame + TEST_PAGE - PACKET_SINFO_SIZE;
	pkt->meta = frame + lay->headroom;
	pkt->data = pkt->meta + lay->meta;
	pkt->data_end = pkt->meta + lay->linear;
	pkt->nr_frags = 0;
	return user_read(s->tr, pkt->meta, s->tr->data_in, lay->linear);
}

static int fill_frags(struct session *s, u32 from)
{
	struct test_run *tr = s->tr;
	struct packet *pkt = &s->bench->xdp.pkt;

	while (from < tr->data_size_in) {
		u32 n = min(tr->data_size_in - from, (u32)TEST_PAGE);
		struct packet_frag *frag = &pkt->frags[pkt->nr_frags];

		if (pkt->nr_frags == PACKET_MAX_FRAGS)
			return -ENOMEM;
		*frag = (struct packet_frag){ s->bench->frags[pkt->nr_frags], n, TEST_PAGE };
		if (user_read(tr, frag->data, tr->data_in + from, n))
			return -EFAULT;
		pkt->nr_frags++;
		from += n;
	}
	return 0;
}

/* Where the frame claims to come from. */
static int set_origin(struct session *s, const struct xdp_md *md)
{
	struct xdp_md *out = &s->bench->xdp.md;
	const struct skep_net_link *link;

	*out = (struct xdp_md){ .ingress_ifindex = SKEP_LOOPBACK };
	if (md->egress_ifindex || (!md->ingress_ifindex && md->rx_queue_index))
		return -EINVAL;
	if (!md->ingress_ifindex)
		return 0;
	link = skep__net_link(s->tr->net, md->ingress_ifindex);
	if (!link)
		return -ENODEV;
	if (md->rx_queue_index >= max(link->rx_queues, 1u))
		return -EINVAL;
	out->ingress_ifindex = md->ingress_ifindex;
	out->rx_queue_index = md->rx_queue_index;
	return 0;
}

static int finish(struct session *s, struct xdp_md *md, bool have_md)
{
	const struct packet *pkt = &s->bench->xdp.pkt;
	u32 meta = pkt->data - pkt->meta;
	int ret;

	md->data = meta;
	md->data_end = pkt->data_end - pkt->meta;
	ret = skep__test_data_finish(s->tr, pkt->meta, meta + skep__packet_len(pkt), pkt);
	if (!ret && have_md)
		ret = skep__test_ctx_finish(s->tr, md, sizeof(*md));
	return ret;
}

int skep__test_run_xdp(struct session *s)
{
	u32 attach = s->prog->expected_attach_type;
	struct test_run *tr = s->tr;
	struct layout lay;
	struct xdp_md md;
	int have_md, err;

	if (attach == BPF_XDP_DEVMAP || attach == BPF_XDP_CPUMAP || tr->flags || tr->batch_size)
		return -EINVAL;
	have_md = skep__test_ctx_init(tr, &md, sizeof(md));
	if (have_md < 0)
		return have_md;
	err = plan(tr, &md, have_md, &lay);
	if (!err)
		err = fill_frame(s, &lay);
	if (!err)
		err = set_origin(s, &md);
	if (!err)
		err = fill_frags(s, lay.linear);
	if (err)
		return err;
	s->bench->xdp.has_frags = s->prog->xdp_has_frags;
	skep__xdp_sync(&s->bench->xdp);
	s->ctx = &s->bench->xdp.md;
	err = skep__test_repeat(s);
	return err ? err : finish(s, &md, have_md);
}
