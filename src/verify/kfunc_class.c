/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The class of a kernel function's argument, from its type and its name. Where the type says too
 * little, the kernel's authors write it into the end of the name: "size__szk" is a constant size.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "ctx/ctx.h"
#include "verify/ctx_type.h"
#include "verify/kfunc.h"

#define MAX_NESTING 4

bool skep__karg_has_suffix(const struct karg *a, const char *suffix)
{
	size_t len = strlen(a->name), want = strlen(suffix);

	return len >= want && !strcmp(a->name + len - want, suffix);
}

bool skep__karg_nullable(const struct karg *a)
{
	return skep__karg_has_suffix(a, "__nullable");
}

void skep__karg_fill(const struct kcall *k, u32 i, struct karg *a)
{
	u32 id = k->params[i].type;

	*a = (struct karg){
		.i = i,
		.regno = i + 1,
		.reg = cur_reg(k->env, i + 1),
		.param = &k->params[i],
		.name = skep__btf_str(k->btf, k->params[i].name_off),
		.type = skep__btf_strip(k->btf, &id),
		.ref_name = "",
	};
	if (!a->type || btf_kind(a->type) != BTF_KIND_PTR)
		return;
	a->ref_id = a->type->type;
	a->ref = skep__btf_strip(k->btf, &a->ref_id);
	a->ref_name = a->ref ? skep__btf_name(k->btf, a->ref) : "";
}

const char *skep__class_struct(enum reg_class cls)
{
	switch (cls) {
	case REG_SOCKET:
		return "sock";
	case REG_SOCK_COMMON:
		return "sock_common";
	case REG_TCP_SOCK:
		return "tcp_sock";
	case REG_MAP_PTR:
		return "bpf_map";
	default:
		return NULL;
	}
}

static bool is_context(const struct kcall *k, const struct karg *a)
{
	return btf_is_composite(a->ref) && skep__is_ctx_struct(k->env->prog->type, a->ref_name);
}

/* The kernel's BTF has a struct that pairs what programs see with what is behind it. */
u32 skep__kernel_context(const struct kcall *k)
{
	s64 id = skep__btf_find(k->btf, "bpf_ctx_convert", BTF_KIND_STRUCT);
	const struct btf_type *t = id < 0 ? NULL : skep__btf_type(k->btf, (u32)id);
	const struct btf_member *m;
	char name[64];

	if (!t)
		return 0;
	m = (const struct btf_member *)(t + 1);
	snprintf(name, sizeof(name), "BPF_PROG_TYPE_%s_kern",
		 skep__prog_type(k->env->prog->type)->name);
	for (u32 i = 0; i < btf_vlen(t); i++) {
		if (!strcasecmp(skep__btf_str(k->btf, m[i].name_off), name))
			return m[i].type;
	}
	return 0;
}

static bool is_callback(const struct karg *a)
{
	return a->ref && btf_kind(a->ref) == BTF_KIND_FUNC_PROTO;
}

/* Nothing but numbers, also inside: memory that anyone may give. 0, or 1: something else. */
static int check_numbers(struct kcall *k, const struct btf_type *t, u32 depth)
{
	const struct btf_member *m = (const struct btf_member *)(t + 1);

	if (!btf_is_composite(t))
		return 1;
	for (u32 i = 0; i < btf_vlen(t); i++, m++) {
		u32 id = m->type;
		const struct btf_type *member = skep__btf_strip(k->btf, &id);
		const struct btf_array *array;

		if (btf_is_composite(member)) {
			if (depth + 1 >= MAX_NESTING) {
				skep__vlog(k->env, "max struct nesting depth exceeded\n");
				return 1;
			}
			if (check_numbers(k, member, depth + 1))
				return 1;
			continue;
		}
		if (member && btf_kind(member) == BTF_KIND_ARRAY) {
			array = btf_array(member);
			if (!array->nelems)
				return 1;
			id = array->type;
			member = skep__btf_strip(k->btf, &id);
		}
		if (!btf_is_scalar(member))
			return 1;
	}
	return 0;
}

bool skep__is_scalar_struct(struct kcall *k, const struct btf_type *t)
{
	return !check_numbers(k, t, 0);
}

/* The argument behind is the size of the memory. */
static bool has_size(const struct kcall *k, const struct karg *a)
{
	struct karg next;

	if (a->i + 1 >= k->nr_params)
		return false;
	skep__karg_fill(k, a->i + 1, &next);
	return btf_is_scalar(next.type) && next.reg->cls == REG_SCALAR &&
	       (skep__karg_has_suffix(&next, "__sz") || skep__karg_has_suffix(&next, "__szk"));
}

static const char *type_text(const struct btf_type *t)
{
	return t ? skep__btf_kind_name(btf_kind(t)) : "UNKNOWN";
}

static int classify_memory(struct kcall *k, struct karg *a, bool sized)
{
	bool numbers = btf_is_scalar(a->ref) || (a->ref && !check_numbers(k, a->ref, 0));

	if (!numbers && !(sized && !a->ref))
		return skep__vfail(
			k->env, -EINVAL,
			"arg#%u pointer type %s %s must point to %sscalar, or struct with "
			"scalar\n",
			a->i, type_text(a->ref), a->ref_name, sized ? "void, " : "");
	a->cls = sized ? KARG_MEM_SIZE : KARG_MEM;
	return 0;
}

/* Classes that the struct's name gives. */
static bool classify_by_struct(struct karg *a)
{
	static const struct {
		const char *name;
		enum karg_class cls;
	} structs[] = {
		{ "bpf_dynptr", KARG_DYNPTR },       { "bpf_list_head", KARG_LIST_HEAD },
		{ "bpf_list_node", KARG_LIST_NODE }, { "bpf_rb_root", KARG_RB_ROOT },
		{ "bpf_rb_node", KARG_RB_NODE },     { "bpf_wq", KARG_WQ },
		{ "bpf_task_work", KARG_TASK_WORK }, { "bpf_res_spin_lock", KARG_RES_LOCK },
	};

	for (size_t i = 0; a->ref && i < ARRAY_SIZE(structs); i++) {
		if (btf_kind(a->ref) == BTF_KIND_STRUCT && !strcmp(a->ref_name, structs[i].name)) {
			a->cls = structs[i].cls;
			return true;
		}
	}
	return false;
}

static bool classify_by_suffix(struct karg *a)
{
	static const struct {
		const char *suffix;
		enum karg_class cls;
	} suffixes[] = {
		{ "__alloc", KARG_ALLOC }, { "__refcounted_kptr", KARG_REFCOUNTED },
		{ "__iter", KARG_ITER },   { "__str", KARG_CONST_STR },
		{ "__map", KARG_MAP },     { "__irq_flag", KARG_IRQ_FLAG },
	};

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		if (skep__karg_has_suffix(a, suffixes[i].suffix)) {
			a->cls = suffixes[i].cls;
			return true;
		}
	}
	return false;
}

int skep__karg_classify(struct kcall *k, struct karg *a)
{
	bool sized = has_size(k, a);

	if (k->id == KFUNC_bpf_cast_to_kern_ctx || is_context(k, a)) {
		a->cls = KARG_CTX;
		return 0;
	}
	if (skep__karg_nullable(a) && reg_is_null(a->reg) && !sized) {
		a->cls = KARG_NULL;
		return 0;
	}
	if (classify_by_suffix(a) || classify_by_struct(a))
		return 0;
	if (!a->i && k->flags & (KFUNC_ITER_NEW | KFUNC_ITER_NEXT | KFUNC_ITER_DESTROY)) {
		a->cls = KARG_ITER;
		return 0;
	}
	if (a->reg->cls == REG_BTF || skep__class_struct(a->reg->cls)) {
		if (!btf_is_composite(a->ref))
			return skep__vfail(
				k->env, -EINVAL,
				"kernel function %s args#%u pointer type %s %s is not supported\n",
				k->name, a->i, type_text(a->ref), a->ref_name);
		a->cls = KARG_BTF;
		return 0;
	}
	if (is_callback(a)) {
		a->cls = KARG_CALLBACK;
		return 0;
	}
	return classify_memory(k, a, sized);
}
