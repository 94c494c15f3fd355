/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs for functions, tracepoints and iterators of the kernel: what their attach_btf_id stands
 * for, and what is known of the arguments behind it beside BTF. The refusals are the kernel's
 * bpf_check_attach_target's.
 */
#include "verify/attach.h"

#include <string.h>

#include "verify/struct_ops.h"

#define TRACEPOINT "btf_trace_"
#define ITERATOR "bpf_iter_"

static bool starts_with(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

static bool is_iterator(const char *name)
{
	static const char *const known[] = {
#define ITER(target, argument, class, flags) target,
#include "verify/attach_args.def"
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (!strcmp(name, known[i]))
			return true;
	}
	return false;
}

static const struct btf_type *type_behind(const struct btf *btf, const struct btf_type *t, u32 kind)
{
	u32 id = t->type;
	const struct btf_type *to = skep__btf_strip(btf, &id);

	return to && btf_kind(to) == kind ? to : NULL;
}

/* A typedef btf_trace_NAME of a pointer to a function whose first argument is the tracepoint's own.
 */
static int target_tracepoint(struct verify_env *env, const struct btf_type *t)
{
	struct attach_target *target = &env->target;
	u32 id = env->in->attach_btf_id;

	if (btf_kind(t) != BTF_KIND_TYPEDEF)
		return skep__vfail(env, -EINVAL, "attach_btf_id %u is not a typedef\n", id);
	if (!starts_with(target->name, TRACEPOINT))
		return skep__vfail(env, -EINVAL, "attach_btf_id %u points to wrong type name %s\n",
				   id, target->name);
	target->name += strlen(TRACEPOINT);
	t = type_behind(target->btf, t, BTF_KIND_PTR);
	if (t)
		t = type_behind(target->btf, t, BTF_KIND_FUNC_PROTO);
	if (!t || !btf_vlen(t))
		return -EINVAL;
	target->proto = t;
	target->skip = 1;
	target->trusted = true;
	return 0;
}

static int target_function(struct verify_env *env, const struct btf_type *t)
{
	struct attach_target *target = &env->target;

	if (btf_kind(t) != BTF_KIND_FUNC)
		return skep__vfail(env, -EINVAL, "attach_btf_id %u is not a function\n",
				   env->in->attach_btf_id);
	target->proto = type_behind(target->btf, t, BTF_KIND_FUNC_PROTO);
	if (!target->proto)
		return -EINVAL;
	if (env->prog->expected_attach_type != BPF_TRACE_ITER)
		return 0;
	if (!starts_with(target->name, ITERATOR) || !is_iterator(target->name + strlen(ITERATOR)))
		return -EINVAL;
	target->trusted = true;
	return 0;
}

static int find_target(struct verify_env *env)
{
	struct attach_target *target = &env->target;
	u32 id = env->in->attach_btf_id;
	const struct btf_type *t;

	if (!id)
		return skep__vfail(env, -EINVAL, "Tracing programs must provide btf_id\n");
	target->btf = env->kernel_btf;
	if (!target->btf)
		return skep__vfail(env, -EINVAL,
				   "FENTRY/FEXIT program can only be attached to another program "
				   "annotated with BTF\n");
	t = skep__btf_type(target->btf, id);
	if (!t)
		return skep__vfail(env, -EINVAL, "attach_btf_id %u is invalid\n", id);
	target->name = skep__btf_name(target->btf, t);
	if (env->prog->type == BPF_PROG_TYPE_EXT)
		return skep__vfail(env, -EINVAL, "Cannot replace kernel functions\n");
	return env->prog->expected_attach_type == BPF_TRACE_RAW_TP ? target_tracepoint(env, t)
								   : target_function(env, t);
}

static bool can_sleep(const struct prog *prog)
{
	u32 hook = prog->expected_attach_type;

	switch (prog->type) {
	case BPF_PROG_TYPE_TRACING:
		return hook == BPF_TRACE_FENTRY || hook == BPF_TRACE_FEXIT ||
		       hook == BPF_MODIFY_RETURN || hook == BPF_TRACE_ITER;
	case BPF_PROG_TYPE_LSM:
		return hook != BPF_LSM_CGROUP;
	default:
		return prog->type == BPF_PROG_TYPE_KPROBE || prog->type == BPF_PROG_TYPE_STRUCT_OPS;
	}
}

int skep__check_attach(struct verify_env *env)
{
	if (env->prog->type == BPF_PROG_TYPE_SYSCALL)
		return env->prog->sleepable
			       ? 0
			       : skep__vfail(env, -EINVAL,
					     "Syscall programs can only be sleepable\n");
	if (env->prog->sleepable && !can_sleep(env->prog))
		return skep__vfail(env, -EINVAL,
				   "Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops "
				   "programs can be sleepable\n");
	switch (env->prog->type) {
	case BPF_PROG_TYPE_TRACING:
	case BPF_PROG_TYPE_LSM:
	case BPF_PROG_TYPE_EXT:
		return find_target(env);
	case BPF_PROG_TYPE_STRUCT_OPS:
		return skep__struct_ops_target(env);
	default:
		return 0;
	}
}

static struct attach_arg iterator_arg(const char *target, u32 arg)
{
	static const struct {
		const char *target;
		u32 arg;
		struct attach_arg is;
	} args[] = {
#define ITER(target, argument, class, flags) { target, argument, { REG_##class, flags, false } },
#include "verify/attach_args.def"
	};

	for (size_t i = 0; i < ARRAY_SIZE(args); i++) {
		if (args[i].arg == arg && !strcmp(args[i].target, target))
			return args[i].is;
	}
	return (struct attach_arg){ 0 };
}

struct tracepoint_args {
	const char *name;
	u32 args;
};

static bool has_arg(const struct tracepoint_args *table, size_t nr, const char *name, u32 arg)
{
	for (size_t i = 0; i < nr; i++) {
		if (!strcmp(table[i].name, name))
			return table[i].args >> arg & 1;
	}
	return false;
}

static struct attach_arg tracepoint_arg(const char *name, u32 arg)
{
	static const struct tracepoint_args nullable[] = {
#define NULLABLE(name, args) { name, args },
#include "verify/attach_args.def"
	};
	static const struct tracepoint_args errors[] = {
#define ERROR(name, args) { name, args },
#include "verify/attach_args.def"
	};

	return (struct attach_arg){
		.flags = has_arg(nullable, ARRAY_SIZE(nullable), name, arg) ? REG_MAYBE_NULL : 0,
		.is_error = has_arg(errors, ARRAY_SIZE(errors), name, arg),
	};
}

struct attach_arg skep__attach_arg(const struct verify_env *env, u32 arg)
{
	if (env->prog->type == BPF_PROG_TYPE_STRUCT_OPS)
		return (struct attach_arg){ .flags = skep__struct_ops_nullable(env, arg)
							     ? REG_MAYBE_NULL
							     : 0 };
	switch (env->prog->expected_attach_type) {
	case BPF_TRACE_ITER:
		return iterator_arg(env->target.name + strlen(ITERATOR), arg);
	case BPF_TRACE_RAW_TP:
		return tracepoint_arg(env->target.name, arg);
	default:
		return (struct attach_arg){ 0 };
	}
}

static bool is_socket_iterator(const struct verify_env *env)
{
	static const char *const targets[] = {
#define SOCKOPT(target) ITERATOR target,
#include "verify/attach_args.def"
	};

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		if (!strcmp(env->target.name, targets[i]))
			return true;
	}
	return false;
}

bool skep__attach_allows(const struct verify_env *env, u32 helper)
{
	u32 type = env->prog->type, attach = env->prog->expected_attach_type;

	if (type == BPF_PROG_TYPE_TRACING && attach == BPF_TRACE_ITER &&
	    (helper == BPF_FUNC_setsockopt || helper == BPF_FUNC_getsockopt))
		return is_socket_iterator(env);
	return skep__helper_allowed(helper, type, attach) &&
	       (type != BPF_PROG_TYPE_STRUCT_OPS || skep__struct_ops_helper_ok(env, helper));
}
