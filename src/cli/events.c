/* SPDX-License-Identifier: BSD-2-Clause */
/* --events: records of the object's ring buffers and perf event arrays, as hexadecimal bytes, one a line. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/run.h"

#define MAX_RINGS  16
#define PERF_PAGES 64

struct ring {
	struct events *events;
	const char *map;
	uint64_t count;
	json_object *records; /* NULL in text mode */
};

struct events {
	struct ring_buffer *ringbufs;
	struct perf_buffer *perfs[MAX_RINGS];
	struct ring rings[MAX_RINGS];
	int nr_rings, nr_perfs;
};

static int record(struct ring *r, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	r->count++;
	if (r->records) {
		json_object *array = json_object_new_array_ext(size);

		for (size_t i = 0; i < size; i++)
			json_object_array_add(array, json_object_new_int(bytes[i]));
		json_object_array_add(r->records, array);
		return 0;
	}
	printf("event %s:", r->map);
	for (size_t i = 0; i < size; i++)
		printf(" %02x", bytes[i]);
	putchar('\n');
	return 0;
}

static int on_ringbuf(void *ctx, void *data, size_t size)
{
	return record(ctx, data, size);
}

static void on_perf(void *ctx, int cpu, void *data, uint32_t size)
{
	record(ctx, data, size);
}

static void on_lost(void *ctx, int cpu, unsigned long long count)
{
	struct ring *r = ctx;

	fprintf(stderr, "skep: map %s: %llu records lost on CPU %d\n", r->map, count, cpu);
}

static int open_ring(struct events *e, const struct bpf_map *map, struct ring *r)
{
	if (bpf_map__type(map) == BPF_MAP_TYPE_PERF_EVENT_ARRAY) {
		struct perf_buffer *p =
			perf_buffer__new(bpf_map__fd(map), PERF_PAGES, on_perf, on_lost, r, NULL);

		if (p)
			e->perfs[e->nr_perfs++] = p;
		return p ? 0 : -1;
	}
	if (e->ringbufs)
		return ring_buffer__add(e->ringbufs, bpf_map__fd(map), on_ringbuf, r);
	e->ringbufs = ring_buffer__new(bpf_map__fd(map), on_ringbuf, r, NULL);
	return e->ringbufs ? 0 : -1;
}

struct events *events_open(struct run *run)
{
	struct events *e = calloc(1, sizeof(*e));
	json_object *all = run->results ? json_object_new_object() : NULL;
	const struct bpf_map *map;

	bpf_object__for_each_map(map, run->object.bpf) {
		struct ring *r = &e->rings[e->nr_rings];
		enum bpf_map_type type = bpf_map__type(map);

		if ((type != BPF_MAP_TYPE_RINGBUF && type != BPF_MAP_TYPE_PERF_EVENT_ARRAY) ||
		    e->nr_rings == MAX_RINGS)
			continue;
		*r = (struct ring){ .events = e, .map = bpf_map__name(map) };
		if (open_ring(e, map, r)) {
			fail("map %s: its records cannot be read", r->map);
			continue;
		}
		e->nr_rings++;
		if (all) {
			r->records = json_object_new_array();
			json_object_object_add(all, r->map, r->records);
		}
	}
	if (all)
		json_object_object_add(run->results, "events", all);
	return e;
}

void events_poll(struct events *e)
{
	if (e->ringbufs)
		ring_buffer__consume(e->ringbufs);
	for (int i = 0; i < e->nr_perfs; i++)
		perf_buffer__consume(e->perfs[i]);
}

void events_close(struct events *e)
{
	if (!e)
		return;
	events_poll(e);
	for (int i = 0; i < e->nr_rings; i++) {
		if (!e->rings[i].records)
			printf("%" PRIu64 " events from %s\n", e->rings[i].count, e->rings[i].map);
	}
	ring_buffer__free(e->ringbufs);
	for (int i = 0; i < e->nr_perfs; i++)
		perf_buffer__free(e->perfs[i]);
	free(e);
}
