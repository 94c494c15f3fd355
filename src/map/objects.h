/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory of the objects that programs allocate, shared by every process that runs programs. A
 *program has plain pointers into its process's mapping; what stands in shared memory (kptr fields
 *of map values and objects, links of lists and trees) is a handle: the distance from the mapping's
 *start, masked before it is used. So whatever a peer writes, a handle leads to an object or to
 * other objects' bytes, and nowhere else.
 *
 *	guard | objects (slabs of one size each) | CPU 0's copies of per-CPU objects | CPU 1's | ...
 *| guard | control
 *
 * An object has a head in front, with a count of its owners. The last one gives it back with all
 *that its fields hold. One that others could reach is not used again before every run that may have
 *seen it has ended, as RCU has it in the kernel. What a thread had in hand when it was killed stays
 *allocated.
 */
#ifndef SKEP_MAP_OBJECTS_H
#define SKEP_MAP_OBJECTS_H

#include "map/cpu.h"
#include "map/lock.h"
#include "map/map.h"

#define OBJECTS_BYTES (256u << 20) /* with CPU 0's copies, which come last; a power of two */
#define OBJECTS_MASK ((OBJECTS_BYTES - 1) & ~7u)
#define OBJECTS_UNIT (4u << 20) /* of one CPU's copies */
/* Before and behind: an object of which a masked handle names a part is no longer. */
#define OBJECTS_GUARD 8192u
#define OBJECT_MAX 4088u /* the kernel's bpf_mem_alloc: 4096 less its own head */

/* Which special fields stand where in a struct; the same for all structs that agree in that. */
struct object_layout {
	u32 nr;
	struct layout_field {
		u32 offset;
		u32 kind; /* enum special_kind */
	} fields[MAP_SPECIAL_MAX];
};
#define OBJECT_LAYOUTS 4096u

struct objects_control;

/* As one process sees it. */
struct objects {
	u8 *mem;
	u64 mem_size;
	struct objects_control *control;
	const struct cpus *cpus; /* whose runs freed objects wait for */
};

/* In front of each object. */
struct object_head {
	_Atomic u32 link; /* free ones: the next */
	_Atomic u32 refs; /* owners; 0: free. OBJECT_SHARED beside it. */
	/* Grows when it is freed: checked mode knows pointers to the old one by it. */
	_Atomic u32 gen;
	u16 layout, size;
};
static_assert(sizeof(struct object_head) == 16, "keeps objects aligned");

#define OBJECT_SHARED 0x80000000u /* others than its first owner could have seen it */

/* 0 or -ENOMEM. (control plane) */
int skep__objects_init(struct objects *o, const struct cpus *cpus);
void skep__objects_fini(struct objects *o); /* also when it was never made, and is zeroes */

/* The number of a layout, the same for every process: 0 for one without fields; or -ENOSPC.
 * (control plane) */
s64 skep__objects_layout(struct objects *o, const struct object_layout *layout);

/* Zeroed, and owned by the caller; NULL: no memory, or too large. */
void *skep__object_new(struct objects *o, u32 size, u32 layout);
void *skep__percpu_object_new(struct objects *o, u32 size);

/* One more owner; false: there is none any more. */
bool skep__object_get(struct objects *o, void *object);
/* One less. */
void skep__object_put(struct objects *o, void *object);

/* The head of the object that a pointer leads into; NULL: into none. */
struct object_head *skep__object_head(const struct objects *o, const void *inside);

/* As it is in shared memory: checked before it is believed. */
void skep__object_layout(const struct objects *o, const struct object_head *head,
			 struct object_layout *out);

static inline void *head_object(struct object_head *head)
{
	return head + 1;
}

/* Others may see it from now on. */
static inline void object_share(struct object_head *head)
{
	atomic_fetch_or_explicit(&head->refs, OBJECT_SHARED, memory_order_release);
}

static inline void *object_at(const struct objects *o, u64 handle)
{
	return handle ? o->mem + ((u32)handle & OBJECTS_MASK) : NULL;
}

static inline bool objects_contain(const struct objects *o, const void *p)
{
	return (u64)((uintptr_t)p - (uintptr_t)o->mem) < OBJECTS_BYTES;
}

static inline u32 object_handle(const struct objects *o, const void *p)
{
	return p ? (u32)((uintptr_t)p - (uintptr_t)o->mem) : 0;
}

/* A CPU's copy of a per-CPU object. */
static inline void *percpu_object(void *object, u32 cpu)
{
	return (u8 *)object + (u64)cpu * OBJECTS_UNIT;
}

/* Objects that have lost their last owner and not been emptied yet: a chain of handles, by their
 * links. */
struct doomed {
	u32 first; /* of a head; bit 0: it was shared */
};
/* One owner less; the object is doomed if that was the last. */
void skep__doom(struct objects *o, struct doomed *doomed, void *object);
void skep__doom_all(struct objects *o, struct doomed *doomed);

/* Empties a special field of a map value or of an object: what it held is given back. lock: of the
 * same value, or NULL. */
void skep__field_free(struct objects *o, enum special_kind kind, void *field,
		      struct map_lock *lock);
void skep__field_empty(struct objects *o, enum special_kind kind, void *field,
		       struct map_lock *lock, struct doomed *doomed);

/* A number that no list or tree had before. */
u64 skep__objects_new_root(struct objects *o);

#endif
