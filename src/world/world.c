/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/world.h"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "jit/code_pool.h"
#include "map/fd_array.h"

/* Objects made between two sweeps: each check costs the kernel about a microsecond. */
#define SWEEP_EVERY 64

static const struct perf_event *event_by_id(void *opaque, u32 id)
{
	struct world *w = opaque;
	struct object *obj = skep__idtable_find(&w->tables[OBJ_EVENT], id);

	return obj ? &to_event(obj)->event : NULL;
}

/* Whoever waits has the object's eventfd in an epoll set, edge-triggered: nobody has to empty it.
 */
static void wake(void *opaque, struct map *map, u32 index)
{
	struct world *w = opaque;
	bool is_events = map->def.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY;
	u32 id = is_events ? skep__fd_array_id(map, index) : map->id;
	struct object *obj = skep__idtable_find(&w->tables[is_events ? OBJ_EVENT : OBJ_MAP], id);
	int fd = obj ? atomic_load_explicit(&obj->wake_fd, memory_order_acquire) : -1;

	if (fd >= 0)
		eventfd_write(fd, 1);
}

static void trace(const struct services *svc, const char *line, size_t len)
{
	struct world *w = svc->opaque;

	if (w->trace)
		w->trace(w->trace_opaque, line, len);
	else if (w->trace_pipe >= 0)
		skep__world_trace_pipe(w, svc, line, len);
}

static u32 machine_cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_CONF);

	return n > 0 ? n : 1;
}

static int setup_cpus(struct world *w, u32 nr)
{
	size_t size = nr * sizeof(struct cpu_slot);
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		return -ENOMEM;
	w->cpus = (struct cpus){ .slots = mem, .nr = nr };
	return 0;
}

#define TABLE_BYTES (IDTABLE_IDS * sizeof(void *))

/* The tables of services.h: most pages of them are never touched. */
static int setup_tables(struct world *w)
{
	u8 *mem = mmap(NULL, 2 * TABLE_BYTES, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (mem == MAP_FAILED)
		return -ENOMEM;
	w->maps = (void *)mem;
	w->progs = (void *)(mem + TABLE_BYTES);
	return 0;
}

/* What runs find under the object's id: nothing from when it is on its way out. */
static void show(struct world *w, struct object *obj, bool there)
{
	if (obj->kind == OBJ_MAP)
		atomic_store_explicit(&w->maps[obj->id], there ? to_map(obj)->map : NULL,
				      memory_order_release);
	if (obj->kind == OBJ_PROG)
		atomic_store_explicit(&w->progs[obj->id], there ? &to_prog(obj)->prog : NULL,
				      memory_order_release);
}

/* The stats object also tells which device memfds live on. */
static int setup_stats(struct world *w)
{
	struct fd_id id;
	int fd = skep__memfd_new(OBJ_STATS, 0);

	if (fd < 0)
		return fd;
	object_init(&w->stats, OBJ_STATS, fd);
	skep__fd_identify(fd, &id);
	w->memfd_dev = id.dev;
	return 0;
}

void skep__world_share_code(struct world *w)
{
	w->code_pool = skep__code_pool_new();
}

struct world *skep__world_new(const struct world_config *config, int *err)
{
	u32 nr_cpus = config->nr_cpus ? config->nr_cpus : machine_cpus();
	struct world *w;

	if (nr_cpus > 4096) {
		*err = -EINVAL;
		return NULL;
	}
	w = skep__zalloc(sizeof(*w));
	*err = w ? setup_cpus(w, nr_cpus) : -ENOMEM;
	if (*err)
		goto free;
	*err = setup_tables(w);
	if (!*err)
		*err = setup_stats(w);
	if (*err)
		goto unmap;
	pthread_mutex_init(&w->lock, NULL);
	pthread_mutex_init(&w->elems_lock, NULL);
	w->pin_dir = w->trace_pipe = -1;
	w->tables[OBJ_BTF].last = KERNEL_BTF_ID;
	w->unverified = config->unverified;
	w->max_objects = config->max_objects;
	w->max_bytes = config->max_bytes;
	w->verify_caps = config->verify_caps ? config->verify_caps : ~0u;
	w->mode = config->unverified ? MODE_CHECKED : MODE_JIT;
	w->services = skep__default_services;
	w->services.opaque = w;
	w->services.maps = w->maps;
	w->services.nr_maps = IDTABLE_IDS;
	w->services.progs = w->progs;
	w->services.nr_progs = IDTABLE_IDS;
	w->services.event_by_id = event_by_id;
	w->services.wake = wake;
	w->services.trace = trace;
	w->services.async = &skep__timer_ops;
	return w;
unmap:
	if (w->maps)
		munmap(w->maps, 2 * TABLE_BYTES);
	munmap(w->cpus.slots, nr_cpus * sizeof(struct cpu_slot));
free:
	skep__free(w);
	return NULL;
}

/* Programs refer to maps and BTF, maps to BTF and events: in this order nothing is freed before its
 * user. */
static const enum object_kind free_order[] = { OBJ_PROG, OBJ_MAP, OBJ_BTF, OBJ_EVENT };

void skep__world_free(struct world *w)
{
	if (!w)
		return;
	skep__timers_end(w);
	skep__world_unpin_all(w);
	if (w->pin_dir >= 0)
		close(w->pin_dir);
	if (w->trace_pipe >= 0)
		close(w->trace_pipe);
	for (u32 id = 0; (id = skep__idtable_next(&w->tables[OBJ_MAP], id)) != 0;)
		skep__map_elems_put(to_map(skep__idtable_find(&w->tables[OBJ_MAP], id)));
	for (size_t k = 0; k < ARRAY_SIZE(free_order); k++) {
		struct idtable *t = &w->tables[free_order[k]];

		for (u32 id = 0; (id = skep__idtable_next(t, id)) != 0;)
			skep__object_free(w, skep__idtable_find(t, id));
		skep__idtable_fini(t);
	}
	skep__code_pool_free(w->code_pool);
	skep__world_net_put(w->net);
	skep__btf_free(w->kernel_btf);
	skep__objects_fini(&w->objects);
	close(w->stats.fd);
	munmap(w->cpus.slots, w->cpus.nr * sizeof(struct cpu_slot));
	munmap(w->maps, 2 * TABLE_BYTES);
	pthread_mutex_destroy(&w->elems_lock);
	pthread_mutex_destroy(&w->lock);
	skep__free(w);
}

/* The memory that an object keeps for as long as it lives: the file's, and a program's
 * instructions. */
static u64 bytes_of(struct object *obj, u64 file_bytes)
{
	if (obj->kind == OBJ_PROG)
		return file_bytes + to_prog(obj)->prog.len * sizeof(struct bpf_insn);
	return file_bytes;
}

static int check_limits(struct world *w, u64 bytes)
{
	u32 objects = 0;

	for (u32 kind = 0; kind < NR_OBJECT_KINDS; kind++)
		objects += w->tables[kind].count;
	if (w->max_objects && objects >= w->max_objects)
		return -EPERM;
	return w->max_bytes && (bytes > w->max_bytes || w->bytes > w->max_bytes - bytes) ? -ENOMEM
											 : 0;
}

/* Now and then, and when the limits are reached: what nobody can reach any more need not be
 * counted. */
static void make_room(struct world *w, u64 bytes)
{
	pthread_mutex_lock(&w->lock);
	int err = check_limits(w, bytes);
	bool is_time = w->news >= SWEEP_EVERY;
	pthread_mutex_unlock(&w->lock);
	if (err || is_time)
		skep__world_sweep(w);
}

void skep__world_link(struct world *w, struct object *obj, u32 id)
{
	struct object **bucket = &w->by_ino[obj->ino % WORLD_INO_BUCKETS];

	obj->id = id;
	obj->next_by_ino = *bucket;
	*bucket = obj;
}

int skep__world_publish(struct world *w, struct object *obj)
{
	struct stat st;

	if (fstat(obj->fd, &st))
		return -EBADF;
	obj->bytes = bytes_of(obj, st.st_size);
	make_room(w, obj->bytes);
	obj->ino = st.st_ino;
	obj->refs = 1;
	pthread_mutex_lock(&w->lock);
	s64 id = check_limits(w, obj->bytes);
	if (!id)
		id = skep__idtable_add(&w->tables[obj->kind], obj);
	if (id > 0) {
		w->bytes += obj->bytes;
		skep__world_link(w, obj, id);
		if (obj->kind == OBJ_MAP)
			to_map(obj)->map->id = id;
		if (obj->kind == OBJ_PROG)
			to_prog(obj)->prog.id = id;
		if (obj->kind == OBJ_EVENT)
			to_event(obj)->event.id = id;
		show(w, obj, true);
		w->news++;
	}
	pthread_mutex_unlock(&w->lock);
	return id > 0 ? 0 : id;
}

struct object *skep__world_get(struct world *w, enum object_kind kind, u32 id)
{
	pthread_mutex_lock(&w->lock);
	struct object *obj = skep__idtable_find(&w->tables[kind], id);
	if (obj)
		object_get(obj);
	pthread_mutex_unlock(&w->lock);
	return obj;
}

struct object *skep__world_get_by_fd(struct world *w, const struct fd_id *id)
{
	struct object *obj;

	if (id->dev != w->memfd_dev)
		return NULL;
	pthread_mutex_lock(&w->lock);
	obj = w->by_ino[id->ino % WORLD_INO_BUCKETS];
	while (obj && obj->ino != id->ino)
		obj = obj->next_by_ino;
	if (obj)
		object_get(obj);
	pthread_mutex_unlock(&w->lock);
	return obj;
}

u32 skep__world_next_id(struct world *w, enum object_kind kind, u32 id)
{
	pthread_mutex_lock(&w->lock);
	u32 next = skep__idtable_next(&w->tables[kind], id);
	pthread_mutex_unlock(&w->lock);
	return next;
}

static void unlink_by_ino(struct world *w, struct object *obj)
{
	struct object **link = &w->by_ino[obj->ino % WORLD_INO_BUCKETS];

	while (*link && *link != obj)
		link = &(*link)->next_by_ino;
	if (*link)
		*link = obj->next_by_ino;
}

/*
 * Maps whose elements end with the last fd, as in the kernel: a prog_array would keep itself alive
 * through its own programs, and events are of no use once nobody reads them.
 */
static bool empties_itself(const struct object *obj)
{
	const struct map_def *def = &to_map((struct object *)obj)->map->def;

	return def->type == BPF_MAP_TYPE_PROG_ARRAY ||
	       (def->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY && !(def->flags & BPF_F_PRESERVE_ELEMS));
}

/* Takes unreachable objects of a kind out of the tables, onto a list. */
static struct object *collect(struct world *w, enum object_kind kind, struct object *victims)
{
	struct idtable *t = &w->tables[kind];

	for (u32 id = 0; (id = skep__idtable_next(t, id)) != 0;) {
		struct object *obj = skep__idtable_find(t, id);
		bool is_used = atomic_load_explicit(&obj->refs, memory_order_acquire) != 0;
		bool timers = kind == OBJ_MAP &&
			      to_map(obj)->map->special.has_timers; /* would keep their program, and
								       that the map */
		bool to_empty = is_used && kind == OBJ_MAP && !obj->pins && to_map(obj)->nr_elems &&
				empties_itself(obj);

		if ((is_used && !to_empty && (!timers || obj->pins)) ||
		    skep__object_is_open_elsewhere(obj))
			continue;
		if (timers)
			skep__timers_drop_map(w, to_map(obj)->map);
		if (is_used && !to_empty)
			continue;
		if (to_empty) {
			skep__map_elems_clear(w, to_map(obj));
			continue;
		}
		skep__idtable_remove(t, id);
		show(w, obj, false);
		unlink_by_ino(w, obj);
		w->bytes -= obj->bytes;
		obj->next_by_ino = victims;
		victims = obj;
	}
	return victims;
}

void skep__world_sweep(struct world *w)
{
	struct object *victims;

	/* A program on this thread called bpf(2): what it has found stays until its run ends. */
	if (skep__cpu_is_mine(&w->cpus))
		return;
	do {
		victims = NULL;
		pthread_mutex_lock(&w->lock);
		w->news = 0;
		skep__world_unpin_unlinked(w);
		for (size_t k = 0; k < ARRAY_SIZE(free_order); k++)
			victims = collect(w, free_order[k], victims);
		pthread_mutex_unlock(&w->lock);
		if (victims)
			skep__cpu_synchronize(&w->cpus);
		for (struct object *obj = victims, *next; obj; obj = next) {
			next = obj->next_by_ino;
			skep__object_free(w, obj);
		}
	} while (victims); /* what they referred to may be unreachable now */
}

void skep__world_settle(struct world *w)
{
	const struct timespec pause = { .tv_nsec = 50000 };
	u64 begun = atomic_load(&w->gives_begun);

	/* Who gives needs a moment to close: on a busy machine, until it has its turn. */
	for (int i = 0; i < 2000 && atomic_load(&w->gives_ended) < begun; i++)
		nanosleep(&pause, NULL);
	skep__world_sweep(w);
}
