/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/maps.h"

static bool is_percpu(enum bpf_map_type type)
{
	return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

void map_shape(struct map_shape *m, const struct run *run, const struct bpf_map *map)
{
	*m = (struct map_shape){
		.name = bpf_map__name(map),
		.fd = bpf_map__fd(map),
		.type = bpf_map__type(map),
		.key_size = bpf_map__key_size(map),
		.value_size = bpf_map__value_size(map),
		.key_type = bpf_map__btf_key_type_id(map),
		.value_type = bpf_map__btf_value_type_id(map),
		.btf = bpf_object__btf(run->object.bpf),
		.nr_values = is_percpu(bpf_map__type(map)) ? libbpf_num_possible_cpus() : 1,
	};
}

size_t map_shape_bytes(const struct map_shape *m)
{
	return m->nr_values > 1 ? (size_t)m->nr_values * ((m->value_size + 7) / 8 * 8) : m->value_size;
}
