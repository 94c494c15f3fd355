/* SPDX-License-Identifier: BSD-2-Clause */
/* --maps: every element of every map, through its BTF. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/maps.h"
#include "cli/value.h"

/* Where a map's elements go: standard output, or an array in the results. */
struct sink {
	const struct map_shape *m;
	struct btf_dump *dump; /* text only; NULL without BTF */
	json_object *elems; /* JSON only */
};

static void print_piece(void *ctx, const char *fmt, va_list ap)
{
	vprintf(fmt, ap);
}

static void print_bytes(const unsigned char *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		printf("%s%02x", i ? " " : "", data[i]);
}

static void print_typed(const struct sink *s, uint32_t type, const void *data, size_t size)
{
	LIBBPF_OPTS(btf_dump_type_data_opts, opts, .compact = true, .skip_names = true, .emit_zeroes = true);

	if (!s->dump || !type || btf_dump__dump_type_data(s->dump, type, data, size, &opts) < 0)
		print_bytes(data, size);
}

static size_t value_step(const struct map_shape *m)
{
	return map_shape_bytes(m) / m->nr_values;
}

static void print_elem(const struct sink *s, const void *key, const unsigned char *value)
{
	const struct map_shape *m = s->m;

	fputs("  ", stdout);
	if (m->key_size) {
		print_typed(s, m->key_type, key, m->key_size);
		fputs(": ", stdout);
	}
	for (int i = 0; i < m->nr_values; i++) {
		if (m->nr_values > 1)
			printf("\n    cpu%d: ", i);
		print_typed(s, m->value_type, value + i * value_step(m), m->value_size);
	}
	putchar('\n');
}

static void add_elem(const struct sink *s, const void *key, const unsigned char *value)
{
	const struct map_shape *m = s->m;
	json_object *elem = json_object_new_object(), *values = NULL;

	if (m->key_size)
		json_object_object_add(elem, "key", value_to_json(m->btf, m->key_type, key, m->key_size));
	if (m->nr_values == 1) {
		json_object_object_add(elem, "value", value_to_json(m->btf, m->value_type, value, m->value_size));
	} else {
		values = json_object_new_array();
		for (int i = 0; i < m->nr_values; i++)
			json_object_array_add(values, value_to_json(m->btf, m->value_type,
								    value + i * value_step(m), m->value_size));
		json_object_object_add(elem, "values", values);
	}
	json_object_array_add(s->elems, elem);
}

/* Rings, filters and stacks of records have no elements that could be listed. */
static bool can_list(enum bpf_map_type type)
{
	return type != BPF_MAP_TYPE_RINGBUF && type != BPF_MAP_TYPE_USER_RINGBUF && type != BPF_MAP_TYPE_QUEUE &&
	       type != BPF_MAP_TYPE_STACK && type != BPF_MAP_TYPE_BLOOM_FILTER &&
	       type != BPF_MAP_TYPE_PERF_EVENT_ARRAY;
}

static uint32_t list(const struct sink *s)
{
	const struct map_shape *m = s->m;
	unsigned char *keys = calloc(2, m->key_size + 1), *value = calloc(1, map_shape_bytes(m) + 1);
	unsigned char *key = NULL, *next = keys;
	uint32_t count = 0;

	while (keys && value && bpf_map_get_next_key(m->fd, key, next) == 0) {
		if (bpf_map_lookup_elem(m->fd, next, value) == 0) {
			s->elems ? add_elem(s, next, value) : print_elem(s, next, value);
			count++;
		}
		key = next;
		next = next == keys ? keys + m->key_size + 1 : keys;
	}
	free(keys);
	free(value);
	return count;
}

static void print_map(struct run *run, const struct bpf_map *map, json_object *to)
{
	struct map_shape m;
	struct sink s = { .m = &m };

	map_shape(&m, run, map);
	if (to) {
		json_object *entry = json_object_new_object();

		s.elems = json_object_new_array();
		json_object_object_add(entry, "type", json_object_new_string(libbpf_bpf_map_type_str(m.type)));
		json_object_object_add(entry, "elements", s.elems);
		json_object_object_add(to, m.name, entry);
	} else {
		printf("map %s (%s)\n", m.name, libbpf_bpf_map_type_str(m.type));
		s.dump = m.btf ? btf_dump__new(m.btf, print_piece, NULL, NULL) : NULL;
	}
	if (!can_list(m.type)) {
		if (!to)
			puts("  (its elements cannot be listed)");
	} else if (list(&s) == 0 && !to) {
		puts("  (empty)");
	}
	btf_dump__free(s.dump);
}

int maps_print(struct run *run)
{
	json_object *to = run->results ? json_object_new_object() : NULL;
	const struct bpf_map *map;

	bpf_object__for_each_map(map, run->object.bpf)
		print_map(run, map, to);
	if (to)
		json_object_object_add(run->results, "maps", to);
	return EXIT_OK;
}
