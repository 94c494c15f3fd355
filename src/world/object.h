/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What has an id and an fd: maps, programs, BTF, perf events. Each is backed by a memfd of its own;
 * a client's fd is a description of that memfd, and an fd is told apart by the memfd's inode. The
 * world keeps one more description for itself and asks the kernel whether others are left (fds.h),
 * so an object lives as long as somebody has it open, maps it, or refers to it from inside the
 * world, with no close() trapped.
 */
#ifndef SKEP_WORLD_OBJECT_H
#define SKEP_WORLD_OBJECT_H

#include "base/types.h"
#include "base/uapi.h"
#include "btf/btf.h"
#include "btf/fields.h"
#include "exec/prog.h"
#include "map/map.h"
#include "map/perf_ring.h"

struct world;

enum object_kind {
	OBJ_MAP,
	OBJ_PROG,
	OBJ_BTF,
	OBJ_EVENT,
	NR_OBJECT_KINDS,
	OBJ_STATS = NR_OBJECT_KINDS
};

/* A client's description that the world has an fd of, too (fds.h). */
struct kept_fd {
	int fd, accmode; /* -1: none */
	_Atomic s32 users; /* who compare by it; or KEPT_CHANGES */
};
#define KEPT_CHANGES (-1)

struct object {
	enum object_kind kind;
	u32 id; /* 0: not published yet */
	_Atomic u32 refs; /* from inside the world: other objects, pins, calls in progress */
	u32 pins; /* those of them that are pins */
	bool has_locked_fds; /* some that the kernel does not count as writers were given out (fds.c) */
	_Atomic int first_fd; /* a description for the first client; -1: none (any more) */
	int fd; /* the world's own description; for maps it is map->fd too */
	struct kept_fd kept;
	u64 ino;
	u64 bytes; /* of memory that it is counted with */
	_Atomic int wake_fd; /* eventfd that epoll sets have in place of its fd; -1: none */
	struct object *next_by_ino;
	char name[BPF_OBJ_NAME_LEN];
};

struct btf_object {
	struct object obj;
	struct btf *btf;
	bool is_kernel; /* the world's kernel_btf: not to be freed here */
};

/* Program type facts that every program in a prog_array must share. */
struct prog_array_owner {
	bool set, xdp_has_frags;
	u32 type, expected_attach_type;
};

struct map_object {
	struct object obj;
	struct map *map;
	struct btf_object *btf; /* NULL: none */
	u32 btf_key_type_id, btf_value_type_id;
	u32 btf_vmlinux_value_type_id; /* struct_ops: the kernel's type of the value */
	struct btf_record record; /* special fields of values; nr 0: none */
	struct btf_object *inner_btf; /* map-in-map: types of inner maps' values; NULL: none */
	struct btf_record inner_record;
	_Atomic bool frozen;
	_Atomic u32 writers; /* bpf(2) calls that are writing: freezing is refused meanwhile */
	struct prog_array_owner owner;
	struct object **elems; /* objects that elements refer to, one reference each; in no order */
	u32 nr_elems, cap_elems;
};

struct prog_stats {
	_Atomic u64 run_cnt, run_time_ns, misses;
};

struct prog_object {
	struct object obj;
	struct prog prog;
	struct map_object **maps; /* one reference each; the first prog.nr_maps are prog.maps' */
	u32 nr_maps;
	struct btf_object *btf; /* NULL: none */
	struct bpf_insn *xlated; /* for OBJ_GET_INFO: ids of maps, calls as the kernel has them */
	struct bpf_func_info *func_info;
	struct bpf_line_info *line_info;
	u32 nr_func_info, nr_line_info;
	u32 attach_btf_id; /* the kernel's type that it is for; 0: none */
	u32 verified_insns; /* that the verifier looked at; 0: it was not asked */
	u64 load_time; /* CLOCK_BOOTTIME, ns */
	u32 uid;
	struct prog_stats stats;
};

/* A perf event: what perf_event_open gives an fd of. Its ring is the memfd, sized by the client's
 * mmap. */
struct event_object {
	struct object obj;
	struct perf_event event;
	u64 mapped; /* bytes at event.ring.mem */
};

/* Ends an object that nothing can reach any more; it drops the references that it holds. */
void skep__object_free(struct world *w, struct object *obj);

static inline void object_get(struct object *obj)
{
	atomic_fetch_add_explicit(&obj->refs, 1, memory_order_relaxed);
}

/* Never frees: an object without references is found by the next sweep (world.h). */
static inline void object_put(struct object *obj)
{
	atomic_fetch_sub_explicit(&obj->refs, 1, memory_order_release);
}

static inline struct map_object *to_map(struct object *obj)
{
	return container_of(obj, struct map_object, obj);
}
static inline struct prog_object *to_prog(struct object *obj)
{
	return container_of(obj, struct prog_object, obj);
}
static inline struct btf_object *to_btf(struct object *obj)
{
	return container_of(obj, struct btf_object, obj);
}
static inline struct event_object *to_event(struct object *obj)
{
	return container_of(obj, struct event_object, obj);
}

/* The start of every object: unpublished, with the fd (or -1 for none yet). */
static inline void object_init(struct object *obj, enum object_kind kind, int fd)
{
	*obj = (struct object){
		.kind = kind, .fd = fd, .first_fd = -1, .kept.fd = -1, .wake_fd = -1
	};
}

#endif
