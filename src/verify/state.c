/* SPDX-License-Identifier: BSD-2-Clause */
#include "verify/state.h"

#include <string.h>

struct state *skep__state_new(struct pool *pool)
{
	return skep__pool_zalloc(pool, 1, sizeof(struct state));
}

struct frame *skep__frame_new(struct pool *pool)
{
	struct frame *f = skep__pool_zalloc(pool, 1, sizeof(*f));

	if (!f)
		return NULL;
	f->pool = pool;
	for (u32 i = 0; i < MAX_BPF_REG; i++)
		skep__reg_not_init(&f->regs[i]);
	return f;
}

/* ---- blocks of slots ------------------------------------------------------------------------- */

static u32 nr_blocks(const struct frame *f)
{
	return (f->nr_slots + BLOCK_SLOTS - 1) / BLOCK_SLOTS;
}

static void drop_blocks(struct frame *f)
{
	for (u32 i = 0; i < nr_blocks(f); i++) {
		if (!--f->blocks[i]->users)
			skep__pool_free(f->pool, f->blocks[i], sizeof(*f->blocks[i]));
	}
}

void skep__own_block(struct pool *pool, struct slot_block **block)
{
	struct slot_block *copy = skep__pool_alloc(pool, sizeof(*copy));

	if (!copy)
		return;
	*copy = **block;
	copy->users = 1;
	(*block)->users--;
	*block = copy;
}

/* Slots behind the last one touched are empty in its block already. */
int skep__frame_grow_stack(struct frame *f, u32 nr_slots)
{
	for (u32 i = nr_blocks(f); i * BLOCK_SLOTS < nr_slots; i++) {
		struct slot_block *block = skep__pool_alloc(f->pool, sizeof(*block));

		if (!block)
			return -ENOMEM;
		block->users = 1;
		for (u32 j = 0; j < BLOCK_SLOTS; j++)
			slot_clear(&block->slots[j]);
		f->blocks[i] = block;
		f->nr_slots = min((i + 1) * BLOCK_SLOTS, nr_slots);
	}
	f->nr_slots = max(f->nr_slots, nr_slots);
	return 0;
}

static int copy_frame(struct pool *pool, struct frame **dst, const struct frame *src)
{
	for (u32 i = 0; i < nr_blocks(src); i++)
		src->blocks[i]->users++;
	if (*dst)
		drop_blocks(*dst);
	else
		*dst = skep__pool_alloc(pool, sizeof(**dst));
	if (!*dst)
		return -ENOMEM;
	**dst = *src;
	return 0;
}

/* ---- states ---------------------------------------------------------------------------------- */

void skep__frame_free(struct pool *pool, struct frame *f)
{
	if (!f)
		return;
	drop_blocks(f);
	skep__pool_free(pool, f, sizeof(*f));
}

void skep__state_free(struct pool *pool, struct state *s)
{
	if (!s)
		return;
	for (u32 i = 0; i < MAX_CALL_FRAMES; i++)
		skep__frame_free(pool, s->frames[i]);
	skep__pool_free(pool, s->refs, s->cap_refs * sizeof(*s->refs));
	skep__pool_free(pool, s->jumps, s->cap_jumps * sizeof(*s->jumps));
	skep__pool_free(pool, s, sizeof(*s));
}

/* Makes room for n elements without keeping the old ones' contents beyond `used`. */
static void *make_room(struct pool *pool, void *old, u32 *cap, u32 used, u32 n, size_t size)
{
	u32 want = max(n, *cap ? *cap * 2 : 4u);
	void *block = skep__pool_grow(pool, old, *cap * size, used * size, want * size);

	if (block)
		*cap = want;
	return block;
}

static int copy_refs(struct pool *pool, struct state *dst, const struct state *src)
{
	if (src->nr_refs > dst->cap_refs) {
		void *refs = make_room(pool, dst->refs, &dst->cap_refs, 0, src->nr_refs,
				       sizeof(*dst->refs));

		if (!refs)
			return -ENOMEM;
		dst->refs = refs;
	}
	if (src->nr_refs)
		memcpy(dst->refs, src->refs, src->nr_refs * sizeof(*dst->refs));
	return 0;
}

static int copy_jumps(struct pool *pool, struct state *dst, const struct state *src)
{
	if (src->nr_jumps > dst->cap_jumps) {
		void *jumps = make_room(pool, dst->jumps, &dst->cap_jumps, 0, src->nr_jumps,
					sizeof(*dst->jumps));

		if (!jumps)
			return -ENOMEM;
		dst->jumps = jumps;
	}
	if (src->nr_jumps)
		memcpy(dst->jumps, src->jumps, src->nr_jumps * sizeof(*dst->jumps));
	return 0;
}

int skep__state_copy(struct pool *pool, struct state *dst, const struct state *src)
{
	struct state keep;
	int err;

	err = copy_refs(pool, dst, src);
	if (!err)
		err = copy_jumps(pool, dst, src);
	for (u32 i = src->cur + 1; i < MAX_CALL_FRAMES; i++) {
		skep__frame_free(pool, dst->frames[i]);
		dst->frames[i] = NULL;
	}
	for (u32 i = 0; i <= src->cur && !err; i++)
		err = copy_frame(pool, &dst->frames[i], src->frames[i]);
	if (err)
		return err;
	keep = *dst;
	*dst = *src;
	memcpy(dst->frames, keep.frames, sizeof(dst->frames));
	dst->refs = keep.refs;
	dst->cap_refs = keep.cap_refs;
	dst->jumps = keep.jumps;
	dst->cap_jumps = keep.cap_jumps;
	dst->next = keep.next;
	dst->equal = keep.equal;
	dst->hits = keep.hits;
	dst->misses = keep.misses;
	dst->in_free_list = keep.in_free_list;
	dst->cleaned = keep.cleaned;
	return 0;
}

int skep__state_add_ref(struct pool *pool, struct state *s, const struct ref *ref)
{
	if (s->nr_refs == s->cap_refs) {
		void *refs = make_room(pool, s->refs, &s->cap_refs, s->nr_refs, s->nr_refs + 1,
				       sizeof(*s->refs));

		if (!refs)
			return -ENOMEM;
		s->refs = refs;
	}
	s->refs[s->nr_refs++] = *ref;
	return 0;
}

struct ref *skep__state_find_ref(struct state *s, u32 id)
{
	for (u32 i = 0; i < s->nr_refs; i++) {
		if (s->refs[i].id == id)
			return &s->refs[i];
	}
	return NULL;
}

/* The order stays that of acquiring: locks are released in reverse. */
void skep__state_drop_ref(struct state *s, u32 index)
{
	memmove(&s->refs[index], &s->refs[index + 1], (s->nr_refs - index - 1) * sizeof(*s->refs));
	s->nr_refs--;
}
