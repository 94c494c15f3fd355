/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpf_perf_event_output: a record of the program's own bytes; programs that see packets may have
 * the beginning of the packet appended, as many bytes as flags' upper half says.
 */
#include "ctx/packet.h"
#include "helper/arg.h"
#include "map/perf_ring.h"

/* The program's bytes, the linear part, fragments. */
#define MAX_PIECES (2 + PACKET_MAX_FRAGS)

DEFINE_HELPER(perf_event_output)
{
	struct perf_frag own = { arg_ptr(r4), (u32)r5 };

	if (r3 & ~(u64)BPF_F_INDEX_MASK)
		return result(-EINVAL);
	return result(skep__perf_event_output(arg_map(r2), run->cpu, r3, &own, 1));
}

static u32 add_piece(struct perf_frag *pieces, u32 nr, const u8 *data, u32 len, u32 *left)
{
	u32 take = min(len, *left);

	if (!take)
		return nr;
	pieces[nr] = (struct perf_frag){ data, take };
	*left -= take;
	return nr + 1;
}

static int output_packet(struct run *run, struct map *map, u64 flags, const void *data, u32 size,
			 const struct packet *pkt)
{
	struct perf_frag pieces[MAX_PIECES] = { { data, size } };
	u32 left = (flags & BPF_F_CTXLEN_MASK) >> 32, nr = 1;

	if (flags & ~(u64)(BPF_F_CTXLEN_MASK | BPF_F_INDEX_MASK))
		return -EINVAL;
	if (left > skep__packet_len(pkt))
		return -EFAULT;
	nr = add_piece(pieces, nr, pkt->data, pkt->data_end - pkt->data, &left);
	for (u32 i = 0; i < pkt->nr_frags; i++)
		nr = add_piece(pieces, nr, pkt->frags[i].data, pkt->frags[i].len, &left);
	return skep__perf_event_output(map, run->cpu, flags & BPF_F_INDEX_MASK, pieces, nr);
}

DEFINE_HELPER(perf_event_output_skb)
{
	const struct skb_ctx *skb = arg_ptr(r1);

	return result(output_packet(run, arg_map(r2), r3, arg_ptr(r4), (u32)r5, &skb->pkt));
}

DEFINE_HELPER(perf_event_output_xdp)
{
	const struct xdp_ctx *xdp = arg_ptr(r1);

	return result(output_packet(run, arg_map(r2), r3, arg_ptr(r4), (u32)r5, &xdp->pkt));
}
