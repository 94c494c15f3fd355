/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A map as one process sees it: what MAP_CREATE said (checked once, trusted from then on), the mapping
 * of the memfd that holds everything the processes share, and the vtable of its type.
 *
 * The shared memory holds offsets and ids, never pointers, and every word read from it is masked or
 * checked against this process's own copy of the geometry before it is used: a peer that scribbles over
 * a map spoils data and nothing else. What clients may mmap (array values, ring buffer pages) comes
 * first in the file, at offset 0; the type's control block comes after it.
 *
 * Functions marked (data plane) may run in a signal handler or in a stranger's process: no heap, no
 * waiting. Where the kernel would spin on a lock they give up with -EBUSY after a bounded time.
 */
#ifndef SKEP_MAP_MAP_H
#define SKEP_MAP_MAP_H

#include "base/services.h"
#include "base/sha256.h"
#include "base/types.h"
#include "base/uapi.h"

struct map;

/* MAP_CREATE's fields, as the type's check() accepted them. */
struct map_def {
	u32 type; /* enum bpf_map_type */
	u32 key_size, value_size, max_entries;
	u32 flags; /* BPF_F_* of map creation */
	u64 extra; /* map_extra */
	u32 nr_cpus; /* possible CPUs of the world: slots of per-CPU values */
};

struct map_ops {
	/* Kernel's alloc_check: 0 or the errno that MAP_CREATE answers. May round fields up in *def. */
	int (*check)(struct map_def *def);
	u32 own_flags; /* maps of the type have them, and MAP_CREATE may not ask for them */
	bool sparse; /* most of its memory is never touched: it may be larger than the machine's */

	/* Bytes of shared memory for a checked def, below 1 << 40; also fills map->geo when map is given. */
	u64 (*layout)(const struct map_def *def, struct map *map);

	/* Writes the initial state into zeroed shared memory; called by the creator alone. */
	int (*init)(struct map *map);

	/* Process-local state (tables of resolved ids). NULL where there is none. */
	int (*open)(struct map *map);
	void (*close)(struct map *map);

	/*
	 * For programs (data plane); `cpu` is the slot the run owns. lookup returns the value in shared
	 * memory (readable until the run ends) or NULL; the others return 0 or -errno.
	 */
	void *(*lookup)(struct map *map, const void *key, u32 cpu);
	void *(*lookup_percpu)(struct map *map, const void *key, u32 cpu); /* any slot's value */
	int (*update)(struct map *map, const void *key, const void *value, u64 flags, u32 cpu);
	int (*remove)(struct map *map, const void *key, u32 cpu);
	int (*push)(struct map *map, const void *value, u64 flags);
	int (*pop)(struct map *map, void *value);
	int (*peek)(struct map *map, void *value);
	u32 (*redirect)(struct map *map, u64 key, u64 flags); /* the verdict of bpf_redirect_map */

	/*
	 * For bpf(2). `value` has skep__map_value_bytes(map) bytes: one value, or one rounded up to 8 for
	 * each possible CPU. next_key: key NULL or absent gives the first; -ENOENT after the last.
	 */
	int (*sys_lookup)(struct map *map, const void *key, void *value, u64 flags);
	int (*sys_update)(struct map *map, const void *key, const void *value, u64 flags);
	int (*sys_remove)(struct map *map, const void *key);
	int (*sys_lookup_and_delete)(struct map *map, const void *key, void *value, u64 flags);
	int (*sys_next_key)(struct map *map, const void *key, void *next);

	/*
	 * bpf_for_each_map_elem: calls fn(map, key, value, opaque) until it returns non-zero; returns the
	 * number of calls. NULL: the type does not have it.
	 */
	s64 (*for_each)(struct map *map, u32 cpu,
			u64 (*fn)(struct map *map, void *key, void *value, void *opaque),
			void *opaque);

	/* Calls fn with every value that there may be, of every CPU. NULL: none has special fields.
	 * (control plane) */
	void (*each_value)(struct map *map, void (*fn)(struct map *map, void *value));

	/* Where mmap(2) of the fd is allowed: bytes from offset 0 that a client may map; 0 none. */
	u64 (*mmap_bytes)(const struct map *map);
};

/* Addresses inside the mapping, computed from the def by layout() and trusted; each family has its own. */
struct map_geo {
	u64 control; /* offset of the type's control block */
	u64 words[7]; /* the family's, under names of its own */
};

/* What a special field is to the maps and objects that it stands in. */
enum special_kind {
	SPECIAL_BYTES, /* nothing that would have to be given back */
	SPECIAL_LOCK, /* struct bpf_spin_lock or bpf_res_spin_lock */
	SPECIAL_KPTR, /* handle of an object that a program allocated (map/objects.h) */
	SPECIAL_LIST,
	SPECIAL_TREE,
	SPECIAL_TIMER,
	SPECIAL_WORK, /* struct bpf_wq */
	SPECIAL_LIST_NODE,
	SPECIAL_TREE_NODE,
	NR_SPECIAL_KINDS,
};

#define MAP_SPECIAL_MAX 11

struct objects;

/* Fields of values that are not for copying, by rising offset (map/special.h). */
struct map_special {
	u32 nr;
	bool has_lock; /* a struct bpf_spin_lock, or bpf_res_spin_lock, */
	u32 lock; /*	there */
	bool has_timers; /* or work queues */
	bool owns; /* some of them hold what is given back when the value goes */
	struct {
		u32 offset, size;
		enum special_kind kind;
	} fields[MAP_SPECIAL_MAX];
};

struct map {
	const struct map_ops *ops;
	struct map_def def;
	struct map_geo geo;
	u32 id; /* the world's */
	char name[BPF_OBJ_NAME_LEN]; /* for people; may be empty */
	int fd; /* memfd; -1 when memory was given by the caller */
	u8 *mem; /* this process's mapping */
	u64 mem_size;
	void *local; /* the type's process-local state */
	_Atomic bool constant; /* skep__map_make_constant has been called */
	const struct services *svc;
	struct map_special special; /* set before the map can be reached */
	struct objects *objects; /* what its fields hold; NULL: none of them does */
	u8 digest[SHA256_SIZE]; /* of the values, since bpf(2) was last asked; or zeros */
	const struct map_def *inner; /* map-in-map: the shape that inner maps must have; owned */
};

/* The vtable of a type, or NULL when skep has no such map. */
const struct map_ops *skep__map_ops(u32 type);
const char *skep__map_type_name(u32 type); /* libbpf's spelling: "lru_hash"; NULL if unknown */

/* Checks a definition as MAP_CREATE does: 0 or -errno. May normalise *def as the kernel does. */
int skep__map_check(struct map_def *def);

/*
 * A new map in a new memfd of the given name (control plane). NULL with *err = -errno (-ENOMEM, -E2BIG,
 * -EINVAL, -EMFILE). The caller owns it and ends it with skep__map_free; `inner` (may be NULL) is copied.
 */
struct map *skep__map_new(const struct map_def *def, const struct map_def *inner, u32 id,
			  const char *memfd_name, const struct services *svc, int *err);

/* A handle on a map that another process made: fd is taken over on success. Same errors. */
struct map *skep__map_open(const struct map_def *def, const struct map_def *inner, u32 id, int fd,
			   const struct services *svc, int *err);
void skep__map_free(struct map *map); /* unmaps, closes the fd */

/*
 * Frozen, and only read by programs: this process gets a copy of the memory in the place of the shared pages, so that
 * what the verifier has read there stays true although others may have the file mapped. 0 or -errno.
 */
int skep__map_make_constant(struct map *map);

/* Bytes that a value has at the bpf(2) boundary. */
u32 skep__map_value_bytes(const struct map *map);

/* Largest per-CPU value: the kernel's PCPU_MIN_UNIT_SIZE. */
#define MAP_MAX_PERCPU_VALUE (32u << 10)

/* Programs may be kept from reading or from writing, not from both. */
static inline bool map_access_flags_ok(u32 flags)
{
	return (flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)) !=
	       (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG);
}

static inline bool map_is_percpu(const struct map *map)
{
	return map->def.type == BPF_MAP_TYPE_PERCPU_HASH ||
	       map->def.type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       map->def.type == BPF_MAP_TYPE_LRU_PERCPU_HASH ||
	       map->def.type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

#endif
