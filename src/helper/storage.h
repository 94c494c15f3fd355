/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Local storage of one test run's objects: of the control group that its caller is in, and of the
 * socket that its packet belongs to. As the kernel's test runs make both for the run alone, it
 * begins empty and ends with the run.
 */
#ifndef SKEP_HELPER_STORAGE_H
#define SKEP_HELPER_STORAGE_H

#include "map/map.h"

#define CGROUP_STORAGE_MAX (64u << 10) /* more than the largest value of either kind */
#define SOCK_STORAGE_MAPS 8
#define SOCK_STORAGE_BYTES (64u << 10)

struct run_storage {
	u32 cgroup_size[2]; /* bytes in use of each kind's value: shared, per CPU */
	u32 nr_socks, sock_bytes;
	struct sock_storage {
		const struct map *map; /* NULL: deleted */
		void *value;
	} socks[SOCK_STORAGE_MAPS];
	u8 cgroup[2][CGROUP_STORAGE_MAX] __attribute__((aligned(8)));
	u8 sock[SOCK_STORAGE_BYTES] __attribute__((aligned(8)));
};

static inline void run_storage_init(struct run_storage *storage)
{
	storage->cgroup_size[0] = storage->cgroup_size[1] = 0;
	storage->nr_socks = storage->sock_bytes = 0;
}

#endif
