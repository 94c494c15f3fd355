/* SPDX-License-Identifier: BSD-2-Clause */
/* Looks up all that a map holds and hands it on, entry by entry. */
#include "cli/maps_walk.h"

#include <stdlib.h>
#include <string.h>

/* An array's elements come in order: a run of equal ones is one entry of the text. */
struct run {
	unsigned char *key, *value, *last_key;
	uint32_t length; /* 0: none */
};

static void end_run(struct sink *s, struct run *run)
{
	struct entry e = { run->key, run->value, run->length - 1 };

	if (run->length)
		s->entry(s, &e);
	run->length = 0;
}

static bool is_array(const struct bpf_map *map)
{
	enum bpf_map_type type = bpf_map__type(map);

	return type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static void add_entry(struct sink *s, struct run *run, const void *key, const void *value)
{
	size_t key_size = bpf_map__key_size(s->map), value_size = map_buffer_size(s->map);

	s->nr++;
	if (run->length && s->fold && is_array(s->map) && !memcmp(run->value, value, value_size)) {
		run->length++;
		return;
	}
	end_run(s, run);
	memcpy(run->key, key, key_size);
	memcpy(run->value, value, value_size);
	run->length = 1;
}

/* An array's keys need not be asked for. */
static bool next_key(const struct bpf_map *map, const void *previous, void *key)
{
	uint32_t index = 0;

	if (!is_array(map))
		return !bpf_map_get_next_key(bpf_map__fd(map), previous, key);
	if (previous) {
		memcpy(&index, previous, sizeof(index));
		index++;
	}
	memcpy(key, &index, sizeof(index));
	return index < bpf_map__max_entries(map);
}

/* Entries that are gone between the two calls are skipped; one that is never found is no entry. */
static void walk_keys(struct sink *s)
{
	size_t key_size = bpf_map__key_size(s->map), value_size = map_buffer_size(s->map);
	unsigned char *mem = calloc(1, 3 * key_size + 2 * value_size + 1);
	unsigned char *key = mem, *value = mem + 3 * key_size;
	struct run run = { .key = mem + 2 * key_size, .value = value + value_size };
	int fd = bpf_map__fd(s->map);
	const void *previous = NULL;

	while (mem && next_key(s->map, previous, key)) {
		if (!bpf_map_lookup_elem(fd, key, value))
			add_entry(s, &run, key, value);
		memcpy(mem + key_size, key, key_size);
		previous = mem + key_size;
	}
	end_run(s, &run);
	free(mem);
}

static void walk_single(struct sink *s)
{
	uint32_t zero = 0;
	unsigned char *value = calloc(1, map_buffer_size(s->map) + 1);
	struct entry e = { .value = value };

	if (value && !bpf_map_lookup_elem(bpf_map__fd(s->map),
					  map_is_section(s->map) ? &zero : NULL, value)) {
		s->nr++;
		s->entry(s, &e);
	}
	free(value);
}

void maps_walk(struct sink *s)
{
	enum contents contents = map_contents(s->map);

	if (bpf_map__fd(s->map) < 0 || contents == OPAQUE)
		return;
	if (map_is_section(s->map) || contents == HEAD)
		walk_single(s);
	else
		walk_keys(s);
}
