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
	if (!state_in_rcu(a->env->cur) || from->flags & REG_MAYBE_NULL)
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
	if (!env->prog->gpl && btf == env->kernel_btf)
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

/* Objects that the program allocated, wherever it has them from. */
static bool may_write(const struct reg *r)
{
	return r->flags & REG_ALLOC && !(r->flags & (REG_UNTRUSTED | REG_PERCPU));
}

/* Special fields of allocated objects are for functions. */
static int check_fields(const struct access *a)
{
	const struct btf_record *rec = skep__btf_record(a->ptr->btf.btf, a->ptr->btf.id);

	for (u32 i = 0; rec && i < rec->nr; i++) {
		const struct btf_field *f = &rec->fields[i];

		if (a->off < (s64)f->offset + f->size && f->offset < (s64)a->off + a->size)
			return skep__vfail(a->env, -EACCES, "direct access to %s is disallowed\n",
					   skep__btf_field_name(f->type));
	}
	return 0;
}

/* The instruction's offset counts from where its pointer already leads to. */
static void note_known(const struct access *a, s32 place)
{
	a->env->knows_field = true;
	a->env->known_field = place - a->ptr->off;
}

/* What is known here is loaded from there; of what is not, any address may be read with faults
 * caught, as long as nobody trusts it. */
static void note_kernel(const struct access *a)
{
	struct verify_env *env = a->env;

	s32 place = skep__known_object_field(a);

	if (place >= 0) {
		note_known(a, place);
		return;
	}
	env->probes = a->ptr->flags & REG_UNTRUSTED;
	env->follows_kernel = true;
}

int skep__access_btf(const struct access *a)
{
	struct walk w = { a->ptr->btf.btf, a->ptr->btf.id, a->off, a->size, 0, "", false };
	int ret = check_object(a);
	struct reg *dst;
	u16 flags;

	if (ret)
		return ret;
	if (a->ptr->btf.btf == a->env->kernel_btf)
		note_kernel(a);
	if (a->write && !may_write(a->ptr))
		return skep__access_btf_write(a);
	if (a->ptr->flags & REG_ALLOC)
		ret = check_fields(a);
	if (!ret)
		ret = skep__btf_walk(a->env, &w);
	if (ret < 0 || a->write || a->value == NO_REG)
		return min(ret, 0);
	/* Pointers to structs that a program put into its own objects are numbers. */
	if (ret == WALK_NUMBER || (ret == WALK_POINTER && a->ptr->flags & REG_ALLOC)) {
		set_loaded(a);
		return 0;
	}
	/* What a program has stored as a pointer may be any number. */
	a->env->follows_kernel = true;
	if (ret == WALK_BYTES) {
		skep__reg_pointer(cur_reg(a->env, a->value), REG_MEM, REG_RDONLY | REG_UNTRUSTED);
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
	static const char *const names[] = {
		[BPF_MAP_TYPE_HASH] = "bpf_htab",
		[BPF_MAP_TYPE_PERCPU_HASH] = "bpf_htab",
		[BPF_MAP_TYPE_LRU_HASH] = "bpf_htab",
		[BPF_MAP_TYPE_LRU_PERCPU_HASH] = "bpf_htab",
		[BPF_MAP_TYPE_HASH_OF_MAPS] = "bpf_htab",
		[BPF_MAP_TYPE_ARRAY] = "bpf_array",
		[BPF_MAP_TYPE_PERCPU_ARRAY] = "bpf_array",
		[BPF_MAP_TYPE_PROG_ARRAY] = "bpf_array",
		[BPF_MAP_TYPE_PERF_EVENT_ARRAY] = "bpf_array",
		[BPF_MAP_TYPE_CGROUP_ARRAY] = "bpf_array",
		[BPF_MAP_TYPE_ARRAY_OF_MAPS] = "bpf_array",
		[BPF_MAP_TYPE_REUSEPORT_SOCKARRAY] = "reuseport_array",
		[BPF_MAP_TYPE_STACK_TRACE] = "bpf_stack_map",
		[BPF_MAP_TYPE_LPM_TRIE] = "lpm_trie",
		[BPF_MAP_TYPE_DEVMAP] = "bpf_dtab",
		[BPF_MAP_TYPE_DEVMAP_HASH] = "bpf_dtab",
		[BPF_MAP_TYPE_SOCKMAP] = "bpf_stab",
		[BPF_MAP_TYPE_SOCKHASH] = "bpf_shtab",
		[BPF_MAP_TYPE_CPUMAP] = "bpf_cpu_map",
		[BPF_MAP_TYPE_XSKMAP] = "xsk_map",
		[BPF_MAP_TYPE_CGROUP_STORAGE] = "bpf_cgroup_storage_map",
		[BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE] = "bpf_cgroup_storage_map",
		[BPF_MAP_TYPE_QUEUE] = "bpf_queue_stack",
		[BPF_MAP_TYPE_STACK] = "bpf_queue_stack",
		[BPF_MAP_TYPE_SK_STORAGE] = "bpf_local_storage_map",
		[BPF_MAP_TYPE_INODE_STORAGE] = "bpf_local_storage_map",
		[BPF_MAP_TYPE_TASK_STORAGE] = "bpf_local_storage_map",
		[BPF_MAP_TYPE_CGRP_STORAGE] = "bpf_local_storage_map",
		[BPF_MAP_TYPE_STRUCT_OPS] = "bpf_struct_ops_map",
		[BPF_MAP_TYPE_RINGBUF] = "bpf_ringbuf_map",
		[BPF_MAP_TYPE_USER_RINGBUF] = "bpf_ringbuf_map",
		[BPF_MAP_TYPE_BLOOM_FILTER] = "bpf_bloom_filter",
		[BPF_MAP_TYPE_ARENA] = "bpf_arena",
	};

	return type < ARRAY_SIZE(names) && names[type] ? names[type] : "bpf_map";
}

/* Maps as the kernel's structs: numbers and pointers may be read, wherever there is one. */
int skep__access_map_ptr(const struct access *a)
{
	const char *name = map_struct(a->ptr->map.map->def->type);
	const struct btf *btf;
	struct reg *dst;
	s32 place;
	s64 id;
	int ret;

	if (!a->env->allow_ptr_leaks)
		return skep__vfail(
			a->env, -EPERM,
			"'struct %s' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN\n",
			name);
	if (a->off < 0)
		return skep__vfail(a->env, -EACCES, "R%u is %s invalid negative access: off=%d\n",
				   a->regno, name, a->off);
	if (a->write)
		return skep__vfail(a->env, -EACCES, "only read from %s is supported\n", name);
	btf = env_find_kernel_btf(a->env);
	id = btf ? skep__btf_find(btf, name, BTF_KIND_STRUCT) : -ENOENT;
	if (id < 0)
		return skep__vfail_later(a->env, "accesses to maps without types of a kernel");
	struct walk w = { btf, (u32)id, a->off, a->size, 0, "", false };

	ret = skep__btf_walk(a->env, &w);
	if (ret < 0)
		return ret;
	place = skep__known_field(btf, "bpf_map", (u32)a->off, (u32)a->size);
	if (place >= 0)
		note_known(a, place);
	else
		a->env->follows_kernel = true;
	set_loaded(a);
	if (ret == WALK_BYTES && a->value != NO_REG)
		skep__reg_pointer(cur_reg(a->env, a->value), REG_MEM, REG_RDONLY | REG_UNTRUSTED);
	if (ret == WALK_POINTER && a->value != NO_REG) {
		dst = cur_reg(a->env, a->value);
		skep__reg_pointer(dst, REG_BTF, w.flags);
		dst->btf.btf = btf;
		dst->btf.id = w.id;
	}
	return 0;
}
