/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What tests do to maps besides using them: kill a process that writes to one, and scribble over
 * its memory as a hostile peer would. A scribbled map lies between pages that cannot be touched.
 */
#ifndef TESTS_MAP_TORTURE_H
#define TESTS_MAP_TORTURE_H

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmocka_all.h"
#include "map/map.h"

static inline struct map *torture_map(const struct map_def *def)
{
	static const struct services nobody; /* no clock, no consumers, no objects */
	struct map_def full = *def;
	int err = 0;

	full.nr_cpus = 4;
	struct map *map = skep__map_new(&full, NULL, 1, "torture", &nobody, &err);

	assert_int_equal(err, 0);
	assert_non_null(map);
	return map;
}

/* xorshift: the same numbers in every run. */
static inline u32 torture_random(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state >> 16;
}

/* Lets a child run work() for ever, and kills it after about so many microseconds; 0: it does so
 * itself. */
static inline void torture_kill(void (*work)(struct map *map, u64 seed), struct map *map, u64 seed,
				u32 after_us)
{
	struct timespec wait = { .tv_nsec = after_us * 1000 };
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0)
		for (;; seed++)
			work(map, seed);
	if (after_us) {
		nanosleep(&wait, NULL);
		assert_int_equal(kill(child, SIGKILL), 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

#define TORTURE_GUARD (1ul << 30)

/* Moves the map's memory between two gigabytes of nothing, so that a stray access is a crash. */
static inline void torture_fence(struct map *map)
{
	size_t size = round_up(map->mem_size, (u64)sysconf(_SC_PAGESIZE));
	u8 *room = mmap(NULL, size + 2 * TORTURE_GUARD, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_ptr_not_equal(room, MAP_FAILED);
	assert_ptr_equal(
		mremap(map->mem, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, room + TORTURE_GUARD),
		room + TORTURE_GUARD);
	map->mem = room + TORTURE_GUARD;
}

/* Overwrites words between two offsets with numbers of all sizes; but leaves locks takeable. */
static inline void torture_scribble(struct map *map, u64 from, u64 to, u32 nr, u64 *state)
{
	for (u32 i = 0; i < nr; i++) {
		u64 at = from + torture_random(state) % ((to - from) / 4) * 4;
		u32 word = torture_random(state) >> torture_random(state) % 32;

		if (torture_random(state) % 8 == 0)
			word = -word;
		memcpy(map->mem + at, &word, 4);
	}
}

#endif
