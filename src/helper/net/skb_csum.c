/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checksums: csum_diff over any memory, l3_ and l4_csum_replace in a header, and csum_update and
 * csum_level, which tell the stack what became of a sum that the device computed.
 */
#include <string.h>

#include "helper/net/checksum.h"
#include "helper/net/skb.h"

/*
 * As kernels since 6.13 do it: 16 bits come back, so that every machine gives the same number, and
 * sizes need not be multiples of 4 (before, those were -EINVAL).
 */
DEFINE_HELPER(csum_diff)
{
	const void *from = arg_ptr(r1), *to = arg_ptr(r3);
	u32 from_size = (u32)r2, to_size = (u32)r4, seed = (u32)r5, sum;

	if (from_size && to_size)
		sum = csum_sub(skep__csum_partial(to, to_size, seed),
			       skep__csum_partial(from, from_size, 0));
	else if (to_size)
		sum = skep__csum_partial(to, to_size, seed);
	else if (from_size)
		sum = ~skep__csum_partial(from, from_size, ~seed);
	else
		sum = seed;
	return csum_to16(sum);
}

static u16 read16(const u8 *p)
{
	u16 value;

	memcpy(&value, p, 2);
	return value;
}

static void write16(u8 *p, u16 value)
{
	memcpy(p, &value, 2);
}

/* A header's checksum after a difference was added to what it covers. */
static u16 check_add(u16 check, u32 diff)
{
	return csum_fold(csum_add(diff, (u16)~check));
}

/* ... after a 2- or 4-byte field changed. */
static u16 check_replace4(u16 check, u32 from, u32 to)
{
	return csum_fold(csum_add(csum_sub(~(u32)check, from), to));
}

static u16 check_replace2(u16 check, u16 from, u16 to)
{
	return (u16)~csum16_add(csum16_add((u16)~check, (u16)~from), to);
}

/* The header field at an even offset of the packet; NULL: not there. */
static u8 *check_field(struct skb_ctx *skb, u32 offset)
{
	if (offset > 0xffff || offset & 1 || skep__skb_pull_to(skb, offset + 2))
		return NULL;
	return skb->pkt.data + offset;
}

DEFINE_HELPER(l3_csum_replace)
{
	struct skb_ctx *skb = arg_skb(r1);
	u64 from = r3, to = r4, flags = r5;
	u8 *field;

	if (flags & ~(u64)BPF_F_HDR_FIELD_MASK)
		return skb_moved(run, skb, -EINVAL);
	field = check_field(skb, (u32)r2);
	if (!field)
		return skb_moved(run, skb, -EFAULT);
	switch (flags) {
	case 0:
		if (from)
			return skb_moved(run, skb, -EINVAL);
		write16(field, check_add(read16(field), (u32)to));
		break;
	case 2:
		write16(field, check_replace2(read16(field), (u16)from, (u16)to));
		break;
	case 4:
		write16(field, check_replace4(read16(field), (u32)from, (u32)to));
		break;
	default:
		return skb_moved(run, skb, -EINVAL);
	}
	return skb_moved(run, skb, 0);
}

/*
 * A sum left to the device (CSUM_PARTIAL) covers the pseudo header only and is not complemented. A
 * sum by the device (CSUM_COMPLETE) covers the field too: with a pseudo-header change the field's
 * own change does not cancel in it, unless the change is of IPv6 addresses, which stand in the
 * packet as well.
 */
static u16 l4_add(struct skb_ctx *skb, u16 check, u32 diff, u64 flags)
{
	if (skb->ip_summed == CSUM_PARTIAL)
		return flags & BPF_F_PSEUDO_HDR ? (u16)~csum_fold(csum_add(diff, check)) : check;
	if (skb->ip_summed == CSUM_COMPLETE && flags & BPF_F_PSEUDO_HDR && !(flags & BPF_F_IPV6))
		skb->csum = ~csum_sub(diff, skb->csum);
	return check_add(check, diff);
}

static u16 l4_replace(struct skb_ctx *skb, u16 check, u32 from, u32 to, u64 flags)
{
	bool pseudo = flags & BPF_F_PSEUDO_HDR;

	if (skb->ip_summed == CSUM_PARTIAL)
		return pseudo ? (u16)~csum_fold(csum_add(csum_sub(check, from), to)) : check;
	if (skb->ip_summed == CSUM_COMPLETE && pseudo)
		skb->csum = ~csum_add(csum_sub(~skb->csum, from), to);
	return check_replace4(check, from, to);
}

/* The field's new value in *check, or -EINVAL. */
static int l4_change(struct skb_ctx *skb, u16 *check, u64 from, u64 to, u64 flags)
{
	switch (flags & BPF_F_HDR_FIELD_MASK) {
	case 0:
		if (from)
			return -EINVAL;
		*check = l4_add(skb, *check, (u32)to, flags);
		return 0;
	case 2:
		*check = l4_replace(skb, *check, (u16)from, (u16)to, flags);
		return 0;
	case 4:
		*check = l4_replace(skb, *check, (u32)from, (u32)to, flags);
		return 0;
	default:
		return -EINVAL;
	}
}

DEFINE_HELPER(l4_csum_replace)
{
	const u64 known = BPF_F_MARK_MANGLED_0 | BPF_F_MARK_ENFORCE | BPF_F_PSEUDO_HDR |
			  BPF_F_HDR_FIELD_MASK | BPF_F_IPV6;
	struct skb_ctx *skb = arg_skb(r1);
	u64 flags = r5;
	bool zero_is_none = flags & BPF_F_MARK_MANGLED_0;
	u16 check;
	u8 *field;

	if (flags & ~known)
		return skb_moved(run, skb, -EINVAL);
	field = check_field(skb, (u32)r2);
	if (!field)
		return skb_moved(run, skb, -EFAULT);
	check = read16(field);
	/* UDP without checksum stays so, unless told otherwise. */
	if (zero_is_none && !(flags & BPF_F_MARK_ENFORCE) && !check)
		return skb_moved(run, skb, 0);
	if (l4_change(skb, &check, r3, r4, flags))
		return skb_moved(run, skb, -EINVAL);
	write16(field, zero_is_none && !check ? 0xffff : check);
	return skb_moved(run, skb, 0);
}

DEFINE_HELPER(csum_update)
{
	struct skb_ctx *skb = arg_skb(r1);

	if (skb->ip_summed != CSUM_COMPLETE)
		return result(-ENOTSUPP);
	skb->csum = csum_add(skb->csum, (u32)r2);
	return skb->csum;
}

#define MAX_CSUM_LEVEL 3

DEFINE_HELPER(csum_level)
{
	struct skb_ctx *skb = arg_skb(r1);
	bool unnecessary = skb->ip_summed == CSUM_UNNECESSARY;

	switch (r2) {
	case BPF_CSUM_LEVEL_QUERY:
		return unnecessary ? skb->csum_level : result(-EACCES);
	case BPF_CSUM_LEVEL_INC:
		if (unnecessary) {
			skb->csum_level = min(skb->csum_level + 1, MAX_CSUM_LEVEL);
		} else if (skb->ip_summed == CSUM_NONE) {
			skb->ip_summed = CSUM_UNNECESSARY;
			skb->csum_level = 0;
		}
		return 0;
	case BPF_CSUM_LEVEL_DEC:
		if (unnecessary && !skb->csum_level)
			skb->ip_summed = CSUM_NONE;
		else if (unnecessary)
			skb->csum_level--;
		return 0;
	case BPF_CSUM_LEVEL_RESET:
		skb_csum_reset(skb);
		return 0;
	default:
		return result(-EINVAL);
	}
}
