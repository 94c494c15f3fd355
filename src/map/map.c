/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Making and opening maps: the definition is checked once, the memory is a sealed memfd that can
 * neither shrink under a mapping (that would be SIGBUS for everybody) nor grow, and each process
 * derives its own geometry from the definition alone. (Control plane.)
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "map/map.h"

#define MAP_MAX_BYTES (1ull << 40)
#define MAP_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

#undef MAP_TYPE /* <sys/mman.h> has another */
#define MAP_TYPE(number, text, ops, since) extern const struct map_ops skep__##ops##_map_ops;
#include "map/map_types.def"
#undef MAP_TYPE

struct map_type {
	const char *name;
	const struct map_ops *ops;
};

static const struct map_type types[__MAX_BPF_MAP_TYPE] = {
#define MAP_TYPE(number, text, ops, since)                                                         \
	[BPF_MAP_TYPE_##number] = { text, &skep__##ops##_map_ops },
#include "map/map_types.def"
#undef MAP_TYPE
};

const struct map_ops *skep__map_ops(u32 type)
{
	return type < ARRAY_SIZE(types) ? types[type].ops : NULL;
}

const char *skep__map_type_name(u32 type)
{
	return type < ARRAY_SIZE(types) ? types[type].name : NULL;
}

int skep__map_check(struct map_def *def)
{
	const struct map_ops *ops = skep__map_ops(def->type);

	if (!ops || def->nr_cpus == 0)
		return -EINVAL;
	if (def->extra && def->type != BPF_MAP_TYPE_BLOOM_FILTER && def->type != BPF_MAP_TYPE_ARENA)
		return -EINVAL;
	return ops->check(def);
}

u32 skep__map_value_bytes(const struct map *map)
{
	if (map_is_percpu(map))
		return round_up(map->def.value_size, 8u) * map->def.nr_cpus;
	switch (map->def.type) {
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_CGROUP_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		return sizeof(u32);
	default:
		return map->def.value_size;
	}
}

/* The handle alone: definition, geometry, how many bytes the memory has. */
static int prepare(struct map *map, const struct map_def *def, const struct map_def *inner, u32 id,
		   const struct services *svc)
{
	u64 page = sysconf(_SC_PAGESIZE), bytes;
	u32 own_flags;
	int err;

	map->fd = -1;
	map->id = id;
	map->svc = svc;
	map->def = *def;
	map->ops = skep__map_ops(def->type);
	own_flags = map->ops ? map->ops->own_flags : 0;
	map->def.flags &= ~own_flags;
	err = skep__map_check(&map->def);
	if (err)
		return err;
	map->def.flags |= own_flags;
	if (inner) {
		map->inner = skep__dup(inner, sizeof(*inner));
		if (!map->inner)
			return -ENOMEM;
	}
	bytes = map->ops->layout(&map->def, map);
	/* No more than the machine has, as the kernel's allocator: pages are touched later, one by
	 * one. */
	if (bytes >= MAP_MAX_BYTES ||
	    (!map->ops->sparse && bytes / page > (u64)sysconf(_SC_PHYS_PAGES)))
		return -ENOMEM;
	map->mem_size = round_up(max(bytes, 1ull), page);
	return 0;
}

static int attach(struct map *map)
{
	/* The rules for MAP_SHARED (sys/mmap.c) are for those who map what clients may see of it.
	 */
	void *mem =
		mmap(NULL, map->mem_size, PROT_READ | PROT_WRITE, MAP_SHARED_VALIDATE, map->fd, 0);

	if (mem == MAP_FAILED)
		return -errno;
	map->mem = mem;
	return 0;
}

static int create_memory(struct map *map, const char *name)
{
	map->fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (map->fd < 0)
		return -errno;
	if (ftruncate(map->fd, map->mem_size))
		return errno == EFBIG ? -E2BIG : -errno;
	if (fcntl(map->fd, F_ADD_SEALS, MAP_SEALS))
		return -errno;
	return attach(map);
}

/* Somebody else made the file: it must be as large as the definition says, and stay so. */
static int adopt_memory(struct map *map, int fd)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;
	int err;

	if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat(fd, &st) ||
	    (u64)st.st_size < map->mem_size)
		return -EINVAL;
	map->fd = fd;
	err = attach(map);
	if (err)
		map->fd = -1; /* still the caller's */
	return err;
}

static int open_local(struct map *map)
{
	return map->ops->open ? map->ops->open(map) : 0;
}

static void release(struct map *map)
{
	if (map->mem)
		munmap(map->mem, map->mem_size);
	if (map->fd >= 0)
		close(map->fd);
	skep__free((void *)map->inner);
	skep__free(map);
}

struct map *skep__map_new(const struct map_def *def, const struct map_def *inner, u32 id,
			  const char *memfd_name, const struct services *svc, int *err)
{
	struct map *map = skep__zalloc(sizeof(*map));

	*err = map ? prepare(map, def, inner, id, svc) : -ENOMEM;
	if (!*err)
		*err = create_memory(map, memfd_name);
	if (!*err && map->ops->init)
		*err = map->ops->init(map);
	if (!*err)
		*err = open_local(map);
	if (!*err)
		return map;
	if (map)
		release(map);
	return NULL;
}

struct map *skep__map_open(const struct map_def *def, const struct map_def *inner, u32 id, int fd,
			   const struct services *svc, int *err)
{
	struct map *map = skep__zalloc(sizeof(*map));

	*err = map ? prepare(map, def, inner, id, svc) : -ENOMEM;
	if (!*err)
		*err = adopt_memory(map, fd);
	if (!*err)
		*err = open_local(map);
	if (!*err)
		return map;
	if (map) {
		map->fd = -1; /* still the caller's */
		release(map);
	}
	return NULL;
}

int skep__map_make_constant(struct map *map)
{
	void *copy = mmap(NULL, map->mem_size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (copy == MAP_FAILED)
		return -errno;
	memcpy(copy, map->mem, map->mem_size);
	/* In one step: programs that are running see the old pages or the new ones. */
	if (mremap(copy, map->mem_size, map->mem_size, MREMAP_MAYMOVE | MREMAP_FIXED, map->mem) ==
	    MAP_FAILED) {
		int err = -errno;

		munmap(copy, map->mem_size);
		return err;
	}
	atomic_store(&map->constant, true);
	return 0;
}

void skep__map_free(struct map *map)
{
	if (!map)
		return;
	if (map->ops->close)
		map->ops->close(map);
	release(map);
}
