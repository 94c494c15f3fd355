/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/events.h"

#include <bpf/btf.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>

enum { PERF_PAGES = 64 };

struct source {
	struct events *owner;
	const char *map;
	struct ring_buffer *ring; /* one of the two */
	struct perf_buffer *perf;
	uint64_t count, lost;
	json_object *shown; /* NULL: not collected */
};

struct events {
	struct events_opts opts;
	struct view view;
	struct source *sources;
	unsigned int nr;
};

static void show(struct source *s, const void *data, size_t size)
{
	const struct events *e = s->owner;
	char *text;

	s->count++;
	if (!e->opts.show)
		return;
	if (!e->opts.to) {
		if (s->shown)
			json_object_array_add(s->shown, value_to_json(e->view, data, size));
		return;
	}
	text = value_to_text(e->view, data, size, 0);
	fprintf(e->opts.to, "%s: %s\n", s->map, text ? text : "?");
	free(text);
}

static int ring_event(void *opaque, void *data, size_t size)
{
	show(opaque, data, size);
	return 0;
}

static void perf_event(void *opaque, int cpu, void *data, __u32 size)
{
	show(opaque, data, size);
}

static void perf_lost(void *opaque, int cpu, __u64 count)
{
	struct source *s = opaque;

	s->lost += count;
}

static enum outcome open_source(struct source *s, struct events *e, const struct bpf_map *map)
{
	int fd = bpf_map__fd(map);

	*s = (struct source){ .owner = e, .map = bpf_map__name(map) };
	if (bpf_map__type(map) == BPF_MAP_TYPE_RINGBUF)
		s->ring = ring_buffer__new(fd, ring_event, s, NULL);
	else
		s->perf = perf_buffer__new(fd, PERF_PAGES, perf_event, perf_lost, s, NULL);
	if (!s->ring && !s->perf)
		return complain("map %s: cannot read its events: %m", s->map);
	if (e->opts.show && !e->opts.to)
		s->shown = json_object_new_array();
	return GOOD;
}

static bool has_events(const struct bpf_map *map)
{
	enum bpf_map_type type = bpf_map__type(map);

	return (type == BPF_MAP_TYPE_RINGBUF || type == BPF_MAP_TYPE_PERF_EVENT_ARRAY) &&
	       bpf_map__fd(map) >= 0;
}

static enum outcome find_type(struct events *e, const struct object *o, const char *name)
{
	const struct btf *btf = bpf_object__btf(o->bpf);
	int id = btf ? btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT) : -ENOENT;

	if (id < 0 && btf)
		id = btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF);
	if (id < 0)
		return complain("%s: there is no struct or typedef %s in its BTF; a global \"const "
				"struct %s "
				"*unused __attribute__((unused));\" keeps one there",
				o->path, name, name);
	e->view = (struct view){ o->btf, (uint32_t)id };
	return GOOD;
}

enum outcome events_open(const struct object *o, const struct events_opts *opts,
			 struct events **out)
{
	struct events *e = calloc(1, sizeof(*e));
	enum outcome ret = GOOD;
	struct bpf_map *map;
	unsigned int room = 0;

	*out = e;
	if (!e)
		return complain("out of memory");
	e->opts = *opts;
	if (opts->type)
		ret = find_type(e, o, opts->type);
	bpf_object__for_each_map (map, o->bpf)
		room += has_events(map);
	e->sources = calloc(room + 1, sizeof(*e->sources));
	if (!e->sources)
		return complain("out of memory");
	bpf_object__for_each_map (map, o->bpf)
		if (!ret && has_events(map))
			ret = open_source(&e->sources[e->nr++], e, map);
	return ret;
}

void events_close(struct events *e)
{
	for (unsigned int i = 0; e && i < e->nr; i++) {
		ring_buffer__free(e->sources[i].ring);
		perf_buffer__free(e->sources[i].perf);
		json_object_put(e->sources[i].shown);
	}
	if (e)
		free(e->sources);
	free(e);
}

void events_take(struct events *e)
{
	for (unsigned int i = 0; i < e->nr; i++) {
		if (e->sources[i].ring)
			ring_buffer__consume(e->sources[i].ring);
		else
			perf_buffer__consume(e->sources[i].perf);
	}
}

json_object *events_to_json(const struct events *e)
{
	json_object *all = e->nr ? json_object_new_object() : NULL;

	for (unsigned int i = 0; i < e->nr; i++) {
		const struct source *s = &e->sources[i];
		json_object *json = json_object_new_object();

		json_object_object_add(json, "count", json_object_new_uint64(s->count));
		json_object_object_add(json, "lost", json_object_new_uint64(s->lost));
		if (s->shown)
			json_object_object_add(json, "events", json_object_get(s->shown));
		json_object_object_add(all, s->map, json);
	}
	return all;
}

void events_print_counts(const struct events *e, FILE *to)
{
	for (unsigned int i = 0; i < e->nr; i++) {
		const struct source *s = &e->sources[i];

		fprintf(to, "map %s: %" PRIu64 " events", s->map, s->count);
		if (s->lost)
			fprintf(to, ", %" PRIu64 " lost", s->lost);
		fputc('\n', to);
	}
}
