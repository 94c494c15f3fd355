/* SPDX-License-Identifier: BSD-2-Clause */
#include "jit/code.h"

#include <string.h>

#include "base/alloc.h"

#define CODE_MAX (1u << 30) /* keeps every sum of sizes and every distance within 32 bits */

void skep__code_init(struct code *c)
{
	*c = (struct code){ 0 };
}

void skep__code_fini(struct code *c)
{
	skep__free(c->bytes);
	skep__free(c->fixups);
	skep__free(c->labels);
	*c = (struct code){ 0 };
}

/* Grows an array by doubling, so that `want` elements fit. */
static bool grow(struct code *c, void **array, u32 *cap, u64 want, u32 elem)
{
	u64 next = max(want, 2 * (u64)*cap + 64);
	void *p = NULL;

	if (c->err)
		return false;
	if (want <= CODE_MAX)
		p = skep__resize(*array, next * elem);
	if (!p) {
		c->err = -ENOMEM;
		return false;
	}
	*array = p;
	*cap = next;
	return true;
}

bool skep__code_reserve(struct code *c, u32 n)
{
	u64 want = (u64)c->len + n;

	return want <= c->cap ? !c->err : grow(c, (void **)&c->bytes, &c->cap, want, 1);
}

void skep__code_put(struct code *c, const void *bytes, u32 n)
{
	if (!skep__code_reserve(c, n))
		return;
	memcpy(c->bytes + c->len, bytes, n);
	c->len += n;
}

u32 skep__code_labels(struct code *c, u32 n)
{
	u32 first = c->nr_labels;
	u64 want = (u64)first + n;

	if (want > c->cap_labels &&
	    !grow(c, (void **)&c->labels, &c->cap_labels, want, sizeof(*c->labels)))
		return 0;
	for (u32 i = first; i < want; i++)
		c->labels[i].at = LABEL_UNBOUND;
	c->nr_labels = want;
	return first;
}

void skep__code_bind(struct code *c, u32 label)
{
	if (c->err)
		return;
	assert(label < c->nr_labels && c->labels[label].at == LABEL_UNBOUND);
	c->labels[label] = (struct label){ .at = c->len, .fixups = c->nr_fixups };
}

void skep__code_fixup(struct code *c, enum fixup_kind kind, u8 arg, u32 target)
{
	if (c->nr_fixups == c->cap_fixups &&
	    !grow(c, (void **)&c->fixups, &c->cap_fixups, c->nr_fixups + 1ull, sizeof(*c->fixups)))
		return;
	c->fixups[c->nr_fixups++] =
		(struct fixup){ .at = c->len, .kind = kind, .arg = arg, .target = target };
}
