/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/judge.h"

#include <stdlib.h>
#include <string.h>

#include "cli/elf_check.h"
#include "cli/kernel.h"
#include "cli/messages.h"

enum { LOG_ROOM = 16 << 20, LOG_PATH_AND_COUNTS = 1 | 4 };

/* libbpf loads an object once, so it is opened again for each program. */
static enum outcome judge(const struct options *opts, const char *name, char *log,
			  void (*fn)(void *opaque, const struct judged *judged), void *opaque)
{
	struct skep_visits busiest[64];
	struct source_vars *vars;
	struct bpf_program *prog;
	struct object o;
	enum outcome ret = object_open(&o, opts->object, opts->btf);
	struct judged j = { .text = log };

	if (ret)
		return ret;
	log[0] = '\0';
	prog = bpf_object__find_program_by_name(o.bpf, name);
	bpf_program__set_log_buf(prog, log, LOG_ROOM);
	bpf_program__set_log_level(prog, LOG_PATH_AND_COUNTS);
	j.prog = prog;
	j.err = -object_load_only(&o, name);
	vars = j.err ? source_vars_new(opts->object, name) : NULL;
	if (!verdict_log_read(&j.log, log))
		ret = complain("out of memory");
	explain(&j.why, &j.log, bpf_program__type(prog), vars);
	if (kernel_world())
		explain_spendings(&j.why, busiest,
				  skep_world_busiest(kernel_world(), busiest, COUNT(busiest)));
	fn(opaque, &j);
	explanation_free(&j.why);
	verdict_log_free(&j.log);
	source_vars_free(vars);
	object_close(&o);
	return ret;
}

static enum outcome judge_all(const struct options *opts, char *log,
			      void (*fn)(void *opaque, const struct judged *judged), void *opaque)
{
	struct bpf_program *prog;
	struct object o;
	enum outcome ret = elf_check(opts->object);

	if (ret)
		return ret;
	ret = object_open(&o, opts->object, opts->btf);
	if (!ret && opts->prog)
		ret = object_program(&o, opts->prog, &prog);
	if (!ret) {
		bpf_object__for_each_program (prog, o.bpf) {
			const char *name = bpf_program__name(prog);

			if (!ret && (!opts->prog || !strcmp(opts->prog, name)))
				ret = judge(opts, name, log, fn, opaque);
		}
	}
	object_close(&o);
	return ret;
}

enum outcome judge_each(const struct options *opts,
			void (*fn)(void *opaque, const struct judged *judged), void *opaque)
{
	char *log = malloc(LOG_ROOM);
	enum outcome ret = log ? judge_all(opts, log, fn, opaque) : complain("out of memory");

	free(log);
	return ret;
}

void refusal_print(FILE *to, const struct judged *j)
{
	fprintf(to, "%s (%s): refused, %s: %.*s\n", bpf_program__name(j->prog),
		program_type_name(j->prog),
		strerrorname_np(j->err) ? strerrorname_np(j->err) : strerror(j->err),
		SPAN(j->log.sentence));
	explanation_print(to, &j->why);
	if (!j->log.sentence.at)
		messages_show();
}

struct refusals {
	FILE *to;
	unsigned int n;
};

static void print_if_refused(void *opaque, const struct judged *judged)
{
	struct refusals *r = opaque;

	if (!judged->err)
		return;
	r->n++;
	refusal_print(r->to, judged);
}

unsigned int refusals_print(FILE *to, const struct options *opts)
{
	struct refusals r = { .to = to };

	judge_each(opts, print_if_refused, &r);
	return r.n;
}
