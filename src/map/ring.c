/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What ringbuf and user_ringbuf share: the rules of creation, the layout, and who waits. As maps
 * they have neither keys nor values: bpf(2)'s element commands answer -ENOTSUPP.
 */
#include "map/ring.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "map/ringbuf.h"

int skep__ring_check(struct map_def *def)
{
	u64 page = sysconf(_SC_PAGESIZE), size = def->max_entries;

	if (def->flags & ~BPF_F_NUMA_NODE || def->key_size || def->value_size)
		return -EINVAL;
	if (size < page || size & (size - 1))
		return -EINVAL;
	return 0;
}

u64 skep__ring_layout(const struct map_def *def, struct map *map)
{
	u64 page = sysconf(_SC_PAGESIZE), control = 2 * page + 2ull * def->max_entries;
	u64 skew = 256; /* loads that end in the same 12 bits as a store in flight wait for it */

	if (map) {
		map->geo.control = control + skew;
		map->geo.words[RING_PAGE] = page;
		map->geo.words[RING_MASK] = def->max_entries - 1;
	}
	return control + page;
}

int skep__ring_init(struct map *map)
{
	return 0; /* zeroes are an empty ring */
}

u64 skep__ring_mmap_bytes(const struct map *map)
{
	return 2 * map->geo.words[RING_PAGE] + 2 * (map->geo.words[RING_MASK] + 1);
}

int skep__ring_no_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	return -ENOTSUPP;
}

int skep__ring_no_update(struct map *map, const void *key, const void *value, u64 flags)
{
	return -ENOTSUPP;
}

int skep__ring_no_remove(struct map *map, const void *key)
{
	return -ENOTSUPP;
}

int skep__ring_no_next_key(struct map *map, const void *key, void *next)
{
	return -ENOTSUPP;
}

/*
 * A producer stores its record and then looks at `watchers`, without a barrier between the two. So
 * the first watcher makes every running thread pass one (membarrier) before it may rely on being
 * woken.
 */
void skep__ringbuf_watch(struct map *map, int more)
{
	struct timespec ms = { .tv_nsec = 1000 * 1000 };

	if (atomic_fetch_add(&ring_control(map)->watchers, more) || more < 0)
		return;
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		nanosleep(&ms, NULL);
}
