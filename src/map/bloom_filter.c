/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF_MAP_TYPE_BLOOM_FILTER: a set that answers "surely not" or "perhaps". Bits are only ever set,
 * each by one atomic operation, so there is no lock and nothing that a dying process could leave
 * half done. Size and hash functions are the kernel's: with BPF_F_ZERO_SEED it errs on the same
 * values as the kernel's.
 */
#include "map/jhash.h"
#include "map/map.h"

#include <sys/random.h>

#define VALUE_MAX (4u * 1024 * 1024) /* the kernel's KMALLOC_MAX_SIZE */
#define CREATE_FLAGS                                                                               \
	(BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG |     \
	 BPF_F_WRONLY_PROG)
#define MAX_HASHES 15
#define DEFAULT_HASHES 5

struct control {
	u32 seed;
};

enum { BITS, MASK, NR_HASHES }; /* words of struct map_geo: offset of the bits; their number - 1 */

static int check(struct map_def *def)
{
	if (def->value_size > VALUE_MAX)
		return -E2BIG;
	if (def->key_size || !def->value_size || !def->max_entries || def->flags & ~CREATE_FLAGS ||
	    !map_access_flags_ok(def->flags) || def->extra > MAX_HASHES)
		return -EINVAL;
	return 0;
}

/* Number of bits: entries * hashes / ln 2 (as 7/5), a power of two, at least a word and at most
 * 2^32. */
static u64 bits_for(u32 entries, u32 hashes)
{
	u64 want = (u64)entries * hashes, bits = 64;

	if (want > UINT32_MAX)
		return 1ull << 32;
	want = want / 5 * 7;
	if (want > 1ull << 31)
		return 1ull << 32;
	while (bits < want)
		bits *= 2;
	return bits;
}

static u64 layout(const struct map_def *def, struct map *map)
{
	u32 hashes = def->extra ? def->extra : DEFAULT_HASHES;
	u64 bits = bits_for(def->max_entries, hashes), at = 64;

	if (map) {
		map->geo.control = 0;
		map->geo.words[BITS] = at;
		map->geo.words[MASK] = bits - 1;
		map->geo.words[NR_HASHES] = hashes;
	}
	return at + bits / 8;
}

static int init(struct map *map)
{
	struct control *control = (struct control *)(map->mem + map->geo.control);

	if (map->def.flags & BPF_F_ZERO_SEED)
		return 0;
	return getrandom(&control->seed, sizeof(control->seed), 0) < 0 ? -errno : 0;
}

/* The word and bit that a hash function chooses for a value. */
static _Atomic u64 *choose(const struct map *map, const void *value, u32 seed, u32 function,
			   u64 *bit)
{
	u64 hash = jhash(value, map->def.value_size, seed + function) & map->geo.words[MASK];
	_Atomic u64 *bits = (_Atomic u64 *)(map->mem + map->geo.words[BITS]);

	*bit = 1ull << (hash & 63);
	return &bits[hash / 64];
}

static u32 seed_of(const struct map *map)
{
	return ((const struct control *)(map->mem + map->geo.control))->seed;
}

static int push(struct map *map, const void *value, u64 flags)
{
	u32 seed = seed_of(map);
	u64 bit;

	if (flags != BPF_ANY)
		return -EINVAL;
	for (u32 i = 0; i < map->geo.words[NR_HASHES]; i++) {
		_Atomic u64 *word = choose(map, value, seed, i, &bit);

		if (!(atomic_load_explicit(word, memory_order_relaxed) & bit))
			atomic_fetch_or_explicit(word, bit, memory_order_relaxed);
	}
	return 0;
}

static int peek(struct map *map, void *value)
{
	u32 seed = seed_of(map);
	u64 bit;

	for (u32 i = 0; i < map->geo.words[NR_HASHES]; i++) {
		_Atomic u64 *word = choose(map, value, seed, i, &bit);

		if (!(atomic_load_explicit(word, memory_order_relaxed) & bit))
			return -ENOENT;
	}
	return 0;
}

static int pop(struct map *map, void *value)
{
	return -EOPNOTSUPP;
}

/* bpf(2): a lookup asks for the value it brings along, an update adds it. */
static int sys_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	return peek(map, value);
}

static int sys_update(struct map *map, const void *key, const void *value, u64 flags)
{
	return push(map, value, flags);
}

static int sys_remove(struct map *map, const void *key)
{
	return -EOPNOTSUPP;
}

static int sys_next_key(struct map *map, const void *key, void *next)
{
	return -EOPNOTSUPP;
}

const struct map_ops skep__bloom_filter_map_ops = {
	.check = check,
	.layout = layout,
	.init = init,
	.push = push,
	.pop = pop,
	.peek = peek,
	.sys_lookup = sys_lookup,
	.sys_update = sys_update,
	.sys_remove = sys_remove,
	.sys_next_key = sys_next_key,
};
