/* SPDX-License-Identifier: BSD-2-Clause */
/* Rarely executed pieces, behind the subprogram they belong to so that the straight path stays
 * straight. */
#include "base/alloc.h"
#include "jit/x86/lower.h"

struct cold x86_cold(struct lower *l, struct cold cold)
{
	if (l->nr_colds == l->cap_colds) {
		u32 cap = 2 * l->cap_colds + 16;
		struct cold *colds = skep__resize(l->colds, cap * sizeof(*colds));

		if (!colds) {
			l->c->err = -ENOMEM;
			return cold;
		}
		l->colds = colds;
		l->cap_colds = cap;
	}
	cold.label = skep__code_labels(l->c, 3);
	cold.back = cold.label + 1;
	cold.done = cold.label + 2;
	l->colds[l->nr_colds++] = cold;
	return cold;
}

/* The divisor is 0 or -1: x / 0 is 0, x / -1 is -x. */
static void signed_div(struct lower *l, const struct cold *cold)
{
	u32 minus_one = skep__code_labels(l->c, 1);

	x86_test_rr(l->c, cold->size, cold->src, cold->src);
	x86_branch(l->c, CC_NE, minus_one);
	x86_mov_ri(l->c, cold->dst, 0);
	x86_jump(l->c, cold->back);
	skep__code_bind(l->c, minus_one);
	x86_unary(l->c, UNARY_NEG, cold->size, cold->dst);
	x86_jump(l->c, cold->back);
}

/* Likewise: x % 0 is x, x % -1 is 0. */
static void signed_mod(struct lower *l, const struct cold *cold)
{
	x86_test_rr(l->c, cold->size, cold->src, cold->src);
	if (cold->size == 4)
		x86_mov_rr(l->c, 4, cold->dst, cold->dst);
	x86_branch(l->c, CC_E, cold->back);
	x86_mov_ri(l->c, cold->dst, 0);
	x86_jump(l->c, cold->back);
}

static void lower_cold(struct lower *l, const struct cold *cold)
{
	skep__code_bind(l->c, cold->label);
	switch (cold->kind) {
	case COLD_DIV_ZERO:
		x86_mov_ri(l->c, cold->dst, 0);
		x86_jump(l->c, cold->back);
		break;
	case COLD_SIGNED_DIV:
		signed_div(l, cold);
		break;
	case COLD_SIGNED_MOD:
		signed_mod(l, cold);
		break;
	case COLD_EXIT_ZERO:
		x86_mov_ri(l->c, RAX, 0);
		x86_frame_leave(l);
		x86_ret(l->c);
		break;
	case COLD_ARENA:
		x86_arena_cold(l, cold);
		break;
	}
}

void x86_lower_colds(struct lower *l)
{
	for (u32 i = 0; i < l->nr_colds && !l->c->err; i++)
		lower_cold(l, &l->colds[i]);
}
