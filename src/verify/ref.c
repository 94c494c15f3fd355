/* SPDX-License-Identifier: BSD-2-Clause */
#include "verify/ref.h"

#include "verify/operand.h"

int skep__acquire(struct verify_env *env, u32 *id)
{
	*id = new_id(env);
	return skep__state_add_ref(&env->pool, env->cur,
				   &(struct ref){ .type = REF_PTR, .id = *id, .insn = env->insn });
}

bool skep__forget_ref(struct state *s, u32 id)
{
	struct ref *ref = skep__state_find_ref(s, id);

	if (!ref || ref->type != REF_PTR)
		return false;
	skep__state_drop_ref(s, ref - s->refs);
	return true;
}

/* Without CAP_PERFMON a pointer that is gone may not be looked at either. */
void skep__invalidate(struct verify_env *env, struct reg *r)
{
	if (!env->allow_ptr_leaks) {
		skep__reg_not_init(r);
		return;
	}
	skep__reg_unknown(r);
	r->precise = !env->capable;
}

int skep__release(struct verify_env *env, u32 id)
{
	const struct reg *r;

	if (!skep__forget_ref(env->cur, id))
		return -EINVAL;
	for (u32 f = 0; f <= env->cur->cur; f++) {
		for_each_frame_reg(env->cur->frames[f], r, i)
		{
			if (r->ref_id == id)
				skep__invalidate(env, own_reg(env->cur->frames[f], i));
		}
	}
	return 0;
}

void skep__invalidate_packets(struct verify_env *env)
{
	const struct reg *r;

	for (u32 f = 0; f <= env->cur->cur; f++) {
		for_each_frame_reg(env->cur->frames[f], r, i)
		{
			if (reg_is_packet(r) ||
			    (r->cls == REG_MEM &&
			     r->flags & (REG_DYN_SKB | REG_DYN_XDP | REG_DYN_SKB_META)))
				skep__invalidate(env, own_reg(env->cur->frames[f], i));
		}
	}
}

void skep__clear_caller_saved(struct verify_env *env)
{
	for (u32 i = BPF_REG_0; i <= BPF_REG_5; i++) {
		skep__reg_not_init(cur_reg(env, i));
		mark_scratched(env, i);
	}
}

static int check_references(struct verify_env *env, bool exception)
{
	const struct state *s = env->cur;
	bool leaks = false;

	if (!exception && s->cur)
		return 0;
	for (u32 i = 0; i < s->nr_refs; i++) {
		if (s->refs[i].type != REF_PTR)
			continue;
		skep__vlog(env, "Unreleased reference id=%u alloc_insn=%u\n", s->refs[i].id,
			   s->refs[i].insn);
		leaks = true;
	}
	return leaks ? -EINVAL : 0;
}

int skep__check_leaks(struct verify_env *env, bool exception, bool locks, const char *what)
{
	const struct state *s = env->cur;

	if (locks && s->active_locks)
		return skep__vfail(env, -EINVAL,
				   "%s cannot be used inside bpf_spin_lock-ed region\n", what);
	if (check_references(env, exception))
		return skep__vfail(env, -EINVAL, "%s would lead to reference leak\n", what);
	if (locks && s->active_irq_id)
		return skep__vfail(env, -EINVAL,
				   "%s cannot be used inside bpf_local_irq_save-ed region\n", what);
	if (locks && s->active_rcu)
		return skep__vfail(env, -EINVAL,
				   "%s cannot be used inside bpf_rcu_read_lock-ed region\n", what);
	if (locks && s->active_preempt)
		return skep__vfail(env, -EINVAL,
				   "%s cannot be used inside bpf_preempt_disable-ed region\n",
				   what);
	return 0;
}

bool skep__may_hold_lock(const struct reg *r)
{
	const struct btf_record *rec = NULL;

	if (r->cls == REG_MAP_VALUE)
		rec = r->map.map->record;
	else if (r->cls == REG_BTF && r->flags & REG_ALLOC)
		rec = skep__btf_record(r->btf.btf, r->btf.id);
	return rec && rec->mask & (BTF_FIELD_SPIN_LOCK | BTF_FIELD_RES_SPIN_LOCK);
}
