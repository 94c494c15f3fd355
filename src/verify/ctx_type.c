/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a program's BTF may call its context: the struct that programs of the type are compiled
 * against (or the kernel's own, of which that one is a projection), and where an argument is tagged
 * "arg:ctx" some more.
 */
#include "verify/ctx_type.h"

#include <string.h>

#include "ctx/ctx.h"

/* NULL: it has no name of its own. */
static const char *ctx_struct(u32 prog_type)
{
	switch (prog_type) {
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
		return "bpf_raw_tracepoint_args";
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_LIRC_MODE2:
	case BPF_PROG_TYPE_SYSCALL:
		return NULL;
	default:
		return skep__prog_type(prog_type)->ctx_name;
	}
}

bool skep__is_ctx_struct(u32 prog_type, const char *name)
{
	const char *ctx = ctx_struct(prog_type);

	if (!ctx)
		return false;
	if (prog_type == BPF_PROG_TYPE_KPROBE && !strcmp(name, "bpf_user_pt_regs_t"))
		return true;
	return !strcmp(ctx, name) || (!strcmp(ctx, "__sk_buff") && !strcmp(name, "sk_buff")) ||
	       (!strcmp(ctx, "xdp_md") && !strcmp(name, "xdp_buff"));
}

/* A typedef of it, before typedefs are looked through. */
static bool is_user_regs(const struct btf *btf, const struct btf_type *t)
{
	while (t && (btf_kind(t) == BTF_KIND_CONST || btf_kind(t) == BTF_KIND_VOLATILE ||
		     btf_kind(t) == BTF_KIND_RESTRICT || btf_kind(t) == BTF_KIND_TYPE_TAG))
		t = skep__btf_type(btf, t->type);
	return t && btf_kind(t) == BTF_KIND_TYPEDEF &&
	       !strcmp(skep__btf_name(btf, t), "bpf_user_pt_regs_t");
}

bool skep__is_ctx_type(const struct verify_env *env, const struct btf *btf, u32 id)
{
	u32 type = env->prog->type;
	const struct btf_type *t;

	if (type == BPF_PROG_TYPE_KPROBE && is_user_regs(btf, skep__btf_type(btf, id)))
		return true;
	t = skep__btf_strip(btf, &id);
	return btf_is_composite(t) && skep__is_ctx_struct(type, skep__btf_name(btf, t));
}

static bool is_u64(const struct btf_type *t)
{
	return btf_kind(t) == BTF_KIND_INT && t->size == 8;
}

static bool tracing_allows(u32 hook, const struct btf_type *t, const char *name)
{
	switch (hook) {
	case BPF_TRACE_RAW_TP:
		return is_u64(t) ||
		       (btf_is_composite(t) && !strcmp(name, "bpf_raw_tracepoint_args"));
	case BPF_TRACE_ITER:
		return btf_is_composite(t) && !strncmp(name, "bpf_iter__", strlen("bpf_iter__"));
	case BPF_TRACE_FENTRY:
	case BPF_TRACE_FEXIT:
	case BPF_MODIFY_RETURN:
		return is_u64(t);
	default:
		return false;
	}
}

/* Beside the type's own struct. */
static bool tag_allows(const struct prog *prog, const struct btf_type *t, const char *name)
{
	switch (prog->type) {
	case BPF_PROG_TYPE_PERF_EVENT:
		return btf_is_composite(t) && !strcmp(name, "pt_regs");
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
	case BPF_PROG_TYPE_LSM:
	case BPF_PROG_TYPE_STRUCT_OPS:
		return is_u64(t);
	case BPF_PROG_TYPE_TRACING:
		return tracing_allows(prog->expected_attach_type, t, name);
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_SYSCALL:
	case BPF_PROG_TYPE_EXT:
		return true;
	default:
		return false;
	}
}

int skep__check_ctx_tag(struct verify_env *env, const struct btf *btf, u32 id, u32 arg)
{
	u32 type = env->prog->type;
	const char *name, *ctx = ctx_struct(type);
	const struct btf_type *t;

	if ((type == BPF_PROG_TYPE_KPROBE || type == BPF_PROG_TYPE_PERF_EVENT) &&
	    is_user_regs(btf, skep__btf_type(btf, id)))
		return 0;
	t = id ? skep__btf_strip(btf, &id) : NULL;
	if (!t || !id)
		return 0; /* void * */
	name = skep__btf_name(btf, t);
	if (!name[0])
		return skep__vfail(env, -EINVAL, "arg#%u type doesn't have a name\n", arg);
	if (tag_allows(env->prog, t, name))
		return 0;
	if (!ctx)
		return skep__vfail(env, -EINVAL, "arg#%u should be void pointer\n", arg);
	if (!btf_is_composite(t) || strcmp(ctx, name))
		return skep__vfail(env, -EINVAL, "arg#%u should be `struct %s *`\n", arg, ctx);
	return 0;
}
