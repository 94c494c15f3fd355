/* SPDX-License-Identifier: BSD-2-Clause */
/* Which programs have to do with allocated objects or timers, and what they have to know of them.
 */
#include "sys/prog_objects.h"

#include "helper/kfunc.h"
#include "world/world.h"

static bool allocates(const struct prog *prog, const struct insn *insn)
{
	u32 id = insn->op == OP_CALL_KFUNC ? prog_kfunc(prog, insn) : UINT32_MAX;

	return id == KFUNC_bpf_obj_new_impl || id == KFUNC_bpf_percpu_obj_new_impl;
}

/* By what it does, or has in its maps. Objects come from programs that allocate them, and go into
 * maps. */
static bool has_objects(const struct prog *prog, bool *makes_them)
{
	bool has = false;

	*makes_them = false;
	for (u32 i = 0; i < prog->nr_maps; i++)
		has |= prog->maps[i]->objects != NULL;
	for (u32 i = 0; i < prog->len; i++) {
		const struct insn *insn = &prog->insns[i];

		*makes_them |= allocates(prog, insn);
		has |= insn->flags & INSN_KPTR ||
		       (insn->op == OP_CALL_HELPER && insn->imm == BPF_FUNC_kptr_xchg) ||
		       (insn->op == OP_CALL_KFUNC &&
			skep__kfunc_on_objects(prog_kfunc(prog, insn)));
	}
	return has || *makes_them;
}

/* bpf_timer_start or bpf_wq_start: what has to be fired needs the thread that does. */
static bool starts_timers(const struct prog *prog)
{
	for (u32 i = 0; i < prog->len; i++) {
		const struct insn *insn = &prog->insns[i];

		if ((insn->op == OP_CALL_HELPER && insn->imm == BPF_FUNC_timer_init) ||
		    (insn->op == OP_CALL_KFUNC && prog_kfunc(prog, insn) == KFUNC_bpf_wq_init))
			return true;
	}
	return false;
}

int skep__prog_bind_objects(struct world *w, struct prog_object *p)
{
	struct prog_base *base = &p->prog.base;
	struct object_type *types = NULL;
	bool makes_them;
	int err = 0;

	if (starts_timers(&p->prog))
		err = skep__timers_begin(w);
	if (err || !has_objects(&p->prog, &makes_them))
		return err;
	base->objects = skep__world_objects(w, &err);
	if (!err && makes_them && p->btf)
		err = skep__world_object_types(w, p->btf->btf, &types, &base->nr_object_types);
	base->object_types = types;
	return err;
}
