/* SPDX-License-Identifier: BSD-2-Clause */
/* Maps after a run as JSON; what is printed here can be read back with --map. */
#include <stdlib.h>
#include <string.h>

#include "cli/maps_walk.h"

json_object *map_id_to_json(const struct bpf_map *map, const void *value)
{
	uint32_t id;
	char *name;
	json_object *json;

	memcpy(&id, value, sizeof(id));
	name = map_contents(map) == PROGRAMS ? program_name_of_id(id) : NULL;
	json = name ? json_object_new_string(name) : json_object_new_int64(id);
	free(name);
	return json;
}

static json_object *cpus_to_json(struct view view, const unsigned char *value, size_t size)
{
	json_object *json = json_object_new_array();

	for (unsigned int cpu = 0; cpu < map_cpus(); cpu++)
		json_object_array_add(json,
				      value_to_json(view, value + (size + 7) / 8 * 8 * cpu, size));
	return json;
}

static void json_entry(struct sink *s, const struct entry *e)
{
	enum contents contents = map_contents(s->map);
	size_t size = bpf_map__value_size(s->map);
	struct view view = map_value_view(s->o, s->map);
	json_object *json = json_object_new_object();

	if (e->key)
		json_object_object_add(json, "key",
				       value_to_json(map_key_view(s->o, s->map), e->key,
						     bpf_map__key_size(s->map)));
	if (contents == PER_CPU)
		json_object_object_add(json, "values", cpus_to_json(view, e->value, size));
	else if (contents == PROGRAMS || contents == MAPS)
		json_object_object_add(json, "value", map_id_to_json(s->map, e->value));
	else
		json_object_object_add(json, "value", value_to_json(view, e->value, size));
	json_object_array_add(s->opaque, json);
}

json_object *maps_to_json(const struct object *o)
{
	json_object *all = json_object_new_object();
	struct bpf_map *map;

	bpf_object__for_each_map (map, o->bpf) {
		json_object *json = json_object_new_object(), *entries = json_object_new_array();
		struct sink s = { .o = o, .map = map, .entry = json_entry, .opaque = entries };

		maps_walk(&s);
		json_object_object_add(json, "type", json_object_new_string(map_type_name(map)));
		json_object_object_add(json, "max_entries",
				       json_object_new_int64(bpf_map__max_entries(map)));
		json_object_object_add(json, "entries", entries);
		json_object_object_add(all, bpf_map__name(map), json);
	}
	return all;
}
