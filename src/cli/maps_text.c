/* SPDX-License-Identifier: BSD-2-Clause */
/* Maps after a run, each written as C would initialise it. */
#include <stdlib.h>
#include <string.h>

#include "base/zero.h"
#include "cli/maps_walk.h"

struct text {
	FILE *to;
	bool opened; /* the brace of the list is there */
};

static void print_cpus(const struct text *t, const struct sink *s, const unsigned char *value)
{
	struct view view = map_value_view(s->o, s->map);
	size_t size = bpf_map__value_size(s->map), step = (size + 7) / 8 * 8;
	unsigned int zeros = 0;

	for (unsigned int cpu = 0; cpu < map_cpus(); cpu++) {
		const unsigned char *own = value + step * cpu;
		char *text;

		if (all_zero(own, size)) {
			zeros++;
			continue;
		}
		text = value_to_text(view, own, size, 2);
		fprintf(t->to, "%s\t\t/* cpu %u */ %s,\n", zeros == cpu ? "{\n" : "", cpu,
			text ? text : "?");
		free(text);
	}
	if (zeros == map_cpus())
		fprintf(t->to, "{ /* zeros on %u CPUs */ }", zeros);
	else if (zeros)
		fprintf(t->to, "\t\t/* zeros on %u other CPUs */\n\t}", zeros);
	else
		fputs("\t}", t->to);
}

static void print_value(const struct text *t, const struct sink *s, const struct entry *e,
			unsigned int indent)
{
	enum contents contents = map_contents(s->map);
	char *text;

	if (contents == PER_CPU) {
		print_cpus(t, s, e->value);
	} else if (contents == PROGRAMS || contents == MAPS) {
		json_object *json = map_id_to_json(s->map, e->value);

		fprintf(t->to, "/* %s */ %s", contents == PROGRAMS ? "program" : "map",
			json_object_get_string(json));
		json_object_put(json);
	} else {
		text = value_to_text(map_value_view(s->o, s->map), e->value,
				     bpf_map__value_size(s->map), indent);
		fputs(text ? text : "?", t->to);
		free(text);
	}
}

static void print_entry(struct sink *s, const struct entry *e)
{
	struct text *t = s->opaque;
	uint32_t first;
	char *key;

	if (!e->key) {
		print_value(t, s, e, 0);
		return;
	}
	if (!t->opened)
		fputs("{\n", t->to);
	t->opened = true;
	if (e->repeated) {
		memcpy(&first, e->key, sizeof(first));
		fprintf(t->to, "\t[%u ... %u] = ", first, first + e->repeated);
	} else {
		key = value_to_text(map_key_view(s->o, s->map), e->key, bpf_map__key_size(s->map),
				    1);
		fprintf(t->to, "\t[%s] = ", key ? key : "?");
		free(key);
	}
	print_value(t, s, e, 1);
	fputs(",\n", t->to);
}

static void print_map(const struct object *o, const struct bpf_map *map, FILE *to)
{
	struct text t = { .to = to };
	struct sink s = { .o = o, .map = map, .entry = print_entry, .opaque = &t, .fold = true };

	fprintf(to, "%s = ", bpf_map__name(map));
	maps_walk(&s);
	fputs(t.opened ? "}" : s.nr ? "" : "{}", to);
	if (map_is_section(map))
		fputs(";\n", to);
	else if (map_contents(map) == HEAD)
		fprintf(to, "; /* %s, the next to come out */\n", map_type_name(map));
	else if (map_contents(map) == OPAQUE)
		fprintf(to, "; /* %s */\n", map_type_name(map));
	else
		fprintf(to, "; /* %s, %u of %u entries */\n", map_type_name(map), s.nr,
			bpf_map__max_entries(map));
}

void maps_print(const struct object *o, FILE *to)
{
	struct bpf_map *map;

	bpf_object__for_each_map (map, o->bpf)
		print_map(o, map, to);
}
