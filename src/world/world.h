/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A world: to eBPF programs what one booted kernel is. It owns the id tables, the pins, the CPU
 * slots and the services that programs run with. One lock guards the tables; data of maps is not
 * under it.
 */
#ifndef SKEP_WORLD_WORLD_H
#define SKEP_WORLD_WORLD_H

#include <pthread.h>

#include "base/services.h"
#include "exec/prog.h"
#include "map/cpu.h"
#include "map/objects.h"
#include "world/fds.h"
#include "world/idtable.h"
#include "world/net.h"
#include "world/object.h"
#include "world/timers.h"

#define WORLD_INO_BUCKETS 256
#define MAX_SHOWN 4

struct pin; /* a path and an object (pin.c) */
struct verify_watch;
struct run_watch;

struct world {
	pthread_mutex_t lock;
	pthread_mutex_t elems_lock; /* taken before lock: one change at a time of elements that are
				       objects */
	struct idtable tables[NR_OBJECT_KINDS];
	struct object *by_ino[WORLD_INO_BUCKETS];
	u64 memfd_dev; /* every memfd's device; an fd of another is no object's */
	u32 news; /* objects made since the last sweep */
	u32 max_objects; /* 0: no limit */
	u64 max_bytes, bytes; /* of the objects' memory: allowed, and there */
	struct pin *pins;
	int pin_dir; /* where pins are files; -1: they are paths and nothing else */
	u64 pin_dev; /* of the file system that the directory is the root of */
	struct shown_fs {
		u64 dev;
		u32 magic;
	} shown[MAX_SHOWN]; /* file systems that clients take for others */
	u32 nr_shown;
	int trace_pipe; /* where trace_printk's lines go when trace is NULL; -1: nowhere */
	struct world_net *net; /* NULL: nothing but the loopback interface */
	struct cpus cpus;
	struct services services;
	_Atomic(struct map *) *maps; /* by id (services.h) */
	_Atomic(const struct prog *) *progs;
	struct code_pool *code_pool; /* NULL: each program's code has pages of its own */
	enum exec_mode mode;
	bool unverified; /* programs are loaded without the verifier's consent */
	u32 verify_caps; /* VERIFY_CAP_* that loaders have */
	/* Look on while programs are verified, which then keep the code that is dead, so that its
	 * instructions have the same numbers; and while test runs are in checked mode. Tests set
	 * them; NULL: nobody. */
	const struct verify_watch *verify_watch;
	const struct run_watch *run_watch;
	/* fds on their way to clients: a client may use, and close, its own before the world has
	 * closed it here */
	_Atomic u64 gives_begun, gives_ended;
	struct timers timers;
	struct objects objects; /* that programs allocate; without memory before the first that has
				   to do with them */
	struct btf *kernel_btf; /* NULL: nobody asked yet, or there is none (kernel_btf.c) */
	struct object stats; /* what ENABLE_STATS gives fds of: run statistics are kept while one is
				open */
	_Atomic bool gave_stats; /* one was given, so it is worth a system call to see */
	/* bpf_trace_printk; NULL: nowhere */
	void (*trace)(void *opaque, const char *line, size_t len);
	void *trace_opaque;
};

struct world_config {
	u32 nr_cpus; /* 0: as many as the machine has */
	bool unverified;
	u32 verify_caps; /* 0: all */
	u32 max_objects; /* 0: no limit */
	u64 max_bytes;
};

/* NULL with *err = -ENOMEM, -EMFILE or -EINVAL. */
struct world *skep__world_new(const struct world_config *config, int *err);
void skep__world_free(struct world *w);

/* Small programs share code pages from now on. For processes that do not fork (jit/code_pool.h). */
void skep__world_share_code(struct world *w);

/*
 * Publishes an object: id, inode table. The world takes it over, and the caller's reference with
 * it, which the caller drops with object_put once a client has an fd. 0; -EPERM: too many objects;
 * -ENOMEM: too much memory; or another -errno. Then it is still the caller's.
 */
int skep__world_publish(struct world *w, struct object *obj);

/* Finds by id, or by what an fd refers to; takes a reference. NULL: no such object (of that kind).
 */
struct object *skep__world_get(struct world *w, enum object_kind kind, u32 id);
struct object *skep__world_get_by_fd(struct world *w, const struct fd_id *id);
u32 skep__world_next_id(struct world *w, enum object_kind kind, u32 id); /* 0: none above */

/* Types of kernel objects, for as long as the world lives; NULL: this machine does not tell. Takes
 * the lock. */
const struct btf *skep__world_kernel_btf(struct world *w);

/* Memory of allocated objects, from the first time that it is asked for until the world ends. NULL
 * with *err. Takes the lock. (objects.c) */
struct objects *skep__world_objects(struct world *w, int *err);
/* What a special field is to a map or an object that it stands in. */
enum special_kind skep__special_kind(const struct btf_field *field);
/* The structs that a program with that BTF may allocate, by rising id; the caller frees the list. 0
 * or -errno. */
struct object_type;
int skep__world_object_types(struct world *w, const struct btf *btf, struct object_type **types,
			     u32 *nr);

/* The same types as an object, which has the first id: made when somebody looks for ids. Takes the
 * lock. */
#define KERNEL_BTF_ID 1
void skep__world_show_kernel_btf(struct world *w);

/* Into the table of inodes; with the lock held. */
void skep__world_link(struct world *w, struct object *obj, u32 id);

/* Frees every object that nobody can reach any more: no fd, no pin, no reference. */
void skep__world_sweep(struct world *w);

/* The same for those who look: objects that clients have closed are gone, also those that are still
 * on their way. */
void skep__world_settle(struct world *w);

/* The private name space of pins. -EEXIST / -ENOENT / -ENOMEM. */
int skep__world_pin(struct world *w, const char *path, struct object *obj);
struct object *skep__world_get_pinned(struct world *w, const char *path); /* takes a reference */

/* The file system of that directory is told apart by a device number, and stands for one with that
 * magic number. 0 or -errno. */
int skep__world_show_fs(struct world *w, int dir, u32 magic);
u32 skep__world_fs_magic(const struct world *w, u64 dev); /* 0: it stands for nothing */

/* Lines of bpf_trace_printk go to the fifo in that directory, from where clients read them. */
int skep__world_open_trace_pipe(struct world *w, int tracing_dir);
void skep__world_trace_pipe(struct world *w, const struct services *svc, const char *line,
			    size_t len);

/* From now on pins are files of the file system that dir, which the world takes over, is the root
 * of. 0 or -errno. */
int skep__world_set_pin_dir(struct world *w, int dir);
/* The file is new; the world takes the fd over. 0, or -errno and it does not. */
int skep__world_pin_file(struct world *w, int file, struct object *obj);
struct object *skep__world_get_pinned_file(struct world *w, u64 ino); /* takes a reference */
void skep__world_unpin_unlinked(struct world *w); /* holds the lock */
void skep__world_unpin_all(struct world *w); /* holds the lock or nobody else is left */

/* An element of a map-in-map, prog_array and the like starts or stops referring to an object. */
int skep__map_elem_hold(struct world *w, struct map_object *m, struct object *obj);
void skep__map_elem_drop(struct world *w, struct map_object *m, enum object_kind kind, u32 id);
void skep__map_elems_put(struct map_object *m); /* drops them all and leaves the elements alone */
void skep__map_elems_clear(struct world *w, struct map_object *m); /* array-like; under the lock */

/* Does the map of programs (prog_array, devmap, cpumap) take this one? The first that it meets
 * decides (under the lock). */
bool skep__map_takes_prog(struct map_object *m, const struct prog *prog);

#endif
