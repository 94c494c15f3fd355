/* SPDX-License-Identifier: BSD-2-Clause */
/* An object's maps: filled from JSON before a run, shown after it. */
#ifndef SKEP_CLI_MAPS_H
#define SKEP_CLI_MAPS_H

#include <json-c/json.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/object.h"
#include "cli/value.h"

/* How the contents of a map type can be got at from outside. */
enum contents {
	KEYED, /* by key */
	PER_CPU, /* by key, a value for each CPU */
	PROGRAMS, /* by key, ids of programs */
	MAPS, /* by key, ids of maps */
	HEAD, /* only the next to come out */
	OPAQUE, /* not at all: rings, bloom filters */
};

enum contents map_contents(const struct bpf_map *map);
const char *map_type_name(const struct bpf_map *map);
struct view map_key_view(const struct object *o, const struct bpf_map *map);
struct view map_value_view(const struct object *o, const struct bpf_map *map);

/* .data, .bss and so on: one entry, whose value is the section's variables. */
bool map_is_section(const struct bpf_map *map);

/* Bytes that a lookup fills: per-CPU values lie 8-byte aligned one after the other. */
size_t map_buffer_size(const struct bpf_map *map);
unsigned int map_cpus(void);

enum outcome map_fill(const struct object *o, const char *name, const char *file);

void maps_print(const struct object *o, FILE *to);
json_object *maps_to_json(const struct object *o);

/* The value of an array of programs or maps: a program's name, or else the id. */
json_object *map_id_to_json(const struct bpf_map *map, const void *value);

/* "xdp_drop" of a program id, or NULL. Free with free(). */
char *program_name_of_id(uint32_t id);

#endif
