/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PROG_ATTACH, _DETACH, _QUERY and LINK_CREATE: what a call says is checked as the kernel checks
 * it, up to the hook, which a world does not have yet (attach_types.def has its answer).
 */
#include "sys/sys.h"

enum attach_hook {
	HOOK_NONE,
	HOOK_CGROUP,
	HOOK_SOCKMAP,
	HOOK_LIRC,
	HOOK_NETNS,
	HOOK_TRACE,
	HOOK_XDP,
	HOOK_PERF,
	HOOK_MULTI,
	HOOK_OPS,
	HOOK_NF,
	HOOK_TCX,
	HOOK_NETKIT,
};

static const struct attach_type {
	u32 prog_type;
	enum attach_hook hook;
	int attach_err, link_err;
} attach_types[] = {
#define ATTACH(type, prog, hook, attach, link)                                                     \
	[BPF_##type] = { BPF_PROG_TYPE_##prog, HOOK_##hook, -attach, -link },
#include "sys/attach_types.def"
};
static_assert(ARRAY_SIZE(attach_types) == __MAX_BPF_ATTACH_TYPE, "a row for every attach type");

#define BASE_FLAGS (BPF_F_ALLOW_OVERRIDE | BPF_F_ALLOW_MULTI | BPF_F_REPLACE | BPF_F_PREORDER)
#define MPROG_FLAGS (BPF_F_REPLACE | BPF_F_BEFORE | BPF_F_AFTER | BPF_F_ID | BPF_F_LINK)

/* NULL: PROG_ATTACH knows no such type. */
static const struct attach_type *attachable(u32 type)
{
	const struct attach_type *a = type < ARRAY_SIZE(attach_types) ? &attach_types[type] : NULL;

	return a && a->prog_type != BPF_PROG_TYPE_UNSPEC ? a : NULL;
}

static bool is_kprobe_attach(u32 expected, u32 type)
{
	switch (expected) {
	case BPF_TRACE_KPROBE_MULTI:
	case BPF_TRACE_KPROBE_SESSION:
	case BPF_TRACE_UPROBE_MULTI:
	case BPF_TRACE_UPROBE_SESSION:
		return type == expected;
	default:
		return type == BPF_PERF_EVENT || attach_types[type].hook == HOOK_MULTI;
	}
}

/* May a program be attached so, by its own type and what it was loaded for? */
static bool attach_type_ok(const struct prog *prog, u32 type)
{
	if (type >= ARRAY_SIZE(attach_types))
		return false;
	switch (prog->type) {
	case BPF_PROG_TYPE_CGROUP_SOCK:
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
	case BPF_PROG_TYPE_CGROUP_SOCKOPT:
	case BPF_PROG_TYPE_SK_LOOKUP:
		return type == prog->expected_attach_type;
	case BPF_PROG_TYPE_EXT:
		return true;
	case BPF_PROG_TYPE_NETFILTER:
		return type == BPF_NETFILTER;
	case BPF_PROG_TYPE_PERF_EVENT:
	case BPF_PROG_TYPE_TRACEPOINT:
		return type == BPF_PERF_EVENT;
	case BPF_PROG_TYPE_KPROBE:
		return is_kprobe_attach(prog->expected_attach_type, type);
	default:
		return attach_types[type].prog_type == prog->type;
	}
}

/* Takes no reference: 0, or what is wrong with the fd or the program behind it. */
static int check_prog(struct call *call, int fd, u32 attach_type, u32 *prog_type)
{
	int err;
	struct object *obj = skep__call_object(call, fd, OBJ_PROG, &err, NULL);
	const struct prog *prog;

	if (!obj)
		return err;
	prog = &to_prog(obj)->prog;
	err = attach_type_ok(prog, attach_type) ? 0 : -EINVAL;
	*prog_type = prog->type;
	object_put(obj);
	return err;
}

static int check_attach_flags(const union bpf_attr *attr, const struct attach_type *a)
{
	switch (a->hook) {
	case HOOK_TCX:
	case HOOK_NETKIT:
		return attr->attach_flags & ~MPROG_FLAGS ? -EINVAL : 0;
	case HOOK_CGROUP:
		return attr->attach_flags & ~(BASE_FLAGS | MPROG_FLAGS) ? -EINVAL : 0;
	default:
		return attr->attach_flags & ~BASE_FLAGS || attr->relative_fd ||
				       attr->expected_revision
			       ? -EINVAL
			       : 0;
	}
}

long skep__sys_prog_attach(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	const struct attach_type *a = attachable(attr->attach_type);
	u32 prog_type;
	int err = a ? check_attach_flags(attr, a) : -EINVAL;

	if (!err)
		err = check_prog(call, attr->attach_bpf_fd, attr->attach_type, &prog_type);
	return err ? err : a->attach_err;
}

long skep__sys_prog_detach(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	const struct attach_type *a = attachable(attr->attach_type);
	bool ordered;

	if (!a)
		return -EINVAL;
	ordered = a->hook == HOOK_TCX || a->hook == HOOK_NETKIT || a->hook == HOOK_CGROUP;
	if (!ordered && (attr->attach_flags || attr->relative_fd || attr->expected_revision))
		return -EINVAL;
	return a->attach_err;
}

/* No hook can be asked what is attached to it: so kernels answer that do not know the attach type,
 * and tools that list programs take it for "nothing there". */
long skep__sys_prog_query(struct call *call)
{
	return -EINVAL;
}

/* A program for an event: the event has to be one before anything else is said. */
static int check_event(struct call *call, int fd)
{
	int err;
	struct object *event = skep__call_object(call, fd, OBJ_EVENT, &err, NULL);

	if (!event)
		return -EBADF;
	object_put(event);
	return 0;
}

long skep__sys_link_create(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	u32 type = attr->link_create.attach_type, prog_type;
	int err;

	if (type == BPF_STRUCT_OPS)
		return attach_types[type].link_err;
	err = check_prog(call, attr->link_create.prog_fd, type, &prog_type);
	if (!err && attach_types[type].hook == HOOK_PERF) {
		if (attr->link_create.flags)
			return -EINVAL;
		err = check_event(call, attr->link_create.target_fd);
	}
	return err ? err : attach_types[type].link_err;
}
