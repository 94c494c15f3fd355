/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a global function's BTF prototype says of its arguments, and the decl tags "arg:..." on
 * them: read once, for the function itself and for all its callers.
 */
#include <stdio.h>
#include <string.h>

#include "verify/call.h"
#include "verify/ctx_type.h"

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
	return skep__btf_kind_name(t ? btf_kind(t) : BTF_KIND_UNKN);
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
				   p->i, kind_name(t), t ? skep__btf_name(p->btf, t) : "", -22);
	*p->out = (struct sub_arg){ .cls = SUB_ARG_MEM,
				    .flags = p->tags & TAG_NONNULL ? 0 : REG_MAYBE_NULL,
				    .mem_size = (u32)size };
	return 0;
}

/* The kernel's type of the same kind and name, "___flavour" aside: its id, or -errno. */
static s64 find_kernel_type(struct param *p)
{
	const struct btf_type *t = strip(p->btf, p->type->type);
	const char *text = t ? skep__btf_name(p->btf, t) : "", *flavour = strstr(text, "___");
	const struct btf *kernel = env_find_kernel_btf(p->env);
	u32 kind = t ? btf_kind(t) : BTF_KIND_UNKN;
	char name[256];
	s64 id;

	if (!kernel)
		return skep__vfail_later(p->env, "arguments without types of a kernel");
	if (snprintf(name, sizeof(name), "%.*s",
		     flavour && flavour != text ? (int)(flavour - text) : (int)strlen(text),
		     text) >= (int)sizeof(name))
		id = -ENOENT; /* names of types are shorter */
	else
		id = skep__btf_find(kernel, name, kind);
	if (id > 0 && skep__btf_find_next(kernel, (u32)id, name, kind) < 0)
		return id;
	skep__vlog(p->env, "arg#%u reference type('%s %s') %s\n", p->i, kind_name(t), text,
		   id > 0 ? "is ambiguous" : "has no matches");
	return id > 0 ? -ESRCH : -ENOENT;
}

static int read_object(struct param *p)
{
	s64 id;

	if (p->tags & TAG_NONNULL)
		return refuse(p, "has invalid combination of tags");
	id = find_kernel_type(p);
	if (id < 0)
		return (int)id;
	*p->out = (struct sub_arg){ .cls = SUB_ARG_BTF, .btf_id = (u32)id, .flags = REG_TRUSTED };
	if (p->tags & TAG_NULLABLE)
		p->out->flags |= REG_MAYBE_NULL;
	return 0;
}

/* Whatever the caller passes: loads through it cannot fault. */
static int read_untrusted(struct param *p)
{
	const struct btf_type *to = strip(p->btf, p->type->type);
	s64 id;

	if (p->tags & ~TAG_UNTRUSTED)
		return refuse(p, "untrusted cannot be combined with any other tags");
	if (!to || btf_is_scalar(to)) {
		*p->out =
			(struct sub_arg){ .cls = SUB_ARG_MEM, .flags = REG_RDONLY | REG_UNTRUSTED };
		return 0;
	}
	id = find_kernel_type(p);
	if (id < 0)
		return (int)id;
	if (!btf_is_composite(to))
		return skep__vfail(
			p->env, -EINVAL,
			"arg#%u has type %s '%s', but only struct or primitive types are "
			"allowed\n",
			p->i, kind_name(to), skep__btf_name(p->btf, to));
	*p->out = (struct sub_arg){ .cls = SUB_ARG_BTF, .btf_id = (u32)id, .flags = REG_UNTRUSTED };
	return 0;
}

static int read_pointer(struct param *p)
{
	const struct btf_type *to = strip(p->btf, p->type->type);

	if (p->tags & TAG_CTX || skep__is_ctx_type(p->env, p->btf, p->type->type)) {
		if (p->tags & ~TAG_CTX)
			return refuse(p, "has invalid combination of tags");
		p->out->cls = SUB_ARG_CTX;
		return p->tags ? skep__check_ctx_tag(p->env, p->btf, p->type->type, p->i) : 0;
	}
	if (to && btf_kind(to) == BTF_KIND_STRUCT &&
	    !strcmp(skep__btf_name(p->btf, to), "bpf_dynptr")) {
		if (p->tags)
			return refuse(p, "has invalid combination of tags");
		p->out->cls = SUB_ARG_DYNPTR;
		return 0;
	}
	if (p->tags & TAG_TRUSTED)
		return read_object(p);
	if (p->tags & TAG_UNTRUSTED)
		return read_untrusted(p);
	if (p->tags & TAG_ARENA) {
		if (p->tags & ~TAG_ARENA)
			return refuse(p, "arena cannot be combined with any other tags");
		p->out->cls = SUB_ARG_ARENA;
		return 0;
	}
	return read_memory(p);
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
	if (!btf_is_scalar(p->type))
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
	bool is_global;
	u32 n;
	int err = 0;

	if (info->args_known)
		return 0;
	if (!info->type_id)
		return skep__vfail(env, -EFAULT, "Global functions need valid BTF\n");
	is_global = info->linkage == LINK_GLOBAL;
	func = skep__btf_type(btf, info->type_id);
	proto = skep__btf_type(btf, func->type);
	params = (const void *)(proto + 1);
	n = btf_vlen(proto);
	if (!is_global && (n > 5 || !btf_is_scalar(strip(btf, proto->type))))
		return -EINVAL;
	if (n > 5)
		return skep__vfail(env, -EINVAL,
				   "Global function %s() with %u > %u args. Buggy compiler.\n",
				   info->name, n, 5);
	if (!btf_is_scalar(strip(btf, proto->type)))
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
