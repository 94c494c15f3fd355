/* SPDX-License-Identifier: BSD-2-Clause */
/* What a loaded program needs of a kernel: a walk over its instructions and maps, and the tables.
 */
#include "skep/needs.h"

#include <errno.h>
#include <string.h>

#include "ctx/ctx.h"
#include "helper/kfunc.h"
#include "helper/proto.h"
#include "sys/sys.h"

struct finder {
	const struct prog_object *p;
	struct skep_need *out;
	unsigned int room, nr;
};

static const struct {
	const char *text, *since;
} map_types[] = {
#define MAP_TYPE(number, text, ops, since) [BPF_MAP_TYPE_##number] = { text, since },
#include "map/map_types.def"
};

static void need(struct finder *f, enum skep_need_kind kind, const char *name, const char *since)
{
	for (unsigned int i = 0; i < f->nr && i < f->room; i++) {
		if (f->out[i].kind == kind && !strcmp(f->out[i].name, name))
			return;
	}
	if (f->nr < f->room)
		f->out[f->nr] = (struct skep_need){ kind, name, since };
	f->nr++;
}

static bool is_atomic(const struct insn_desc *desc)
{
	return desc->form == FORM_ATOMIC || desc->form == FORM_FETCH || desc->form == FORM_CMPXCHG;
}

static bool has_global_functions(const struct prog_object *p)
{
	for (u32 i = 1; i < p->nr_func_info; i++) {
		if (btf_vlen(skep__btf_type(p->btf->btf, p->func_info[i].type_id)) == 1)
			return true;
	}
	return false;
}

/* libbpf asks for less where the kernel cannot have such maps mapped. */
static bool is_global_data(const struct map_object *m)
{
	return m->btf_value_type_id && !m->btf_key_type_id;
}

static void needs_of_insn(struct finder *f, const struct insn *insn)
{
	const struct insn_desc *desc = insn_desc(insn);
	const struct helper *helper;
	const struct kfunc *kfunc;

	if (insn->op == OP_CALL_HELPER) {
		helper = skep__helper(insn->imm);
		if (helper)
			need(f, SKEP_NEED_HELPER, helper->name, helper->since);
	}
	if (insn->op == OP_CALL_KFUNC && insn->imm) {
		kfunc = skep__kfunc(f->p->prog.kfuncs[insn->off].id);
		if (kfunc)
			need(f, SKEP_NEED_KFUNC, kfunc->name, kfunc->since);
	}
#define INSN_NEED(name, since, when)                                                               \
	if (when)                                                                                  \
		need(f, SKEP_NEED_FEATURE, name, since);
#include "sys/needs.def"
}

static void needs_of_map(struct finder *f, const struct map_object *m)
{
	const struct map_def *def = &m->map->def;
	u32 fields = m->record.nr ? m->record.mask : 0;

	if (def->type < ARRAY_SIZE(map_types) && map_types[def->type].text)
		need(f, SKEP_NEED_MAP_TYPE, map_types[def->type].text, map_types[def->type].since);
#define MAP_NEED(name, since, when)                                                                \
	if (when)                                                                                  \
		need(f, SKEP_NEED_FEATURE, name, since);
#include "sys/needs.def"
}

static void needs_of_prog(struct finder *f, const struct prog_object *p)
{
	const struct prog_type *type = skep__prog_type(p->prog.type);

	need(f, SKEP_NEED_PROG_TYPE, type->name, type->since);
#define PROG_NEED(name, since, when)                                                               \
	if (when)                                                                                  \
		need(f, SKEP_NEED_FEATURE, name, since);
#include "sys/needs.def"
}

static void find(struct finder *f)
{
	const struct prog_object *p = f->p;

	needs_of_prog(f, p);
	for (u32 i = 0; i < p->prog.len; i++)
		needs_of_insn(f, &p->prog.insns[i]);
	for (u32 i = 0; i < p->nr_maps; i++)
		needs_of_map(f, p->maps[i]);
}

int skep_prog_needs(struct skep_world *world, int prog_fd, struct skep_need *out, unsigned int n)
{
	struct client self = { .ops = &skep__client_self };
	struct call call = { .world = world->world, .client = &self };
	struct finder f = { .out = out, .room = n };
	struct object *obj;
	int err;

	obj = skep__call_object(&call, prog_fd, OBJ_PROG, &err, NULL);
	if (!obj)
		return err;
	f.p = (const struct prog_object *)obj;
	find(&f);
	object_put(obj);
	return (int)f.nr;
}
