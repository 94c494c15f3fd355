/* SPDX-License-Identifier: BSD-2-Clause */
/* `skep verify`: the verdict about every program of an object, and for a refusal what to do about
 * it. */
#include <stdio.h>

#include "cli/judge.h"
#include "cli/kernel.h"
#include "cli/needs.h"

struct verification {
	const struct options *opts;
	json_object *json; /* the programs; NULL: text is wanted */
	unsigned int refused;
};

static void add_json(struct verification *v, const struct judged *j, const struct needs *needs)
{
	const struct verdict_log *l = &j->log;
	json_object *json = json_object_new_object();

	json_object_object_add(json, "prog", json_object_new_string(bpf_program__name(j->prog)));
	json_object_object_add(json, "type", json_object_new_string(program_type_name(j->prog)));
	json_object_object_add(json, "verdict",
			       json_object_new_string(j->err ? "refused" : "accepted"));
	if (j->err) {
		json_object_object_add(json, "errno", json_object_new_int(j->err));
		explanation_json(&j->why, json);
	}
	json_object_object_add(json, "processed", json_object_new_uint64(l->processed));
	json_object_object_add(json, "total_states", json_object_new_uint64(l->total_states));
	json_object_object_add(json, "peak_states", json_object_new_uint64(l->peak_states));
	if (needs)
		needs_json(needs, json);
	if (v->opts->log)
		json_object_object_add(json, "log", json_object_new_string(j->text));
	json_object_array_add(v->json, json);
}

static void print_acceptance(const struct judged *j, const struct needs *needs)
{
	const struct verdict_log *l = &j->log;

	printf("%s (%s): accepted: %lu instructions looked at, %lu states (%lu at a time)\n",
	       bpf_program__name(j->prog), program_type_name(j->prog), l->processed,
	       l->total_states, l->peak_states);
	if (needs)
		needs_print(needs);
}

static void take(void *opaque, const struct judged *j)
{
	struct verification *v = opaque;
	struct needs *needs =
		j->err ? NULL : needs_new(bpf_program__fd(j->prog), j->log.stack_depth);

	v->refused += j->err != 0;
	if (v->json)
		add_json(v, j, needs);
	else if (j->err)
		refusal_print(stdout, j);
	else
		print_acceptance(j, needs);
	if (!v->json && v->opts->log)
		fputs(j->text, stdout);
	needs_free(needs);
}

enum outcome cmd_verify(int argc, char **argv)
{
	struct options opts;
	struct verification v = { .opts = &opts };
	enum outcome ret = options_parse(&opts, V, argc, argv);

	if (ret || opts.help)
		return ret ? ret : cmd_help(2, (char *[]){ "help", "verify" });
	v.json = opts.json ? json_object_new_array() : NULL;
	ret = kernel_open(&(struct skep_world_opts){ .size = sizeof(struct skep_world_opts),
						     .no_perfmon = opts.no_perfmon },
			  SKEP_MODE_JIT);
	if (!ret)
		ret = judge_each(&opts, take, &v);
	if (!ret && v.json)
		printf("%s\n", json_object_to_json_string_ext(
				       v.json, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
						       JSON_C_TO_STRING_NOSLASHESCAPE));
	if (kernel_world())
		kernel_close();
	json_object_put(v.json);
	return ret ? ret : v.refused ? PROGRAM_FAILED : GOOD;
}
