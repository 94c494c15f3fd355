/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Allocation of objects. A slab of 64 KiB holds objects of one size; each size has a stack of free
 * ones and a slab that is being used up. Nothing is believed of shared memory: a handle from a free
 * list must lie at an object's place in a slab of that size, and is taken by its count going from 0
 * to 1, so that no list, however spoiled, gives an object to two owners.
 */
#include "map/objects.h"

#include <string.h>
#include <sys/mman.h>

#include "map/bytes.h"

#define SLAB_SHIFT 16
#define SLAB (1u << SLAB_SHIFT)
#define NR_SLABS (OBJECTS_BYTES / SLAB)
#define PERCPU_SLABS (OBJECTS_UNIT / SLAB) /* the last ones */
#define MAX_TRIES 4096 /* lost races; beyond it somebody is playing with the list */
#define MAX_WALK (1u << 24) /* more than there are objects */

/* Bytes of an object with its head. */
static const u16 strides[] = { 32, 48, 64, 96, 128, 192, 256, 384, 528, 1024, 2048, 4112 };
#define NR_SIZES ARRAY_SIZE(strides)

struct free_list {
	/* Low half: handle of the first free head; high half: a count against ABA. */
	_Atomic u64 list;
	_Atomic u64 slab; /* low half: objects used of it; high half: its number; 0: none */
};

struct objects_control {
	struct map_lock grow, reclaim, layouts_lock;
	_Atomic u32 slabs[2]; /* taken so far: of plain objects, of per-CPU ones */
	_Atomic u64 last_root;
	_Atomic u64 limbo; /* freed, and runs may still look at them: a list like the free ones */
	_Atomic u32 leaving; /* those of them that wait for the runs in `marks` to end */
	struct free_list free[2][NR_SIZES];
	_Atomic u8 sizes[NR_SLABS]; /* 1 + index into strides; 0: not in use */
	_Atomic u32 nr_layouts; /* without number 0, which has no fields */
	struct object_layout layouts[OBJECT_LAYOUTS];
	struct cpu_mark marks[]; /* for each CPU */
};

/* ---- the memory ------------------------------------------------------------------------------ */

int skep__objects_init(struct objects *o, const struct cpus *cpus)
{
	u64 control = OBJECTS_BYTES + (u64)(cpus->nr - 1) * OBJECTS_UNIT + 2 * OBJECTS_GUARD;
	u64 size = round_up(control + sizeof(struct objects_control) +
				    cpus->nr * sizeof(struct cpu_mark),
			    4096);
	u8 *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (mem == MAP_FAILED)
		return -ENOMEM;
	*o = (struct objects){
		.mem = mem + OBJECTS_GUARD,
		.mem_size = size,
		.control = (struct objects_control *)(mem + control),
		.cpus = cpus,
	};
	return 0;
}

void skep__objects_fini(struct objects *o)
{
	if (o->mem)
		munmap(o->mem - OBJECTS_GUARD, o->mem_size);
	o->mem = NULL;
}

/* ---- layouts --------------------------------------------------------------------------------- */

s64 skep__objects_layout(struct objects *o, const struct object_layout *layout)
{
	struct objects_control *c = o->control;
	s64 number = -ENOSPC;
	u32 nr;

	if (!layout->nr)
		return 0;
	if (skep__lock(&c->layouts_lock))
		return -EBUSY;
	nr = min(atomic_load(&c->nr_layouts), OBJECT_LAYOUTS - 1);
	for (u32 i = 1; i <= nr && number < 0; i++) {
		if (!memcmp(&c->layouts[i], layout, sizeof(*layout)))
			number = i;
	}
	if (number < 0 && nr + 1 < OBJECT_LAYOUTS) {
		number = nr + 1;
		c->layouts[number] = *layout;
		atomic_store(&c->nr_layouts, (u32)number);
	}
	skep__unlock(&c->layouts_lock);
	return number;
}

void skep__object_layout(const struct objects *o, const struct object_head *head,
			 struct object_layout *out)
{
	*out = o->control->layouts[head->layout & (OBJECT_LAYOUTS - 1)];
	out->nr = min(out->nr, (u32)MAP_SPECIAL_MAX);
	for (u32 i = 0; i < out->nr; i++) {
		/* No field is longer than 32 bytes; the mapping is, behind every object. */
		out->fields[i].offset = min(out->fields[i].offset, OBJECT_MAX) & ~3u;
		if (out->fields[i].kind >= NR_SPECIAL_KINDS)
			out->fields[i].kind = SPECIAL_BYTES;
	}
}

/* ---- places ---------------------------------------------------------------------------------- */

static bool is_percpu_slab(u32 slab)
{
	return slab >= NR_SLABS - PERCPU_SLABS;
}

/* 0: nothing is there. */
static u32 stride_of(const struct objects *o, u32 slab)
{
	u32 size = atomic_load_explicit(&o->control->sizes[slab], memory_order_acquire);

	return size && size <= NR_SIZES ? strides[size - 1] : 0;
}

static struct object_head *head_at(const struct objects *o, u32 at)
{
	return (struct object_head *)(o->mem + at);
}

struct object_head *skep__object_head(const struct objects *o, const void *inside)
{
	u32 at = object_handle(o, inside), slab = at >> SLAB_SHIFT, stride, index;

	if (!objects_contain(o, inside))
		return NULL;
	stride = stride_of(o, slab);
	if (!stride)
		return NULL;
	index = (at & (SLAB - 1)) / stride;
	return (index + 1) * stride <= SLAB ? head_at(o, (slab << SLAB_SHIFT) + index * stride)
					    : NULL;
}

/* A head's handle as a free list has it: it must be one of that size. */
static struct object_head *checked_head(const struct objects *o, u32 at, bool percpu, u32 size)
{
	struct object_head *head;

	if (!at || at >= OBJECTS_BYTES || is_percpu_slab(at >> SLAB_SHIFT) != percpu ||
	    stride_of(o, at >> SLAB_SHIFT) != strides[size])
		return NULL;
	head = skep__object_head(o, o->mem + at);
	return head == head_at(o, at) ? head : NULL;
}

/* ---- lists of free objects ------------------------------------------------------------------- */

static void push(struct objects *o, _Atomic u64 *list, struct object_head *head)
{
	u64 seen = atomic_load_explicit(list, memory_order_relaxed);
	u32 at = object_handle(o, head);

	for (u32 tries = 0; tries < MAX_TRIES; tries++) {
		atomic_store_explicit(&head->link, (u32)seen, memory_order_relaxed);
		if (atomic_compare_exchange_weak_explicit(
			    list, &seen, ((seen >> 32) + 1) << 32 | at, memory_order_release,
			    memory_order_relaxed))
			return;
	}
}

static struct object_head *pop(struct objects *o, bool percpu, u32 size)
{
	_Atomic u64 *list = &o->control->free[percpu][size].list;
	u64 seen = atomic_load_explicit(list, memory_order_acquire);

	for (u32 tries = 0; tries < MAX_TRIES && (u32)seen; tries++) {
		struct object_head *head = checked_head(o, (u32)seen, percpu, size);
		u64 next = 0;

		if (head)
			next = atomic_load_explicit(&head->link, memory_order_relaxed);
		next |= ((seen >> 32) + 1) << 32;
		if (atomic_compare_exchange_weak_explicit(list, &seen, next, memory_order_acquire,
							  memory_order_acquire))
			return head;
	}
	return NULL;
}

/* ---- waiting for runs to end ----------------------------------------------------------------- */

static u32 size_of_slab(const struct objects *o, u32 at)
{
	return atomic_load_explicit(&o->control->sizes[at >> SLAB_SHIFT], memory_order_acquire) - 1;
}

static void give(struct objects *o, struct object_head *head)
{
	u32 at = object_handle(o, head), size = size_of_slab(o, at);

	if (size < NR_SIZES)
		push(o, &o->control->free[is_percpu_slab(at >> SLAB_SHIFT)][size].list, head);
}

static void give_all(struct objects *o, u32 at)
{
	for (u32 hops = 0; at && at < OBJECTS_BYTES && hops < MAX_WALK; hops++) {
		struct object_head *head = skep__object_head(o, o->mem + at);

		if (head != head_at(o, at) || atomic_load(&head->refs) & ~OBJECT_SHARED)
			return;
		at = atomic_load_explicit(&head->link, memory_order_relaxed);
		give(o, head);
	}
}

/* Those that waited, if all runs have ended that they waited for; the ones freed since then wait
 * next. */
static void reclaim(struct objects *o)
{
	struct objects_control *c = o->control;

	if (!atomic_load(&c->leaving) && !(u32)atomic_load(&c->limbo))
		return;
	if (skep__trylock(&c->reclaim))
		return;
	if (atomic_load(&c->leaving) && skep__cpu_passed(o->cpus, c->marks))
		give_all(o, atomic_exchange(&c->leaving, 0));
	if (!atomic_load(&c->leaving)) {
		u64 seen = atomic_load(&c->limbo);

		while (!atomic_compare_exchange_weak(&c->limbo, &seen, ((seen >> 32) + 1) << 32))
			;
		skep__cpu_mark(o->cpus, c->marks);
		atomic_store(&c->leaving, (u32)seen);
	}
	skep__unlock(&c->reclaim);
}

/* ---- new objects ----------------------------------------------------------------------------- */

static u32 first_slab(bool percpu)
{
	return percpu ? NR_SLABS - PERCPU_SLABS : 1; /* handle 0 is none */
}

/* A slab that nobody used, for a size that has used up its own; under the lock. */
static bool take_slab(struct objects *o, bool percpu, u32 size, u64 used_up)
{
	struct objects_control *c = o->control;
	u32 limit = percpu ? PERCPU_SLABS : NR_SLABS - PERCPU_SLABS - 1, slab;

	if (atomic_load(&c->free[percpu][size].slab) != used_up)
		return true;
	slab = atomic_load(&c->slabs[percpu]);
	if (slab >= limit)
		return false;
	atomic_store(&c->slabs[percpu], slab + 1);
	slab += first_slab(percpu);
	atomic_store(&c->sizes[slab], (u8)(size + 1));
	atomic_store(&c->free[percpu][size].slab, (u64)slab << 32);
	return true;
}

/* The next of the slab that is being used up. */
static struct object_head *take_fresh(struct objects *o, bool percpu, u32 size)
{
	_Atomic u64 *word = &o->control->free[percpu][size].slab;
	u32 per_slab = SLAB / strides[size];

	for (u32 tries = 0; tries < MAX_TRIES; tries++) {
		u64 seen = atomic_load_explicit(word, memory_order_acquire);
		u32 slab = (u32)(seen >> 32), used = (u32)seen;
		bool there;

		if (seen && used < per_slab) {
			if (atomic_compare_exchange_weak(word, &seen, seen + 1))
				return checked_head(
					o, (slab % NR_SLABS << SLAB_SHIFT) + used * strides[size],
					percpu, size);
			continue;
		}
		if (skep__lock(&o->control->grow))
			return NULL;
		there = take_slab(o, percpu, size, seen);
		skep__unlock(&o->control->grow);
		if (!there)
			return NULL;
	}
	return NULL;
}

static struct object_head *take(struct objects *o, bool percpu, u32 size)
{
	struct object_head *head = pop(o, percpu, size);
	u32 none = 0;

	if (!head) {
		reclaim(o);
		head = pop(o, percpu, size);
	}
	if (!head)
		head = take_fresh(o, percpu, size);
	return head && atomic_compare_exchange_strong(&head->refs, &none, 1) ? head : NULL;
}

static void *new_object(struct objects *o, bool percpu, u32 bytes, u32 layout)
{
	struct object_head *head;
	u32 size = 0;

	while (size < NR_SIZES && strides[size] - sizeof(*head) < bytes)
		size++;
	head = bytes <= OBJECT_MAX && size < NR_SIZES ? take(o, percpu, size) : NULL;
	if (!head)
		return NULL;
	head->layout = (u16)layout;
	head->size = (u16)bytes;
	for (u32 cpu = 0; cpu < (percpu ? o->cpus->nr : 1); cpu++)
		bytes_zero(percpu_object(head_object(head), cpu), round_up(bytes, 8u));
	return head_object(head);
}

void *skep__object_new(struct objects *o, u32 size, u32 layout)
{
	return new_object(o, false, size, layout);
}

void *skep__percpu_object_new(struct objects *o, u32 size)
{
	return new_object(o, true, size, 0);
}

/* ---- owners ---------------------------------------------------------------------------------- */

bool skep__object_get(struct objects *o, void *object)
{
	struct object_head *head = skep__object_head(o, object);
	u32 refs = head ? atomic_load_explicit(&head->refs, memory_order_relaxed) : 0;

	do {
		if (!(refs & ~OBJECT_SHARED) || (refs | OBJECT_SHARED) == UINT32_MAX)
			return false;
	} while (!atomic_compare_exchange_weak(&head->refs, &refs, (refs + 1) | OBJECT_SHARED));
	return true;
}

/* One owner less: true when that was the last. */
static bool let_go(struct object_head *head, bool *shared)
{
	u32 refs = atomic_load_explicit(&head->refs, memory_order_relaxed), left;

	do {
		if (!(refs & ~OBJECT_SHARED))
			return false; /* nobody's: somebody plays with handles */
		left = refs - 1;
		if (!(left & ~OBJECT_SHARED))
			left = 0;
	} while (!atomic_compare_exchange_weak(&head->refs, &refs, left));
	*shared = refs & OBJECT_SHARED;
	return !left;
}

u64 skep__objects_new_root(struct objects *o)
{
	return atomic_fetch_add(&o->control->last_root, 1) + 1;
}

static struct map_lock *lock_in(const struct object_layout *layout, void *object)
{
	for (u32 i = 0; i < layout->nr; i++) {
		if (layout->fields[i].kind == SPECIAL_LOCK)
			return (struct map_lock *)((u8 *)object + layout->fields[i].offset);
	}
	return NULL;
}

/* What an object's fields hold goes onto the list of those to be put. */
static void empty(struct objects *o, struct object_head *head, struct doomed *doomed)
{
	struct object_layout layout;

	if (!head->layout)
		return;
	skep__object_layout(o, head, &layout);
	for (u32 i = 0; i < layout.nr; i++)
		skep__field_empty(o, layout.fields[i].kind,
				  (u8 *)head_object(head) + layout.fields[i].offset,
				  lock_in(&layout, head_object(head)), doomed);
}

void skep__doom(struct objects *o, struct doomed *doomed, void *object)
{
	struct object_head *head = skep__object_head(o, object);
	bool shared;

	if (!head || !let_go(head, &shared))
		return;
	atomic_fetch_add_explicit(&head->gen, 1, memory_order_release);
	atomic_store_explicit(&head->link, doomed->first, memory_order_relaxed);
	doomed->first = object_handle(o, head) | shared;
}

/* Objects may hold others without end: one after the other, and no recursion. */
void skep__doom_all(struct objects *o, struct doomed *doomed)
{
	for (u32 hops = 0; doomed->first && hops < MAX_WALK; hops++) {
		struct object_head *head = head_at(o, doomed->first & OBJECTS_MASK);
		bool shared = doomed->first & 1;

		doomed->first = atomic_load_explicit(&head->link, memory_order_relaxed);
		if (head != skep__object_head(o, head))
			return;
		empty(o, head, doomed);
		if (shared)
			push(o, &o->control->limbo, head);
		else
			give(o, head);
	}
}

void skep__object_put(struct objects *o, void *object)
{
	struct doomed doomed = { 0 };

	skep__doom(o, &doomed, object);
	skep__doom_all(o, &doomed);
}

void skep__field_free(struct objects *o, enum special_kind kind, void *field, struct map_lock *lock)
{
	struct doomed doomed = { 0 };

	skep__field_empty(o, kind, field, lock, &doomed);
	skep__doom_all(o, &doomed);
}
