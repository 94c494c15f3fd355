/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Global functions: what their BTF prototypes (and decl tags "arg:...") promise, and whether a
 * caller keeps to it.
 */
#include <string.h>

#include "ctx/ctx.h"
#include "verify/ctx_type.h"
#include "verify/call.h"
#include "verify/dynptr.h"
#include "verify/jump.h"

enum arg_tag {
	TAG_CTX = 1 << 0,
	TAG_TRUSTED = 1 << 1,
	TAG_UNTRUSTED = 1 << 2,
	TAG_NONNULL = 1 << 3,
	TAG_NULLABLE = 1 << 4,
	TAG_ARENA = 1 << 5,
};

/* One parameter while it is read. */
struct param {
	struct verify_env *env;
	const struct btf *btf;
	u32 i, tags;
	const struct btf_type *func, *type; /* type: without modifiers */
	struct sub_arg *out;
};

static int refuse(const struct param *p, const char *what)
{
	return skep__vfail(p->env, -EINVAL, "arg#%u %s\n", p->i, what);
}

static u32 tag_of(const char *text)
{
	static const struct {
		const char *text;
		u32 tag;
	} tags[] = {
		{ "ctx", TAG_CTX },
		{ "trusted", TAG_TRUSTED },
		{ "untrusted", TAG_UNTRUSTED },
		{ "nonnull", TAG_NONNULL },
		{ "nullable", TAG_NULLABLE },
		{ "arena", TAG_ARENA },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		if (!strcmp(text, tags[i].text))
			return tags[i].tag;
	}
	return 0;
}

static int read_tags(struct param *p, u32 func_id)
{
	for (u32 id = 1; id < skep__btf_nr_types(p->btf); id++) {
		const struct btf_type *t = skep__btf_type(p->btf, id);
		const struct btf_decl_tag *tag = (const void *)(t + 1);
		const char *text = skep__btf_name(p->btf, t);
		u32 bit;

		if (btf_kind(t) != BTF_KIND_DECL_TAG || t->type != func_id ||
		    tag->component_idx != (s32)p->i || strncmp(text, "arg:", 4))
			continue;
		bit = tag_of(text + 4);
		if (!bit)
			return skep__vfail(p->env, -EOPNOTSUPP,
					   "arg#%u has unsupported set of tags\n", p->i);
		p->tags |= bit;
	}
	return 0;
}

static const struct btf_type *strip(const struct btf *btf, u32 id)
{
	return skep__btf_strip(btf, &id);
}

static const char *kind_name(const struct btf_type *t)
{
	static const char *const names[] = {
		"UNKNOWN", "INT",     "PTR",      "ARRAY",    "STRUCT",   "UNION",  "ENUM",
		"FWD",     "TYPEDEF", "VOLATILE", "CONST",    "RESTRICT", "FUNC",   "FUNC_PROTO",
		"VAR",     "DATASEC", "FLOAT",    "DECL_TAG", "TYPE_TAG", "ENUM64",
	};

	return t && btf_kind(t) < ARRAY_SIZE(names) ? names[btf_kind(t)] : "UNKNOWN";
}

static int read_memory(struct param *p)
{
	u32 id = p->type->type;
	const struct btf_type *t;
	s64 size;

	if (p->tags & TAG_NULLABLE)
		return refuse(p, "has invalid combination of tags");
	t = skep__btf_strip(p->btf, &id);
	size = t ? skep__btf_size(p->btf, id) : -EINVAL;
	if (size < 0)
		return skep__vfail(p->env, -EINVAL,
				   "arg#%u reference type('%s %s') size cannot be determined: %d\n",
				   p->i, kind_name(t), t ? skep__btf_name(p->btf, t) : "(anon)",
				   -22);
	*p->out = (struct sub_arg){ .cls = SUB_ARG_MEM,
				    .nonnull = p->tags & TAG_NONNULL,
				    .mem_size = (u32)size };
	return 0;
}

/* The kernel's struct of the same name; what stands behind "___" tells local variants apart. */
static int find_object(struct param *p, const struct btf_type *t, const char *name)
{
	const struct btf *kernel = env_find_kernel_btf(p->env);
	const char *flavor = strstr(name, "___");
	struct strbuf out;
	char plain[128];
	s64 id;

	skep__strbuf_fixed(&out, plain, sizeof(plain));
	skep__strbuf_printf(&out, "%.*s", (int)(flavor ? (size_t)(flavor - name) : strlen(name)),
			    name);
	id = kernel ? skep__btf_find(kernel, plain, btf_kind(t)) : -ENOENT;
	if (id < 0)
		return skep__vfail(p->env, -ENOENT,
				   "arg#%u reference type('%s %s') has no matches\n", p->i,
				   kind_name(t), name);
	p->out->btf_id = (u32)id;
	return 0;
}

static int read_object(struct param *p)
{
	const struct btf_type *t = strip(p->btf, p->type->type);

	if (p->tags & TAG_UNTRUSTED && p->tags & ~TAG_UNTRUSTED)
		return refuse(p, "untrusted cannot be combined with any other tags");
	if (p->tags & ~(TAG_TRUSTED | TAG_UNTRUSTED | TAG_NULLABLE))
		return refuse(p, "has invalid combination of tags");
	p->out->cls = SUB_ARG_BTF;
	p->out->nonnull = !(p->tags & TAG_NULLABLE);
	p->out->untrusted = p->tags & TAG_UNTRUSTED;
	if (!t || btf_kind(t) != BTF_KIND_STRUCT)
		return skep__vfail_later(p->env, "arguments that are untrusted memory");
	return find_object(p, t, skep__btf_name(p->btf, t));
}

static int read_pointer(struct param *p)
{
	const struct btf_type *to = strip(p->btf, p->type->type);

	if (p->tags & TAG_CTX || skep__is_ctx_type(p->env, p->btf, p->type->type)) {
		int err;

		if (p->tags & ~TAG_CTX)
			return refuse(p, "has invalid combination of tags");
		err = p->tags ? skep__check_ctx_tag(p->env, p->btf, p->type->type, p->i) : 0;
		if (err)
			return err;
		p->out->cls = SUB_ARG_CTX;
		return 0;
	}
	if (to && btf_kind(to) == BTF_KIND_STRUCT &&
	    !strcmp(skep__btf_name(p->btf, to), "bpf_dynptr")) {
		if (p->tags)
			return refuse(p, "has invalid combination of tags");
		p->out->cls = SUB_ARG_DYNPTR;
		return 0;
	}
	if (p->tags & (TAG_TRUSTED | TAG_UNTRUSTED))
		return read_object(p);
	if (p->tags & TAG_ARENA) {
		if (p->tags & ~TAG_ARENA)
			return refuse(p, "arena cannot be combined with any other tags");
		p->out->cls = SUB_ARG_ARENA;
		return 0;
	}
	return read_memory(p);
}

static bool is_number(const struct btf_type *t)
{
	return t && (btf_kind(t) == BTF_KIND_INT || btf_kind(t) == BTF_KIND_ENUM ||
		     btf_kind(t) == BTF_KIND_ENUM64);
}

static int read_param(struct param *p, u32 func_id, u32 type_id)
{
	int err = read_tags(p, func_id);

	if (err)
		return err;
	p->type = strip(p->btf, type_id);
	if (p->type && btf_kind(p->type) == BTF_KIND_PTR)
		return read_pointer(p);
	if (p->tags)
		return refuse(p, "has pointer tag, but is not a pointer type");
	if (!is_number(p->type))
		return skep__vfail(p->env, -EINVAL,
				   "Arg#%u type %s in %s() is not supported yet.\n", p->i,
				   kind_name(p->type), skep__btf_name(p->btf, p->func));
	p->out->cls = SUB_ARG_SCALAR;
	return 0;
}

int skep__sub_args(struct verify_env *env, u32 sub)
{
	struct sub_info *info = &env->subs[sub];
	const struct btf *btf = env->in->btf;
	const struct btf_type *func, *proto;
	const struct btf_param *params;
	u32 n;
	int err = 0;

	if (info->args_known)
		return 0;
	if (!info->type_id)
		return skep__vfail(env, -EFAULT, "Global functions need valid BTF\n");
	func = skep__btf_type(btf, info->type_id);
	proto = skep__btf_type(btf, func->type);
	params = (const void *)(proto + 1);
	n = btf_vlen(proto);
	if (n > 5)
		return skep__vfail(env, -EINVAL,
				   "Global function %s() with %u > %u args. Buggy compiler.\n",
				   info->name, n, 5);
	if (!is_number(strip(btf, proto->type)))
		return skep__vfail(
			env, -EINVAL,
			"Global function %s() doesn't return scalar. Only those are supported.\n",
			info->name);
	for (u32 i = 0; i < n && !err; i++) {
		struct param p = {
			.env = env, .btf = btf, .i = i, .func = func, .out = &info->args[i]
		};

		err = read_param(&p, info->type_id, params[i].type);
	}
	info->nr_args = n;
	info->args_known = !err;
	return err;
}

/* ---- the caller's registers -------------------------------------------------------------------
 */

static int check_object(struct verify_env *env, const struct reg *r, u32 regno,
			const struct sub_arg *arg)
{
	const struct btf *kernel = env_find_kernel_btf(env);
	struct call call = {
		.env = env,
		.object = skep__btf_name(kernel, skep__btf_type(kernel, arg->btf_id)),
	};
	int err;

	if (arg->untrusted || (reg_is_null(r) && !arg->nonnull))
		return 0;
	err = skep__check_arg_class(&call, regno, ARG_BTF_ID | (arg->nonnull ? 0 : ARG_MAYBE_NULL));
	return err ? err : skep__check_arg_offset(env, r, regno, ARG_BTF_ID);
}

static int check_arg(struct verify_env *env, u32 i, const struct sub_arg *arg)
{
	u32 regno = i + 1;
	struct reg *r = cur_reg(env, regno);
	int err;

	switch (arg->cls) {
	case SUB_ARG_SCALAR:
		return r->cls == REG_SCALAR
			       ? 0
			       : skep__vfail(env, -EINVAL, "R%u is not a scalar\n", regno);
	case SUB_ARG_CTX:
		err = skep__check_arg_offset(env, r, regno, 0);
		if (err)
			return err;
		return reg_plain(r, REG_CTX)
			       ? 0
			       : skep__vfail(env, -EINVAL, "arg#%u expects pointer to ctx\n", i);
	case SUB_ARG_MEM:
		err = skep__check_arg_offset(env, r, regno, 0);
		if (err)
			return err;
		if (skep__call_pointee(&(struct call){ .env = env }, regno, (s32)arg->mem_size))
			return -EINVAL;
		if (arg->nonnull && reg_maybe_null(r))
			return skep__vfail(env, -EINVAL, "arg#%u is expected to be non-NULL\n", i);
		return 0;
	case SUB_ARG_ARENA:
		if (r->cls == REG_ARENA || r->cls == REG_SCALAR)
			return 0;
		return skep__vfail(env, -EINVAL, "R%u is not a pointer to arena or scalar.\n",
				   regno);
	case SUB_ARG_DYNPTR:
		err = skep__check_arg_offset(env, r, regno, ARG_DYNPTR);
		return err ? err : skep__check_dynptr(env, regno, &(struct dynptr_arg){ USE_READ });
	case SUB_ARG_BTF:
		return check_object(env, r, regno, arg);
	default:
		return skep__vfail_later(env, "arguments of this kind");
	}
}

int skep__check_sub_args(struct verify_env *env, u32 sub)
{
	struct sub_info *info = &env->subs[sub];
	int err;

	if (info->args_bad)
		return -EINVAL;
	err = skep__sub_args(env, sub);
	for (u32 i = 0; i < info->nr_args && !err; i++)
		err = check_arg(env, i, &info->args[i]);
	info->args_bad = err;
	return err;
}
