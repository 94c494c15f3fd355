/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers in the notation of the kernel's verifier log. Bounds that say nothing are left out,
 * bounds of the same kind that are equal share a value ("smin=umin=1"), and what needs more than 16
 * bits is hexadecimal.
 */
#include "base/strbuf.h"
#include "verify/num/num.h"

struct bound {
	const char *name;
	u64 value;
	bool is_signed, done;
};

static bool is_short(const struct bound *b)
{
	if (b->is_signed)
		return (s64)b->value >= INT16_MIN && (s64)b->value <= INT16_MAX;
	return b->value <= UINT16_MAX;
}

static bool is_negative(const struct bound *b)
{
	return b->is_signed && (s64)b->value < 0;
}

static void print_value(const struct bound *b, struct strbuf *out)
{
	if (!is_short(b))
		skep__strbuf_printf(out, "0x%llx", (unsigned long long)b->value);
	else
		skep__strbuf_printf(out, "%lld", (long long)b->value);
}

/* Hexadecimal negative numbers of 32 bits have 32 bits: they are not those of 64. */
static u64 low_bound(s32 x)
{
	return x >= INT16_MIN && x <= INT16_MAX ? (u64)(s64)x : (u32)x;
}

void skep__num_print(const struct num *n, const char **sep, struct strbuf *out)
{
	/* Minima and maxima alternate: those two apart can share a value. */
	struct bound bounds[] = {
		{ "smin", (u64)n->smin, true, n->smin == INT64_MIN },
		{ "smax", (u64)n->smax, true, n->smax == INT64_MAX },
		{ "umin", n->umin, false, n->umin == 0 },
		{ "umax", n->umax, false, n->umax == UINT64_MAX },
		{ "smin32", low_bound(n->s32_min), true, n->s32_min == INT32_MIN },
		{ "smax32", low_bound(n->s32_max), true, n->s32_max == INT32_MAX },
		{ "umin32", n->u32_min, false, n->u32_min == 0 },
		{ "umax32", n->u32_max, false, n->u32_max == UINT32_MAX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
		if (bounds[i].done)
			continue;
		skep__strbuf_printf(out, "%s%s=", *sep, bounds[i].name);
		*sep = ",";
		for (size_t j = i + 2; j < ARRAY_SIZE(bounds); j += 2) {
			if (bounds[j].done || bounds[j].value != bounds[i].value ||
			    is_negative(&bounds[i]) != is_negative(&bounds[j]))
				continue;
			bounds[j].done = true;
			skep__strbuf_printf(out, "%s=", bounds[j].name);
		}
		print_value(&bounds[i], out);
	}
	if (tnum_is_unknown(n->bits))
		return;
	skep__strbuf_printf(out, "%svar_off=", *sep);
	*sep = ",";
	skep__tnum_print(n->bits, out);
}

void skep__num_print_bounds(const struct num *n, struct strbuf *out)
{
	skep__strbuf_printf(out, "u64=[0x%llx, 0x%llx] s64=[0x%llx, 0x%llx] ",
			    (unsigned long long)n->umin, (unsigned long long)n->umax,
			    (unsigned long long)n->smin, (unsigned long long)n->smax);
	skep__strbuf_printf(out, "u32=[0x%x, 0x%x] s32=[0x%x, 0x%x] var_off=(0x%llx, 0x%llx)",
			    n->u32_min, n->u32_max, (u32)n->s32_min, (u32)n->s32_max,
			    (unsigned long long)n->bits.value, (unsigned long long)n->bits.mask);
}
