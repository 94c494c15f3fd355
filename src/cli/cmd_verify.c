/* SPDX-License-Identifier: BSD-2-Clause */
/* `skep verify`: the verdict about every program of an object, and for a refusal what to do about
 * it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "cli/elf_check.h"
#include "cli/kernel.h"
#include "cli/messages.h"
#include "cli/object.h"
#include "cli/options.h"
#include "cli/verdict_log.h"

enum { LOG_ROOM = 16 << 20, LOG_PATH_AND_COUNTS = 1 | 4, LINES_SHOWN = 6 };

struct verification {
	const struct options *opts;
	char *log; /* LOG_ROOM bytes */
	json_object *json; /* the programs; NULL: text is wanted */
	unsigned int refused;
};

static json_object *text_json(const char *text, int len)
{
	return text ? json_object_new_string_len(text, len) : NULL;
}

static void add_text(json_object *to, const char *name, const char *text, int len)
{
	if (text)
		json_object_object_add(to, name, text_json(text, len));
}

static json_object *source_json(const struct source_line *s)
{
	json_object *json = json_object_new_object();

	add_text(json, "text", s->text, s->text_len);
	add_text(json, "at", s->where, s->where_len);
	return json;
}

static void add_json(struct verification *v, const struct bpf_program *prog, int err,
		     const struct verdict_log *l)
{
	json_object *json = json_object_new_object(), *path = json_object_new_array();

	json_object_object_add(json, "prog", json_object_new_string(bpf_program__name(prog)));
	json_object_object_add(json, "type", json_object_new_string(program_type_name(prog)));
	json_object_object_add(json, "verdict",
			       json_object_new_string(err ? "refused" : "accepted"));
	if (err) {
		json_object_object_add(json, "errno", json_object_new_int(err));
		add_text(json, "message", l->sentence, l->sentence_len);
		add_text(json, "insn", l->insn, l->insn_len);
		for (unsigned int i = 0; i < l->nr_path; i++)
			json_object_array_add(path, source_json(&l->path[i]));
		json_object_object_add(json, "path", json_object_get(path));
		if (l->reason) {
			json_object_object_add(json, "reason", json_object_new_string(l->reason));
			json_object_object_add(json, "advice", json_object_new_string(l->advice));
		}
	}
	json_object_object_add(json, "processed", json_object_new_uint64(l->processed));
	json_object_object_add(json, "total_states", json_object_new_uint64(l->total_states));
	json_object_object_add(json, "peak_states", json_object_new_uint64(l->peak_states));
	add_text(json, "stack_depth", l->stack_depth, l->stack_depth_len);
	if (v->opts->log)
		json_object_object_add(json, "log", json_object_new_string(v->log));
	json_object_array_add(v->json, json);
	json_object_put(path);
}

/* The last source lines before the fault, the last of them marked. */
static void print_path(const struct verdict_log *l)
{
	unsigned int first = l->nr_path > LINES_SHOWN ? l->nr_path - LINES_SHOWN : 0;

	if (first)
		printf("    ...\n");
	for (unsigned int i = first; i < l->nr_path; i++) {
		const struct source_line *s = &l->path[i];

		printf("  %s %-24.*s %.*s\n", i + 1 == l->nr_path ? ">" : " ", s->where_len,
		       s->where ? s->where : "", s->text_len, s->text);
	}
}

static void print_refusal(const struct verification *v, const struct bpf_program *prog, int err,
			  const struct verdict_log *l)
{
	printf("%s (%s): refused, %s: %.*s\n", bpf_program__name(prog), program_type_name(prog),
	       strerror(err), l->sentence ? l->sentence_len : 0, l->sentence ? l->sentence : "");
	print_path(l);
	if (l->insn)
		printf("  instruction %.*s\n", l->insn_len, l->insn);
	if (l->reason)
		printf("  why: %s\n  do:  %s\n", l->reason, l->advice);
	if (!l->sentence)
		messages_show();
}

static void print_text(const struct verification *v, const struct bpf_program *prog, int err,
		       const struct verdict_log *l)
{
	if (err)
		print_refusal(v, prog, err, l);
	else
		printf("%s (%s): accepted: %lu instructions looked at, %lu states (%lu at a time), "
		       "%.*s bytes of stack\n",
		       bpf_program__name(prog), program_type_name(prog), l->processed,
		       l->total_states, l->peak_states, l->stack_depth ? l->stack_depth_len : 1,
		       l->stack_depth ? l->stack_depth : "0");
	if (v->opts->log)
		fputs(v->log, stdout);
}

/* Loads one program of the object and nothing else: libbpf loads an object once, so it is opened
 * again. */
static enum outcome verify_one(struct verification *v, const char *name)
{
	struct bpf_program *prog;
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
	verdict_log_read(&l, v->log);
	v->refused += err != 0;
	if (v->json)
		add_json(v, prog, err, &l);
	else
		print_text(v, prog, err, &l);
	object_close(&o);
	return GOOD;
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
		&(struct skep_world_opts){ .size = sizeof(struct skep_world_opts), .verify = 1 },
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
