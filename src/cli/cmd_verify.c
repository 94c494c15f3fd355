/* SPDX-License-Identifier: BSD-2-Clause */
/* `skep verify`: the verdict about every program of an object, and for a refusal what to do about
 * it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/elf_check.h"
#include "cli/kernel.h"
#include "cli/messages.h"
#include "cli/object.h"
#include "cli/needs.h"
#include "cli/options.h"
#include "cli/explain.h"

enum { LOG_ROOM = 16 << 20, LOG_PATH_AND_COUNTS = 1 | 4 };

struct verification {
	const struct options *opts;
	char *log; /* LOG_ROOM bytes */
	json_object *json; /* the programs; NULL: text is wanted */
	unsigned int refused;
};

static void add_json(struct verification *v, const struct bpf_program *prog, int err,
		     const struct explanation *e, const struct needs *needs)
{
	const struct verdict_log *l = e->log;
	json_object *json = json_object_new_object();

	json_object_object_add(json, "prog", json_object_new_string(bpf_program__name(prog)));
	json_object_object_add(json, "type", json_object_new_string(program_type_name(prog)));
	json_object_object_add(json, "verdict",
			       json_object_new_string(err ? "refused" : "accepted"));
	if (err) {
		json_object_object_add(json, "errno", json_object_new_int(err));
		explanation_json(e, json);
	}
	json_object_object_add(json, "processed", json_object_new_uint64(l->processed));
	json_object_object_add(json, "total_states", json_object_new_uint64(l->total_states));
	json_object_object_add(json, "peak_states", json_object_new_uint64(l->peak_states));
	if (needs)
		needs_json(needs, json);
	if (v->opts->log)
		json_object_object_add(json, "log", json_object_new_string(v->log));
	json_object_array_add(v->json, json);
}

static void print_refusal(const struct bpf_program *prog, int err, const struct explanation *e)
{
	printf("%s (%s): refused, %s: %.*s\n", bpf_program__name(prog), program_type_name(prog),
	       strerrorname_np(err) ? strerrorname_np(err) : strerror(err), SPAN(e->log->sentence));
	explanation_print(e);
	if (!e->log->sentence.at)
		messages_show();
}

static void print_acceptance(const struct bpf_program *prog, const struct verdict_log *l,
			     const struct needs *needs)
{
	printf("%s (%s): accepted: %lu instructions looked at, %lu states (%lu at a time)\n",
	       bpf_program__name(prog), program_type_name(prog), l->processed, l->total_states,
	       l->peak_states);
	if (needs)
		needs_print(needs);
}

static void print_text(const struct verification *v, const struct bpf_program *prog, int err,
		       const struct explanation *e, const struct needs *needs)
{
	if (err)
		print_refusal(prog, err, e);
	else
		print_acceptance(prog, e->log, needs);
	if (v->opts->log)
		fputs(v->log, stdout);
}

/* Loads one program of the object and nothing else: libbpf loads an object once, so it is opened
 * again. */
static enum outcome verify_one(struct verification *v, const char *name)
{
	struct skep_visits busiest[64];
	struct source_vars *vars;
	struct needs *needs;
	struct bpf_program *prog;
	struct explanation e;
	struct verdict_log l;
	struct object o;
	enum outcome ret = object_open(&o, v->opts->object, v->opts->btf);
	int err;

	if (ret)
		return ret;
	v->log[0] = '\0';
	prog = bpf_object__find_program_by_name(o.bpf, name);
	bpf_program__set_log_buf(prog, v->log, LOG_ROOM);
	bpf_program__set_log_level(prog, LOG_PATH_AND_COUNTS);
	err = -object_load_only(&o, name);
	vars = err ? source_vars_new(v->opts->object, name) : NULL;
	if (!verdict_log_read(&l, v->log))
		ret = complain("out of memory");
	needs = err ? NULL : needs_new(bpf_program__fd(prog), l.stack_depth);
	explain(&e, &l, vars);
	explain_spendings(&e, busiest, skep_world_busiest(kernel_world(), busiest, COUNT(busiest)));
	v->refused += err != 0;
	if (v->json)
		add_json(v, prog, err, &e, needs);
	else
		print_text(v, prog, err, &e, needs);
	needs_free(needs);
	explanation_free(&e);
	verdict_log_free(&l);
	source_vars_free(vars);
	object_close(&o);
	return ret;
}

static enum outcome verify_all(struct verification *v)
{
	struct bpf_program *prog;
	struct object o;
	enum outcome ret = elf_check(v->opts->object);

	if (ret)
		return ret;
	ret = object_open(&o, v->opts->object, v->opts->btf);
	if (!ret && v->opts->prog)
		ret = object_program(&o, v->opts->prog, &prog);
	if (!ret) {
		bpf_object__for_each_program(prog, o.bpf)
		{
			if (!ret &&
			    (!v->opts->prog || !strcmp(v->opts->prog, bpf_program__name(prog))))
				ret = verify_one(v, bpf_program__name(prog));
		}
	}
	object_close(&o);
	return ret;
}

enum outcome cmd_verify(int argc, char **argv)
{
	struct options opts;
	struct verification v = { .opts = &opts };
	enum outcome ret = options_parse(&opts, V, argc, argv);

	if (ret || opts.help)
		return ret ? ret : cmd_help(2, (char *[]){ "help", "verify" });
	v.log = malloc(LOG_ROOM);
	if (!v.log)
		return complain("out of memory");
	v.json = opts.json ? json_object_new_array() : NULL;
	ret = kernel_open(
		&(struct skep_world_opts){ .size = sizeof(struct skep_world_opts),
					   .verify = 1,
					   .no_perfmon = opts.no_perfmon },
		SKEP_MODE_CHECKED);
	if (!ret)
		ret = verify_all(&v);
	if (!ret && v.json)
		printf("%s\n", json_object_to_json_string_ext(
				       v.json, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
						       JSON_C_TO_STRING_NOSLASHESCAPE));
	if (kernel_world())
		kernel_close();
	json_object_put(v.json);
	free(v.log);
	return ret ? ret : v.refused ? PROGRAM_FAILED : GOOD;
}
