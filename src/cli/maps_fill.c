/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fills a map from JSON: a list of {"key": ..., "value": ...}, or the object that --maps --json
 * prints for a map ({"entries": [...]}). Per-CPU maps take "values", one for each CPU, or a "value"
 * for all. Arrays of programs or maps take the name of one in the object. A section takes its
 * variables.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/maps.h"

enum { MAX_WHERE = 256 };

struct target {
	const struct object *o;
	const struct bpf_map *map;
	const char *file;
	unsigned char *key, *value; /* buffers; value as an update takes it */
	size_t index; /* of the entry */
};

static const char *where(const struct target *t, const char *what, char text[MAX_WHERE])
{
	snprintf(text, MAX_WHERE, "%s: entry %zu: %s", t->file, t->index, what);
	return text;
}

static enum outcome refused(const struct target *t, int err)
{
	return complain("%s: entry %zu: map %s refuses it: %s", t->file, t->index,
			bpf_map__name(t->map), strerror(-err));
}

/* The fd of a program or map of the object, by the name in the JSON. */
static enum outcome fd_of_name(const struct target *t, json_object *json)
{
	const char *name =
		json_object_is_type(json, json_type_string) ? json_object_get_string(json) : NULL;
	int fd = -ENOENT;

	if (name && map_contents(t->map) == PROGRAMS) {
		const struct bpf_program *prog = bpf_object__find_program_by_name(t->o->bpf, name);

		fd = prog ? bpf_program__fd(prog) : -ENOENT;
	} else if (name) {
		fd = bpf_object__find_map_fd_by_name(t->o->bpf, name);
	}
	if (fd < 0)
		return complain("%s: entry %zu: value: the name of a loaded %s is needed, not %s",
				t->file, t->index,
				map_contents(t->map) == PROGRAMS ? "program" : "map",
				json_object_to_json_string(json));
	memcpy(t->value, &fd, sizeof(fd));
	return GOOD;
}

static enum outcome fill_cpus(const struct target *t, json_object *value, json_object *values)
{
	size_t size = bpf_map__value_size(t->map), step = (size + 7) / 8 * 8;
	unsigned int cpus = map_cpus();
	char text[MAX_WHERE];

	if (values && (!json_object_is_type(values, json_type_array) ||
		       json_object_array_length(values) != cpus))
		return complain("%s: entry %zu: values: a list of %u, one for each CPU, is needed",
				t->file, t->index, cpus);
	for (unsigned int cpu = 0; cpu < cpus; cpu++) {
		enum outcome ret = value_from_json(
			map_value_view(t->o, t->map),
			values ? json_object_array_get_idx(values, cpu) : value,
			t->value + step * cpu, size, where(t, values ? "values" : "value", text));

		if (ret)
			return ret;
	}
	return GOOD;
}

static enum outcome fill_value(const struct target *t, json_object *entry)
{
	enum contents contents = map_contents(t->map);
	json_object *value = NULL, *values = NULL;
	char text[MAX_WHERE];

	json_object_object_get_ex(entry, "value", &value);
	if (contents == PER_CPU)
		json_object_object_get_ex(entry, "values", &values);
	if (!value && !values)
		return complain("%s: entry %zu: there is no \"value\"", t->file, t->index);
	if (contents == PER_CPU)
		return fill_cpus(t, value, values);
	if (contents == PROGRAMS || contents == MAPS)
		return fd_of_name(t, value);
	return value_from_json(map_value_view(t->o, t->map), value, t->value,
			       bpf_map__value_size(t->map), where(t, "value", text));
}

static enum outcome fill_entry(const struct target *t, json_object *entry)
{
	bool keyless = map_contents(t->map) == HEAD || bpf_map__key_size(t->map) == 0;
	json_object *key = NULL;
	char text[MAX_WHERE];
	enum outcome ret;
	int err;

	if (!json_object_is_type(entry, json_type_object))
		return complain(
			"%s: entry %zu: an object with \"key\" and \"value\" is needed, not %s",
			t->file, t->index, json_object_to_json_string(entry));
	memset(t->key, 0, bpf_map__key_size(t->map));
	memset(t->value, 0, map_buffer_size(t->map));
	json_object_object_get_ex(entry, "key", &key);
	if (!key && !keyless && !map_is_section(t->map))
		return complain("%s: entry %zu: there is no \"key\"", t->file, t->index);
	if (key) {
		ret = value_from_json(map_key_view(t->o, t->map), key, t->key,
				      bpf_map__key_size(t->map), where(t, "key", text));
		if (ret)
			return ret;
	}
	/* Variables that are not mentioned keep their values. */
	if (map_is_section(t->map))
		bpf_map_lookup_elem(bpf_map__fd(t->map), t->key, t->value);
	ret = fill_value(t, entry);
	if (ret)
		return ret;
	err = bpf_map_update_elem(bpf_map__fd(t->map), keyless ? NULL : t->key, t->value, BPF_ANY);
	return err ? refused(t, err) : GOOD;
}

static enum outcome fill_entries(struct target *t, json_object *json)
{
	json_object *entries = json;

	if (json_object_is_type(json, json_type_object))
		json_object_object_get_ex(json, "entries", &entries);
	if (!json_object_is_type(entries, json_type_array))
		return complain(
			"%s: a list of entries is needed: [{\"key\": ..., \"value\": ...}, ...]",
			t->file);
	for (t->index = 0; t->index < json_object_array_length(entries); t->index++) {
		enum outcome ret = fill_entry(t, json_object_array_get_idx(entries, t->index));

		if (ret)
			return ret;
	}
	return GOOD;
}

static const struct bpf_map *find(const struct object *o, const char *name)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(o->bpf, name);

	if (map)
		return map;
	complain("%s: no map is called %s. There are:", o->path, name);
	bpf_object__for_each_map (map, o->bpf)
		fprintf(stderr, "  %-24s %s\n", bpf_map__name(map), map_type_name(map));
	return NULL;
}

enum outcome map_fill(const struct object *o, const char *name, const char *file)
{
	struct target t = { .o = o, .map = find(o, name), .file = file };
	enum outcome ret = BAD_INPUT;
	json_object *json;

	if (!t.map)
		return BAD_INPUT;
	if (map_contents(t.map) == OPAQUE && bpf_map__type(t.map) != BPF_MAP_TYPE_BLOOM_FILTER)
		return complain("%s: a %s cannot be filled", name, map_type_name(t.map));
	json = json_from_file(file);
	if (!json)
		return BAD_INPUT;
	t.key = malloc(bpf_map__key_size(t.map) + 1);
	t.value = malloc(map_buffer_size(t.map) + 8);
	if (t.key && t.value)
		ret = fill_entries(&t, json);
	else
		complain("out of memory");
	free(t.key);
	free(t.value);
	json_object_put(json);
	return ret;
}
