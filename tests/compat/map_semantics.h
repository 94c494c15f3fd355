/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One test text for a map type, played on skep and on this machine's kernel. A scene is a function
 * that does things to maps through the play_* functions; each thing done and its outcome become a
 * line of the play's log, and the two logs must be equal. Where the kernel may not be asked, the
 * log that it wrote earlier (recorded/NAME.log, kept by SKEP_RECORD=1) stands in for it, and the
 * test says so.
 *
 * What kernels are free to choose must not reach the log: play_dump sorts, CPUs other than 0 are
 * summed up. Expectations of the scene's own (assert_*) hold for both sides.
 */
#ifndef TESTS_MAP_SEMANTICS_H
#define TESTS_MAP_SEMANTICS_H

#include "base/strbuf.h"
#include "base/types.h"
#include "base/uapi.h"
#include "unit/cmocka_all.h"

struct map_shape {
	u32 type, key_size, value_size, max_entries, flags;
	u64 extra;
	int inner; /* 1 + the play's handle of an inner map; 0: none */
};

/* Who answers bpf(2): the result or -errno. */
struct side {
	const char *name;
	long (*bpf)(int cmd, union bpf_attr *attr);
	void (*close)(int fd);
};

#define PLAY_MAPS 64

struct play {
	const struct side *side;
	struct strbuf log;
	u32 nr_cpus;
	u32 nr_maps;
	struct play_map {
		int fd;
		struct map_shape shape;
	} maps[PLAY_MAPS];
};

/* All return 0 or -errno, as the side did. A map is a handle, from play_create. */
int play_create(struct play *p, const struct map_shape *shape); /* handle >= 0 or -errno */
int play_fd(const struct play *p, int map); /* what a value of a map of maps is made of */
u32 play_value_bytes(const struct play *p, int map);

int play_update(struct play *p, int map, const void *key, const void *value, u64 flags);
int play_lookup(struct play *p, int map, const void *key, void *value,
		u64 flags); /* value may be NULL */
int play_remove(struct play *p, int map, const void *key);
int play_take(struct play *p, int map, const void *key, void *value,
	      u64 flags); /* lookup and delete */
int play_next(struct play *p, int map, const void *key,
	      void *next); /* does not log the key found */
int play_freeze(struct play *p, int map);

/* For u32 keys and u64 values (the same value for every CPU), the commonest shape of a test. */
int play_put(struct play *p, int map, u32 key, u64 value, u64 flags);
int play_get(struct play *p, int map, u32 key);
int play_del(struct play *p, int map, u32 key);

/* Logs every key that next_key finds, sorted, with its value. Returns how many. */
int play_dump(struct play *p, int map);

/* BPF_MAP_*_BATCH as it is; *count in and out. Logs the result and count; the caller logs the rest.
 */
struct play_batch {
	const void *in_batch;
	void *out_batch, *keys, *values;
	u32 count;
	u64 elem_flags, flags;
};
int play_batch(struct play *p, int cmd, int map, struct play_batch *batch);

void play_note(struct play *p, const char *fmt, ...) __fmt(2, 3);
void play_bytes(struct play *p, const char *what, const void *bytes, u32 size);

struct scene {
	const char *name; /* what holds, in words */
	void (*act)(struct play *p);
};
#define SCENE(fn)                                                                                  \
	{                                                                                          \
#fn, fn                                                                            \
	}

/* Plays every scene on both sides. The exit code of the test program. */
int play_all(const char *name, const struct scene *scenes, u32 nr);

/* skep's side; in a file of its own, because it knows skep. */
extern const struct side skep_side;

#endif
