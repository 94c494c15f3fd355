/* SPDX-License-Identifier: BSD-2-Clause */
/* What the commands need to know of a map to read and write its elements. */
#ifndef SKEP_CLI_MAPS_H
#define SKEP_CLI_MAPS_H

#include <bpf/btf.h>
#include <stdint.h>

#include "cli/run.h"

struct map_shape {
	const char *name;
	int fd;
	enum bpf_map_type type;
	uint32_t key_size, value_size;
	uint32_t key_type, value_type; /* BTF ids; 0: not known */
	const struct btf *btf; /* NULL: not known */
	int nr_values; /* values of an element: the CPUs of a per-CPU map, else 1 */
};

void map_shape(struct map_shape *m, const struct run *run, const struct bpf_map *map);

/* Bytes of all values of an element, as bpf(2) copies them. */
size_t map_shape_bytes(const struct map_shape *m);

#endif
