/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects that BTF describes: kernel structs, allocated objects, and maps seen as struct bpf_map. A
 * pointer that is loaded from one is as good as the object it came from only where trust.def says
 * so; all others may be followed (a bad address reads as zero) and not be handed to functions that
 * rely on them.
 */
#include "verify/btf_walk.h"
#include "verify/memory.h"
#include "verify/operand.h"

#define TRUSTED_FLAGS (REG_TRUSTED | REG_ALLOC | REG_NON_OWN)

static bool in_rcu_section(const struct state *s)
{
	return s->active_rcu || s->active_locks || !s->in_sleepable;
}

static bool is_trusted(const struct reg *r)
{
	return r->ref_id || (r->flags & TRUSTED_FLAGS && !(r->flags & ~(TRUSTED_FLAGS | REG_RCU)));
}

/* Flags of a pointer that was loaded from a field. */
static u16 loaded_flags(const struct access *a, const struct walk *w)
{
	const struct reg *from = a->ptr;
	enum trust trust;

	if (from->flags & REG_UNTRUSTED)
		return REG_UNTRUSTED;
	if (!is_trusted(from) && !(from->flags & REG_RCU))
		return w->flags & ~(TRUSTED_FLAGS | REG_RCU);
	trust = skep__field_trust(from->btf.btf, from->btf.id, w->field);
	if (trust == TRUST_FULL)
		return w->flags | REG_TRUSTED;
	if (trust == TRUST_FULL_OR_NULL)
		return w->flags | REG_TRUSTED | REG_MAYBE_NULL;
	if (!in_rcu_section(a->env->cur) || from->flags & REG_MAYBE_NULL)
		return REG_UNTRUSTED;
	if (trust == TRUST_RCU)
		return w->flags | REG_RCU;
	if (trust == TRUST_RCU_OR_NULL)
		return (w->flags | REG_RCU | REG_MAYBE_NULL) & ~REG_UNTRUSTED;
	if (w->flags & REG_RCU)
		return w->flags | REG_MAYBE_NULL;
	return w->flags & (REG_PERCPU | REG_USER) ? w->flags : w->flags & ~TRUSTED_FLAGS;
}

static int refuse_offset(const struct access *a, const char *name)
{
	struct strbuf *log = a->env->log;

	if (a->off < 0)
		return skep__vfail(a->env, -EACCES,
				   "R%u is ptr_%s invalid negative access: off=%d\n", a->regno,
				   name, a->off);
	skep__strbuf_printf(log,
			    "R%u is ptr_%s invalid variable offset: off=%d, var_off=", a->regno,
			    name, a->off);
	skep__tnum_print(a->ptr->n.bits, log);
	skep__strbuf_putc(log, '\n');
	return -EACCES;
}

static int check_object(const struct access *a)
{
	struct verify_env *env = a->env;
	const struct btf *btf = a->ptr->btf.btf;
	const char *name = skep__btf_name(btf, skep__btf_type(btf, a->ptr->btf.id));

	if (!env->allow_ptr_leaks)
		return skep__vfail(
			env, -EPERM,
			"'struct %s' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN\n",
			name);
	if (!env->prog->gpl && btf == env->in->kernel_btf)
		return skep__vfail(
			env, -EINVAL,
			"Cannot access kernel 'struct %s' from non-GPL compatible program\n", name);
	if (a->off < 0 || !num_is_const(&a->ptr->n) || reg_const(a->ptr))
		return refuse_offset(a, name);
	if (a->ptr->flags & (REG_USER | REG_PERCPU))
		return skep__vfail(env, -EACCES, "R%u is ptr_%s access %s memory: off=%d\n",
				   a->regno, name, a->ptr->flags & REG_USER ? "user" : "percpu",
				   a->off);
	return 0;
}

int skep__access_btf(const struct access *a)
{
	struct walk w = { a->ptr->btf.btf, a->ptr->btf.id, a->off, a->size, 0, "", false };
	int ret = check_object(a);
	struct reg *dst;
	u16 flags;

	if (ret)
		return ret;
	if (a->ptr->flags & (REG_ALLOC | REG_NON_OWN))
		return skep__vfail_later(a->env, "accesses to allocated objects");
	if (a->write)
		return skep__vfail(a->env, -EACCES, "only read is supported\n");
	ret = skep__btf_walk(a->env, &w);
	if (ret < 0 || a->value == NO_REG)
		return min(ret, 0);
	if (ret == WALK_NUMBER) {
		set_loaded(a);
		return 0;
	}
	flags = loaded_flags(a, &w);
	dst = cur_reg(a->env, a->value);
	skep__reg_pointer(dst, REG_BTF, flags);
	dst->btf.btf = w.btf;
	dst->btf.id = w.id;
	if (flags & REG_MAYBE_NULL)
		dst->id = new_id(a->env);
	return 0;
}

/* The struct that the kernel has behind a map of the type. */
static const char *map_struct(u32 type)
{
	switch (type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_CGROUP_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
		return "bpf_array";
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		return "bpf_htab";
	default:
		return "bpf_map";
	}
}

/* Maps as struct bpf_map: numbers may be read, wherever there is one. */
int skep__access_map_ptr(const struct access *a)
{
	const struct btf *btf = a->env->in->kernel_btf;
	s64 id = btf ? skep__btf_find(btf, "bpf_map", BTF_KIND_STRUCT) : -ENOENT;

	if (a->off < 0)
		return skep__vfail(a->env, -EACCES, "R%u is %s invalid negative access: off=%d\n",
				   a->regno, map_struct(a->ptr->map.map->def->type), a->off);
	if (a->write)
		return skep__vfail(a->env, -EACCES, "only read from %s is supported\n",
				   map_struct(a->ptr->map.map->def->type));
	if (!a->env->allow_ptr_leaks)
		return skep__vfail(
			a->env, -EPERM,
			"'struct %s' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN\n",
			"bpf_map");
	if (id < 0)
		return skep__vfail_later(a->env, "accesses to struct bpf_map");
	struct walk w = { btf, id, a->off, a->size, 0, "", false };
	int ret = skep__btf_walk(a->env, &w);

	if (ret < 0)
		return ret;
	if (ret == WALK_POINTER && a->value != NO_REG) {
		struct reg *dst = cur_reg(a->env, a->value);

		skep__reg_pointer(dst, REG_BTF, w.flags & ~(TRUSTED_FLAGS | REG_RCU));
		dst->btf.btf = btf;
		dst->btf.id = w.id;
		return 0;
	}
	set_loaded(a);
	return 0;
}
