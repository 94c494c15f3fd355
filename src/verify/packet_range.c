/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packet pointers against the packet's end (and metadata against the packet's start): the way on
 * which the pointer is not beyond it shows that all bytes before the pointer are there, for every
 * pointer of the same id.
 */
#include "verify/jump.h"

int skep__packet_branch(const struct reg *dst, const struct reg *src, u8 op)
{
	const struct reg *pkt = dst;

	if (dst->cls == REG_PACKET_END) {
		pkt = src;
		op = skep__flip_compare(op);
	} else if (src->cls != REG_PACKET_END) {
		return -1;
	}
	if (pkt->pkt.range >= 0)
		return -1;
	if (op == BPF_JLE || op == BPF_JGT)
		return pkt->pkt.range == PKT_BEYOND_END ? op == BPF_JGT : -1;
	if (op == BPF_JLT || op == BPF_JGE)
		return op == BPF_JGE;
	return -1;
}

/* On this way, the bytes before the pointer (and with `open`, the one at it) are there. */
static void found_range(struct state *s, const struct reg *ptr, bool open)
{
	u64 high = ptr->n.umax;
	s32 range = ptr->off + open;
	const struct reg *r;

	if (ptr->off < 0 || (ptr->off == 0 && open))
		return;
	if (high > MAX_PACKET_OFF || high + ptr->off > MAX_PACKET_OFF)
		return;
	for (u32 f = 0; f <= s->cur; f++) {
		for_each_frame_reg(s->frames[f], r, i)
		{
			if (r->cls == ptr->cls && r->flags == ptr->flags && r->id == ptr->id &&
			    r->pkt.range < range)
				own_reg(s->frames[f], i)->pkt.range = range;
		}
	}
}

static void found_end(struct state *s, u32 regno, bool beyond)
{
	struct reg *r = &state_frame(s)->regs[regno];

	if (r->cls == REG_PACKET)
		r->pkt.range = beyond ? PKT_BEYOND_END : PKT_AT_END;
}

static bool is_packet_start(const struct reg *r)
{
	return r->cls == REG_PACKET && !r->id && !r->off && num_is_const(&r->n) && !reg_const(r);
}

static bool is_bound_of(const struct reg *ptr, const struct reg *end)
{
	return (ptr->cls == REG_PACKET && end->cls == REG_PACKET_END) ||
	       (ptr->cls == REG_PACKET_META && is_packet_start(end));
}

bool skep__match_packet(const struct insn *insn, const struct reg *dst, const struct reg *src,
			struct state *here, struct state *there)
{
	u8 code = insn_desc(insn)->code, op = BPF_OP(code);
	struct state *below,
		*above; /* ways on which the pointer is below or at the end, or above or at it */
	const struct reg *ptr = dst;
	u32 ptr_regno = insn->dst;
	bool open; /* the pointer itself is below the end on the first way */
	struct reg copy;

	if (BPF_SRC(code) != BPF_X || BPF_CLASS(code) == BPF_JMP32)
		return false;
	if (!is_bound_of(dst, src)) {
		if (!is_bound_of(src, dst))
			return false;
		ptr = src;
		ptr_regno = insn->src;
		op = skep__flip_compare(op);
	}
	switch (op) {
	case BPF_JGT:
	case BPF_JGE:
		below = here;
		above = there;
		open = op == BPF_JGE;
		break;
	case BPF_JLT:
	case BPF_JLE:
		below = there;
		above = here;
		open = op == BPF_JLT;
		break;
	default:
		return false;
	}
	copy = *ptr;
	found_range(below, &copy, open);
	found_end(above, ptr_regno, !open);
	return true;
}
