/* SPDX-License-Identifier: BSD-2-Clause */
/* --map NAME=FILE: elements from JSON. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/maps.h"
#include "cli/run.h"
#include "cli/value.h"

static json_object *parse_file(const char *path)
{
	size_t size;
	char *text = read_file(path, &size);
	struct json_tokener *tok = text ? json_tokener_new() : NULL;
	json_object *json = NULL;

	if (tok && size < INT32_MAX) {
		json = json_tokener_parse_ex(tok, text, size);
		enum json_tokener_error err = json_tokener_get_error(tok);

		/* A number at the very end is complete only once something follows it. */
		if (err == json_tokener_continue)
			json = json_tokener_parse_ex(tok, " ", 1);
		err = json_tokener_get_error(tok);
		if (err != json_tokener_success)
			fail("%s: not JSON at byte %zu: %s", path, json_tokener_get_parse_end(tok),
			     json_tokener_error_desc(err));
	}
	if (tok)
		json_tokener_free(tok);
	free(text);
	return json;
}

/* One value for all CPUs, or an array "values" with one for each. */
static bool read_value(const struct map_shape *m, json_object *elem, unsigned char *value, char *why, size_t size)
{
	json_object *one = json_object_object_get(elem, "value"), *each = json_object_object_get(elem, "values");
	size_t step = m->nr_values > 1 ? (m->value_size + 7) / 8 * 8 : m->value_size;

	if (each && (m->nr_values == 1 || (int)json_object_array_length(each) != m->nr_values)) {
		snprintf(why, size, "\"values\" is for per-CPU maps, with %d of them", m->nr_values);
		return false;
	}
	for (int i = 0; i < m->nr_values; i++) {
		if (!value_from_json(m->btf, m->value_type, each ? json_object_array_get_idx(each, i) : one,
				     value + i * step, m->value_size, why, size))
			return false;
	}
	return true;
}

static int fill_elem(const struct map_shape *m, const char *file, size_t index, json_object *elem)
{
	unsigned char *key = calloc(1, m->key_size + 1), *value = calloc(1, map_shape_bytes(m));
	char why[512] = "";
	int code = EXIT_OK;

	if (!json_object_is_type(elem, json_type_object))
		code = fail("%s: element %zu is no object with a \"key\" and a \"value\"", file, index);
	else if (m->key_size && !value_from_json(m->btf, m->key_type, json_object_object_get(elem, "key"), key,
						 m->key_size, why, sizeof(why)))
		code = fail("%s: element %zu, key: %s", file, index, why);
	else if (!read_value(m, elem, value, why, sizeof(why)))
		code = fail("%s: element %zu, value: %s", file, index, why);
	else if (bpf_map_update_elem(m->fd, m->key_size ? key : NULL, value, BPF_ANY))
		code = fail("%s: element %zu does not go into map '%s': %s", file, index, m->name, strerror(errno));
	free(key);
	free(value);
	return code;
}

static int fill_map(struct run *run, const struct map_fill *fill)
{
	struct bpf_map *map = bpf_object__find_map_by_name(run->object.bpf, fill->map);
	struct map_shape shape;
	json_object *json;
	int code = EXIT_OK;

	if (!map) {
		fail("%s has no map '%s'; it has:", run->object.path, fill->map);
		bpf_object__for_each_map(map, run->object.bpf)
			fprintf(stderr, "  %s\n", bpf_map__name(map));
		return EXIT_USAGE;
	}
	json = parse_file(fill->file);
	if (!json)
		return EXIT_USAGE;
	map_shape(&shape, run, map);
	if (!json_object_is_type(json, json_type_array))
		code = fail("%s: an array of {\"key\": ..., \"value\": ...} is expected", fill->file);
	for (size_t i = 0; !code && i < json_object_array_length(json); i++)
		code = fill_elem(&shape, fill->file, i, json_object_array_get_idx(json, i));
	json_object_put(json);
	return code;
}

int maps_fill(struct run *run)
{
	int code = EXIT_OK;

	for (int i = 0; i < run->opts->nr_fills && !code; i++)
		code = fill_map(run, &run->opts->fills[i]);
	return code;
}
