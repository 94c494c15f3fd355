/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sizes jumps and joins the code. All jumps start short and grow to their long form when their
 * target is out of reach; since nothing ever shrinks but padding, that ends, and what it ends in is
 * consistent: the last round changed nothing.
 */
#include <string.h>

#include "base/alloc.h"
#include "jit/image.h"
#include "jit/x86/encode.h"

u32 skep__x86_label_pos(const struct code *c, u32 label)
{
	const struct label *l = &c->labels[label];

	assert(l->at != LABEL_UNBOUND);
	if (l->fixups == c->nr_fixups) {
		const struct fixup *last = c->nr_fixups ? &c->fixups[c->nr_fixups - 1] : NULL;

		return l->at + (last ? last->before + last->size : 0);
	}
	return l->at + c->fixups[l->fixups].before;
}

static u32 fixup_end(const struct fixup *f)
{
	return f->at + f->before + f->size;
}

static u32 padding(u32 pos, const struct fixup *f)
{
	u32 pad = round_up(pos, f->target) - pos;

	return pad <= f->arg ? pad : 0;
}

/* Sums the sizes; returns that of everything. */
static u32 place(struct code *c)
{
	u32 before = 0;

	for (u32 i = 0; i < c->nr_fixups; i++) {
		struct fixup *f = &c->fixups[i];

		f->before = before;
		if (f->kind == FIX_ALIGN)
			f->size = padding(f->at + before, f);
		before += f->size;
	}
	return c->len + before;
}

static u8 long_size(const struct fixup *f)
{
	return f->kind == FIX_BRANCH ? 6 : 5;
}

static bool grow_jumps(struct code *c)
{
	bool grown = false;

	for (u32 i = 0; i < c->nr_fixups; i++) {
		struct fixup *f = &c->fixups[i];

		if (f->size == 2 && (f->kind == FIX_JUMP || f->kind == FIX_BRANCH) &&
		    !fits8((s64)skep__x86_label_pos(c, f->target) - fixup_end(f))) {
			f->size = long_size(f);
			grown = true;
		}
	}
	return grown;
}

static void first_sizes(struct code *c)
{
	for (u32 i = 0; i < c->nr_fixups; i++) {
		struct fixup *f = &c->fixups[i];

		if (f->kind == FIX_JUMP || f->kind == FIX_BRANCH)
			f->size = 2;
		else if (f->kind == FIX_CALL)
			f->size = 5;
		else if (f->kind != FIX_ALIGN)
			f->size = 4;
	}
}

static void put_padding(u8 *to, u32 n)
{
	static const u8 nops[][9] = {
		{ 0x90 },
		{ 0x66, 0x90 },
		{ 0x0f, 0x1f, 0x00 },
		{ 0x0f, 0x1f, 0x40, 0x00 },
		{ 0x0f, 0x1f, 0x44, 0x00, 0x00 },
		{ 0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00 },
		{ 0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00 },
		{ 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00 },
		{ 0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00 },
	};

	while (n) {
		u32 take = min(n, (u32)ARRAY_SIZE(nops));

		memcpy(to, nops[take - 1], take);
		to += take;
		n -= take;
	}
}

static void put_fixup(const struct code *c, const struct fixup *f, u32 table, u8 *to)
{
	s32 distance;

	if (f->kind == FIX_ALIGN) {
		put_padding(to, f->size);
		return;
	}
	if (f->kind == FIX_SLOT)
		distance = table + 8 * f->target - fixup_end(f);
	else
		distance = skep__x86_label_pos(c, f->target) - fixup_end(f);
	if (f->size == 2) {
		to[0] = f->kind == FIX_JUMP ? 0xeb : 0x70 | f->arg;
		to[1] = distance;
		return;
	}
	if (f->kind == FIX_JUMP)
		to[0] = 0xe9;
	else if (f->kind == FIX_CALL)
		to[0] = 0xe8;
	else if (f->kind == FIX_BRANCH)
		memcpy(to, (u8[]){ 0x0f, 0x80 | f->arg }, 2);
	memcpy(to + f->size - 4, &distance, 4);
}

static void join(const struct code *c, u32 table, u8 *to)
{
	u32 done = 0;

	for (u32 i = 0; i < c->nr_fixups; i++) {
		const struct fixup *f = &c->fixups[i];

		memcpy(to + done + f->before, c->bytes + done, f->at - done);
		done = f->at;
		put_fixup(c, f, table, to + done + f->before);
	}
	memcpy(to + skep__x86_label_pos(c, c->nr_labels - 1) - (c->len - done), c->bytes + done,
	       c->len - done);
}

int skep__x86_link(struct code *c, u8 **image, u32 *size)
{
	u32 end = skep__code_labels(c, 1);

	skep__code_bind(c, end);
	if (c->err)
		return c->err;
	first_sizes(c);
	do {
		*size = place(c);
	} while (grow_jumps(c));
	*image = skep__alloc(*size);
	if (!*image)
		return -ENOMEM;
	join(c, image_table_at(*size, c->has_pool), *image);
	return 0;
}
