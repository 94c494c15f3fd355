/* SPDX-License-Identifier: BSD-2-Clause */
/* Which registers each class of argument takes, with all their modifiers; and which offsets they
 * may have. */
#include "verify/btf_walk.h"
#include "verify/kptr.h"
#include "verify/operand.h"

struct accepted {
	u8 cls;
	u16 flags;
};

#define LIST(name, ...) static const struct accepted name[] = { __VA_ARGS__, { REG_NOT_INIT, 0 } }
/* clang-format off */
LIST(scalars,      { REG_SCALAR, 0 });
LIST(contexts,     { REG_CTX, 0 });
LIST(maps,         { REG_MAP_PTR, 0 });
LIST(memory,       { REG_STACK, 0 }, { REG_PACKET, 0 }, { REG_PACKET_META, 0 }, { REG_MAP_KEY, 0 },
		   { REG_MAP_VALUE, 0 }, { REG_MEM, 0 }, { REG_MEM, REG_RINGBUF }, { REG_BUF, 0 },
		   { REG_BTF, REG_TRUSTED });
LIST(locks,        { REG_MAP_VALUE, 0 }, { REG_BTF, REG_ALLOC });
LIST(values,       { REG_MAP_VALUE, 0 });
LIST(functions,    { REG_FUNC, 0 });
LIST(stacks,       { REG_STACK, 0 });
LIST(records,      { REG_MEM, REG_RINGBUF });
LIST(dynptrs,      { REG_STACK, 0 }, { REG_DYNPTR, 0 });
LIST(full_sockets, { REG_SOCKET, 0 });
LIST(sockets,      { REG_SOCK_COMMON, 0 }, { REG_SOCKET, 0 }, { REG_TCP_SOCK, 0 }, { REG_XDP_SOCK, 0 });
LIST(any_sockets,  { REG_SOCK_COMMON, 0 }, { REG_SOCKET, 0 }, { REG_TCP_SOCK, 0 }, { REG_XDP_SOCK, 0 },
		   { REG_BTF, 0 }, { REG_BTF, REG_TRUSTED });
LIST(objects,      { REG_BTF, 0 }, { REG_BTF, REG_TRUSTED }, { REG_BTF, REG_RCU });
LIST(percpu,       { REG_BTF, REG_PERCPU }, { REG_BTF, REG_PERCPU | REG_RCU },
		   { REG_BTF, REG_PERCPU | REG_TRUSTED });

static const struct accepted *const lists[] = {
	[ARG_CONST_MAP_PTR] = maps,
	[ARG_MAP_KEY] = memory,         [ARG_MAP_VALUE] = memory,
	[ARG_MEM] = memory,             [ARG_LONG] = memory,     [ARG_INT] = memory,
	[ARG_CONST_SIZE] = scalars,     [ARG_CONST_SIZE_OR_ZERO] = scalars,
	[ARG_ALLOC_SIZE] = scalars,     [ARG_SCALAR] = scalars,
	[ARG_ALLOC_MEM] = records,
	[ARG_CTX] = contexts,
	[ARG_SPIN_LOCK] = locks,        [ARG_TIMER] = values,    [ARG_KPTR] = locks,
	[ARG_FUNC] = functions,         [ARG_STACK] = stacks,    [ARG_CONST_STR] = values,
	[ARG_DYNPTR] = dynptrs,
	[ARG_SOCKET] = full_sockets,    [ARG_SOCK_COMMON] = sockets, [ARG_BTF_SOCK] = any_sockets,
	[ARG_BTF_ID] = objects,         [ARG_PERCPU_BTF_ID] = percpu,
};
/* clang-format on */

static int refuse_class(struct verify_env *env, const struct reg *r, u32 regno,
			const struct accepted *list)
{
	const char *sep = "";
	struct class_name name;

	skep__vlog(env, "R%u type=%s expected=", regno, skep__class_name(r, &name));
	for (; list->cls != REG_NOT_INIT; list++) {
		skep__strbuf_puts(env->log, sep);
		skep__class_text(list->cls, list->flags, env->log);
		sep = ", ";
	}
	return skep__vfail(env, -EACCES, "\n");
}

static int check_object(struct call *c, const struct reg *r, u32 regno, const char *name)
{
	const struct btf *kernel = c->env->kernel_btf;
	s64 id = c->object_id;

	if (!id && !name)
		return skep__vfail_later(c->env, "arguments that are kernel objects");
	if (!id)
		id = kernel ? skep__btf_find(kernel, name, BTF_KIND_STRUCT) : -ENOENT;
	if (id >= 0 && r->btf.btf == kernel && r->off >= 0 &&
	    skep__btf_contains(kernel, r->btf.id, r->off, id))
		return 0;
	return skep__vfail(c->env, -EACCES, "R%u is of type %s but %s is expected\n", regno,
			   skep__btf_name(r->btf.btf, skep__btf_type(r->btf.btf, r->btf.id)),
			   c->object_id ? skep__btf_name(kernel, skep__btf_type(kernel, id))
					: name);
}

int skep__check_arg_class(struct call *c, u32 regno, u32 arg)
{
	struct verify_env *env = c->env;
	const struct reg *r = cur_reg(env, regno);
	const struct accepted *list = lists[ARG_CLASS(arg)], *a;
	struct class_name name;
	u16 flags = r->flags;

	if (arg & ARG_RDONLY)
		flags &= ~REG_RDONLY;
	if (arg & ARG_MAYBE_NULL)
		flags &= ~REG_MAYBE_NULL;
	if (ARG_CLASS(arg) == ARG_MEM)
		flags &= ~REG_DYN_ANY;
	/* What a program allocated may be kept as well as what the kernel gave it. */
	if (c->number == BPF_FUNC_kptr_xchg && regno == BPF_REG_2 && flags & REG_ALLOC)
		flags &= ~(REG_ALLOC | REG_PERCPU);
	for (a = list; a->cls != REG_NOT_INIT; a++) {
		if (a->cls == r->cls && a->flags == flags)
			break;
	}
	if (a->cls == REG_NOT_INIT)
		return refuse_class(env, r, regno, list);
	if (r->cls != REG_BTF)
		return 0;
	if (list == memory && ARG_CLASS(arg) == ARG_MEM && !(arg & ARG_RDONLY))
		return skep__vfail(env, -EACCES,
				   "bpf_%s() may write into memory pointed by R%u type=%s\n",
				   c->helper->name, regno, skep__class_name(r, &name));
	if (list == memory)
		return 0;
	if (reg_maybe_null(r) && arg & ARG_RELEASE && !(r->flags & REG_ALLOC))
		return skep__vfail(env, -EACCES, "Possibly NULL pointer passed to helper arg%u\n",
				   regno);
	if (c->number == BPF_FUNC_kptr_xchg)
		return regno == BPF_REG_2 ? skep__kptr_match(env, &c->kptr, r, regno) : 0;
	if (list == locks || list == percpu)
		return 0;
	return check_object(c, r, regno,
			    list == any_sockets ? "sock_common" : skep__helper_btf(c->number).arg);
}

/* An object that functions may be handed, so also what is inside it. */
static bool is_good(const struct reg *r)
{
	switch (r->flags) {
	case 0:
	case REG_ALLOC:
	case REG_TRUSTED:
	case REG_RCU:
	case REG_ALLOC | REG_NON_OWN:
	case REG_ALLOC | REG_NON_OWN | REG_RCU:
		return true;
	default:
		return false;
	}
}

int skep__check_arg_offset(struct verify_env *env, const struct reg *r, u32 regno, u32 arg)
{
	/* A dynptr is what is given up, not the pointer to it. */
	if (arg & ARG_RELEASE && ARG_CLASS(arg) == ARG_DYNPTR && r->cls == REG_STACK)
		return 0;
	if (arg & ARG_RELEASE && r->off)
		return skep__vfail(env, -EINVAL,
				   "R%u must have zero offset when passed to release func or "
				   "trusted arg to kfunc\n",
				   regno);
	switch (r->cls) {
	case REG_STACK:
	case REG_PACKET:
	case REG_PACKET_META:
	case REG_MAP_KEY:
	case REG_MAP_VALUE:
	case REG_MEM:
	case REG_BUF:
	case REG_ARENA:
	case REG_SCALAR:
		/* Slices of dynptrs are handed on as they are. */
		if (!(r->flags & ~(REG_RDONLY | REG_RINGBUF)))
			return 0;
		return skep__check_plain_offset(env, r, regno, false);
	default:
		return skep__check_plain_offset(env, r, regno, r->cls == REG_BTF && is_good(r));
	}
}
