/* SPDX-License-Identifier: BSD-2-Clause */
/* What can be said of a map without looking into it. */
#include "cli/maps.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum contents map_contents(const struct bpf_map *map)
{
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
		return PER_CPU;
	case BPF_MAP_TYPE_PROG_ARRAY:
		return PROGRAMS;
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		return MAPS;
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
		return HEAD;
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_BLOOM_FILTER:
	case BPF_MAP_TYPE_STRUCT_OPS:
		return OPAQUE;
	default:
		return KEYED;
	}
}

const char *map_type_name(const struct bpf_map *map)
{
	const char *name = libbpf_bpf_map_type_str(bpf_map__type(map));

	return name ? name : "unknown";
}

static const struct map_types *types_of(const struct object *o, const struct bpf_map *map)
{
	static const struct map_types none;

	for (unsigned int i = 0; i < o->nr_types; i++)
		if (o->types[i].map == map)
			return &o->types[i];
	return &none;
}

struct view map_key_view(const struct object *o, const struct bpf_map *map)
{
	return (struct view){ o->btf, types_of(o, map)->key };
}

struct view map_value_view(const struct object *o, const struct bpf_map *map)
{
	return (struct view){ o->btf, types_of(o, map)->value };
}

bool map_is_section(const struct bpf_map *map)
{
	return bpf_map__is_internal(map);
}

unsigned int map_cpus(void)
{
	int n = libbpf_num_possible_cpus();

	return n > 0 ? (unsigned int)n : 1;
}

size_t map_buffer_size(const struct bpf_map *map)
{
	size_t size = bpf_map__value_size(map);

	return map_contents(map) == PER_CPU ? (size + 7) / 8 * 8 * map_cpus() : size;
}

char *program_name_of_id(uint32_t id)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);
	char *name = NULL;

	if (fd < 0)
		return NULL;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len))
		name = strndup(info.name, sizeof(info.name));
	close(fd);
	return name;
}
