/* SPDX-License-Identifier: BSD-2-Clause */
/* `skep run`: load, fill maps, run, show. */
#include "cli/run.h"

#include <stdlib.h>
#include <string.h>

#include "cli/judge.h"
#include "cli/kernel.h"
#include "cli/maps.h"
#include "cli/messages.h"
#include "cli/net.h"

static void trace_line(void *opaque, const char *line, size_t len)
{
	struct run *r = opaque;

	if (r->trace)
		json_object_array_add(r->trace, json_object_new_string_len(line, (int)len));
	else
		fprintf(r->to, "trace: %.*s\n", (int)len, line);
}

static enum outcome fill_maps(const struct run *r)
{
	enum outcome ret = GOOD;

	for (unsigned int i = 0; !ret && i < r->opts.nr_fills; i++)
		ret = map_fill(&r->obj, r->opts.fills[i].map, r->opts.fills[i].file);
	return ret;
}

/* What the verifier refuses is explained as `skep verify` does it. */
static enum outcome load(struct run *r)
{
	const struct options *o = &r->opts;
	enum outcome ret = object_load(&r->obj, o->object, o->btf, o->prog);

	if (ret == PROGRAM_FAILED && !refusals_print(stderr, o))
		messages_show();
	return ret;
}

static enum outcome prepare(struct run *r)
{
	struct events_opts events = {
		.show = r->opts.events,
		.type = r->opts.event_type,
		.to = r->opts.json ? NULL : r->to,
	};
	struct skep_world_opts world = { .size = sizeof(world),
					 .unverified = r->opts.unverified,
					 .trusts_pointers = true };
	enum outcome ret;

	ret = r->opts.kernel ? GOOD : kernel_open(&world, r->opts.mode);
	if (!ret && r->opts.net)
		ret = net_give(kernel_world(), r->opts.net);
	if (!ret)
		ret = load(r);
	if (!ret)
		ret = object_program(&r->obj, r->opts.prog, &r->prog);
	if (!ret)
		ret = fill_maps(r);
	if (!ret)
		ret = events_open(&r->obj, &events, &r->events);
	if (!ret && kernel_world())
		skep_world_set_trace(kernel_world(), trace_line, r);
	return ret;
}

static void add_program(struct run *r)
{
	json_object_object_add(r->json, "prog", json_object_new_string(bpf_program__name(r->prog)));
	json_object_object_add(r->json, "type", json_object_new_string(program_type_name(r->prog)));
	json_object_object_add(r->json, "mode", json_object_new_string(mode_name(&r->opts)));
}

static void show_rest(struct run *r)
{
	json_object *events;

	events_take(r->events);
	if (!r->opts.json) {
		events_print_counts(r->events, r->to);
		if (r->opts.maps)
			maps_print(&r->obj, r->to);
		return;
	}
	events = events_to_json(r->events);
	if (events)
		json_object_object_add(r->json, "events", events);
	if (json_object_array_length(r->trace))
		json_object_object_add(r->json, "trace", json_object_get(r->trace));
	if (r->opts.maps)
		json_object_object_add(r->json, "maps", maps_to_json(&r->obj));
}

static void print_json(const struct run *r)
{
	fputs(json_object_to_json_string_ext(r->json, JSON_C_TO_STRING_PRETTY |
							      JSON_C_TO_STRING_SPACED |
							      JSON_C_TO_STRING_NOSLASHESCAPE),
	      r->to);
	fputc('\n', r->to);
}

static bool uses_stdout(const struct options *o)
{
	return (o->data_out && !strcmp(o->data_out, "-")) ||
	       (o->ctx_out && !strcmp(o->ctx_out, "-"));
}

enum outcome cmd_run(int argc, char **argv)
{
	struct run r = { 0 };
	enum outcome ret = options_parse(&r.opts, R, argc, argv);

	if (ret || r.opts.help) {
		options_free(&r.opts);
		return ret ? ret : cmd_help(2, (char *[]){ "help", "run" });
	}
	r.to = uses_stdout(&r.opts) ? stderr : stdout;
	r.json = json_object_new_object();
	r.trace = r.opts.json ? json_object_new_array() : NULL;
	ret = prepare(&r);
	if (!ret) {
		add_program(&r);
		ret = r.opts.pcap ? run_capture(&r) : run_once(&r);
		if (ret != BAD_INPUT)
			show_rest(&r);
		if (r.opts.json && ret != BAD_INPUT)
			print_json(&r);
	}
	events_close(r.events);
	object_close(&r.obj);
	if (kernel_world())
		kernel_close();
	json_object_put(r.trace);
	json_object_put(r.json);
	options_free(&r.opts);
	return ret;
}
