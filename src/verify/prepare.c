/* SPDX-License-Identifier: BSD-2-Clause */
#include "verify/prepare.h"

#include <stdarg.h>

#include "base/alloc.h"
#include "map/map.h"
#include "verify/passes.h"

int skep__prep_fail(struct prep *p, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	skep__strbuf_vprintf(p->log, fmt, ap);
	va_end(ap);
	return err;
}

static int run_passes(struct prep *p)
{
	static int (*const passes[])(struct prep *) = {
		skep__prep_find_subprogs, skep__prep_check_jumps, skep__prep_debug_info,
		skep__prep_resolve,       skep__prep_check_flow,  skep__prep_decode,
	};
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(passes) && !err; i++)
		err = passes[i](p);
	return err;
}

/* The image takes over what the passes built. */
static void hand_over(const struct prep *p, struct prog *out)
{
	out->insns = p->insns;
	out->len = p->len;
	out->subprogs = p->subprogs;
	out->nr_subprogs = p->nr_subprogs;
	out->maps = p->maps;
	out->nr_maps = p->nr_maps;
	out->kfuncs = p->kfuncs;
	out->nr_kfuncs = p->nr_kfuncs;
	for (u32 i = 0; i < p->nr_maps; i++) {
		if (p->maps[i]->def.type == BPF_MAP_TYPE_ARENA)
			out->arena = p->maps[i];
	}
	out->lines = p->lines;
	out->nr_lines = p->nr_lines;
}

int skep__prepare(const struct prepare_input *in, struct prog *out, struct strbuf *log)
{
	struct prep p = { .in = in, .log = log, .len = in->len };
	int err = -ENOMEM;

	p.insns = skep__zalloc_array(in->len, sizeof(*p.insns));
	if (p.insns)
		err = run_passes(&p);
	hand_over(&p, out);
	if (err)
		skep__prepare_free(out);
	return err;
}

void skep__prepare_bury(struct prog *prog)
{
	struct insn *insns = (struct insn *)prog->insns;

	for (u32 i = 0; i < prog->len; i++) {
		if (insns[i].op == OP_INVALID)
			insns[i] = (struct insn){ .op = OP_EXIT };
	}
}

void skep__prepare_free(struct prog *prog)
{
	skep__free((void *)prog->insns);
	skep__free((void *)prog->subprogs);
	skep__free((void *)prog->maps);
	skep__free((void *)prog->kfuncs);
	skep__free((void *)prog->lines);
	prog->insns = NULL;
	prog->subprogs = NULL;
	prog->maps = NULL;
	prog->kfuncs = NULL;
	prog->lines = NULL;
	prog->len = prog->nr_subprogs = prog->nr_maps = prog->nr_kfuncs = prog->nr_lines = 0;
}
