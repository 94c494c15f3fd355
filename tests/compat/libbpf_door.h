/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A door just wide enough for libbpf's ring consumers: the few system calls that ring_buffer__new,
 * user_ring_buffer__new and perf_buffer__new make about a map are answered from skep's maps, all
 * others go to the kernel. Waiting works as skep means it: what a client adds to its epoll set for
 * a memfd is an eventfd, edge-triggered, which svc->wake writes to.
 */
#ifndef TESTS_LIBBPF_DOOR_H
#define TESTS_LIBBPF_DOOR_H

#include "map/map.h"
#include "map/perf_ring.h"

#define DOOR_OBJECTS 16
#define DOOR_CPUS 8

struct door {
	struct services svc; /* give it to the maps */
	struct {
		int fd; /* what the client holds */
		struct map *map; /* or a perf event */
		struct perf_event *event;
		int eventfd; /* -1: nobody waits */
	} objects[DOOR_OBJECTS];
	u32 nr;
	u64 perf_data_size; /* of rings that perf_event_open makes */
	u32 wakes;
};

void door_open(struct door *door); /* one at a time */
void door_add_map(struct door *door, struct map *map);
void door_close(struct door *door);

#endif
