/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the verifier knows of a number: bits, and ranges of the 64-bit value and of its low 32 bits,
 * each read as unsigned and as signed. A value is possible when all five say so. Every function
 * gives the same bounds as Linux 6.18 does, neither looser nor tighter: both change verdicts and
 * the number of instructions that are processed.
 *
 * Widths are 64 or 32. Functions that compute leave the parts in step (skep__num_sync) unless they
 * say otherwise.
 */
#ifndef SKEP_VERIFY_NUM_H
#define SKEP_VERIFY_NUM_H

#include "verify/num/tnum.h"

struct num {
	struct tnum bits;
	s64 smin, smax;
	u64 umin, umax;
	s32 s32_min, s32_max;
	u32 u32_min, u32_max;
};
static_assert(sizeof(struct num) == 64, "no holes: equal numbers are equal in every byte");

/* Any number, as an initialiser. */
#define NUM_UNKNOWN                                                                                \
	{                                                                                          \
		TNUM_UNKNOWN, INT64_MIN, INT64_MAX, 0, UINT64_MAX, INT32_MIN, INT32_MAX, 0,        \
			UINT32_MAX                                                                 \
	}

void skep__num_unknown(struct num *n);
void skep__num_const(struct num *n, u64 value);
void skep__num_urange(struct num *n, u64 umin, u64 umax); /* umin <= umax */
void skep__num_srange(struct num *n, s64 smin, s64 smax); /* smin <= smax */

static inline bool num_equal(const struct num *a, const struct num *b)
{
	return a->bits.value == b->bits.value && a->bits.mask == b->bits.mask &&
	       a->smin == b->smin && a->smax == b->smax && a->umin == b->umin &&
	       a->umax == b->umax && a->s32_min == b->s32_min && a->s32_max == b->s32_max &&
	       a->u32_min == b->u32_min && a->u32_max == b->u32_max;
}
static inline bool num_is_const(const struct num *n)
{
	return tnum_is_const(n->bits);
}
/* One value, and every part says so: not so on some ways that are never taken. */
static inline bool num_is_settled(const struct num *n)
{
	u64 value = n->bits.value;

	return num_is_const(n) && n->umin == value && n->umax == value && n->smin == (s64)value &&
	       n->smax == (s64)value && n->u32_min == (u32)value && n->u32_max == (u32)value &&
	       n->s32_min == (s32)value && n->s32_max == (s32)value;
}
static inline bool num_is_const32(const struct num *n)
{
	return tnum_is_const(tnum_low(n->bits));
}
static inline bool num_is_unknown(const struct num *n)
{
	return tnum_is_unknown(n->bits) && n->smin == INT64_MIN && n->smax == INT64_MAX &&
	       !n->umin && n->umax == UINT64_MAX && n->s32_min == INT32_MIN &&
	       n->s32_max == INT32_MAX && !n->u32_min && n->u32_max == UINT32_MAX;
}

/* Forgetting ranges and not bits; what the bits tell comes back with the next sync. */
void skep__num_forget_ranges(struct num *n);
void skep__num_forget64(struct num *n);
void skep__num_forget32(struct num *n);

/* Lets bits and ranges learn from each other. */
void skep__num_sync(struct num *n);

/*
 * What keeps the parts from describing a number, in the words of the kernel's log, or NULL.
 * Comparisons on paths that cannot be come to that; the kernel then forgets the ranges and goes on.
 */
const char *skep__num_violation(const struct num *n);

/*
 * alu.c: dst = dst op src, op one of BPF_ADD ... BPF_ARSH, BPF_DIV and BPF_MOD of either
 * signedness; 32-bit results are zero-extended. src may be dst. False: nothing is known of the
 * result (all of divisions; shifts by unknown or too large amounts), whatever the width.
 */
bool skep__num_alu(struct num *dst, const struct num *src, u8 op, u32 width);
void skep__num_neg(struct num *n, u32 width);

/*
 * Pointer offsets: only bits and 64-bit ranges, and nothing is synced. Unsigned bounds that both
 * wrap are forgotten too, unlike in skep__num_alu.
 */
void skep__num_add64(struct num *dst, const struct num *src);
void skep__num_sub64(struct num *dst, const struct num *src);

/* Linked scalars: dst += src in both widths, without sync. */
void skep__num_add_offset(struct num *dst, const struct num *src);

/*
 * Before n & K and n | K: a number that is -1 or 0 is worth two paths. 64 or 32: in which width it
 * is; 0: it is not. On one path the number is then all zeros in that width, on the other all ones
 * (skep__num_const, _const32).
 */
u32 skep__num_forks(const struct num *n);
void skep__num_const32(struct num *n,
		       u32 value); /* the low half; without sync and leaving 64-bit ranges */

/* cast.c */
void skep__num_zero_extend(struct num *n); /* w = w */
void skep__num_truncate(struct num *n,
			u32 size); /* to 1, 2 or 4 bytes, zero-extended: loads, le16 */
void skep__num_byte_swap(struct num *n,
			 u32 size); /* the low 2, 4 or 8 bytes; what is above becomes 0 */
void skep__num_movsx(struct num *n, u32 from,
		     u32 width); /* sign-extend `from` bits: 8, 16, and 32 in 64 */

/* branch.c: 1 the jump "a op b" is always taken, 0 never, -1 it depends. */
int skep__num_branch_taken(const struct num *a, const struct num *b, u8 op, u32 width);
/* "a op b" as "b flip(op) a". */
u8 skep__flip_compare(u8 op);

/*
 * refine.c: what both sides of a jump learn. (a, b) go on where it is not taken, (taken_a, taken_b)
 * where it is; all four are synced, and ranges that contradict each other forgotten. Call it when
 * the outcome depends. a and b may be the same. Returns what skep__num_violation said of the first
 * that was bad, or NULL.
 */
const char *skep__num_refine(struct num *a, struct num *b, struct num *taken_a, struct num *taken_b,
			     u8 op, u32 width);

/* compare.c */
bool skep__num_subsumes(const struct num *old,
			const struct num *cur); /* bound by bound, as pruning asks */
bool skep__num_contains(const struct num *n, u64 x);
void skep__num_join(struct num *n, const struct num *other); /* members of either */

/*
 * print.c: ranges and bits of a number that is not constant, "smin=...,umax=...,var_off=(0x0;
 * 0xff)", each part behind *sep, which is "," afterwards if there was a part.
 */
struct strbuf;
void skep__num_print(const struct num *n, const char **sep, struct strbuf *out);
/* All bounds in one line, as a violation is reported: "u64=[0x0, 0x1] s64=... var_off=(0x0, 0x1)".
 */
void skep__num_print_bounds(const struct num *n, struct strbuf *out);

#endif
