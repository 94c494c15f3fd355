/* SPDX-License-Identifier: BSD-2-Clause */
/* What a helper call leaves behind: R0, references taken and given, packet pointers that are no
 * good any more. */
#include "helper/dynptr.h"
#include "map/cpu.h"
#include "verify/kptr.h"
#include "verify/operand.h"
#include "verify/ref.h"

#define MAX_ERRNO 4095

static bool acquires(const struct call *c)
{
	switch (c->number) {
	case BPF_FUNC_sk_lookup_tcp:
	case BPF_FUNC_sk_lookup_udp:
	case BPF_FUNC_skc_lookup_tcp:
	case BPF_FUNC_ringbuf_reserve:
	case BPF_FUNC_kptr_xchg:
		return true;
	case BPF_FUNC_map_lookup_elem:
		return c->map && (c->map->def->type == BPF_MAP_TYPE_SOCKMAP ||
				  c->map->def->type == BPF_MAP_TYPE_SOCKHASH);
	default:
		return false;
	}
}

/* The same object under another class. */
static bool casts(u32 number)
{
	switch (number) {
	case BPF_FUNC_tcp_sock:
	case BPF_FUNC_sk_fullsock:
	case BPF_FUNC_skc_to_tcp_sock:
	case BPF_FUNC_skc_to_tcp6_sock:
	case BPF_FUNC_skc_to_udp6_sock:
	case BPF_FUNC_skc_to_mptcp_sock:
	case BPF_FUNC_skc_to_tcp_timewait_sock:
	case BPF_FUNC_skc_to_tcp_request_sock:
		return true;
	default:
		return false;
	}
}

static void refine_number(const struct call *c, struct reg *r0)
{
	switch (c->number) {
	case BPF_FUNC_get_stack:
	case BPF_FUNC_get_task_stack:
	case BPF_FUNC_probe_read_str:
	case BPF_FUNC_probe_read_kernel_str:
	case BPF_FUNC_probe_read_user_str:
		r0->n.smax = (s64)c->max_size;
		r0->n.s32_max = (s32)c->max_size;
		r0->n.smin = -MAX_ERRNO;
		r0->n.s32_min = -MAX_ERRNO;
		skep__num_sync(&r0->n);
		break;
	case BPF_FUNC_get_smp_processor_id:
		skep__num_urange(&r0->n, 0,
				 c->env->in->nr_cpus ? c->env->in->nr_cpus - 1 : UINT32_MAX);
		break;
	default:
		break;
	}
}

/* A lookup of an element that is always there is never null. */
static bool is_always_there(const struct call *c)
{
	u32 type = c->map->def->type;

	return c->number == BPF_FUNC_map_lookup_elem && c->const_key >= 0 &&
	       c->const_key < c->map->def->max_entries &&
	       (type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY);
}

static int return_value(const struct call *c, struct reg *r0, u16 flags)
{
	if (!c->map)
		return skep__vfail(c->env, -EFAULT, "R0 points into a map that is not known\n");
	if (is_always_there(c))
		flags &= ~REG_MAYBE_NULL;
	skep__reg_pointer(r0, REG_MAP_VALUE, flags);
	r0->map.map = c->map;
	r0->map.uid = c->map_uid;
	if (!reg_maybe_null(r0) && skep__may_hold_lock(r0))
		r0->id = new_id(c->env);
	return 0;
}

/* An object of a type of the kernel's; its row in the table names it. */
static int return_object(const struct call *c, struct reg *r0, u16 flags)
{
	const struct btf *kernel = c->env->kernel_btf;
	const char *name = skep__helper_btf(c->number).ret;
	s64 id = kernel && name ? skep__btf_find(kernel, name, BTF_KIND_STRUCT) : -ENOENT;

	if (id < 0)
		return skep__vfail_later(c->env, "functions that return kernel objects");
	skep__reg_pointer(r0, REG_BTF, flags);
	r0->btf.btf = kernel;
	r0->btf.id = (u32)id;
	return 0;
}

/* One CPU's instance of a per-CPU variable or of an object that the program allocated so. */
static int return_percpu(const struct call *c, struct reg *r0, u16 flags)
{
	const struct btf *btf = c->percpu->btf.btf;
	u32 id = c->percpu->btf.id;
	const struct btf_type *t = skep__btf_strip(btf, &id);
	s64 size = t ? skep__btf_size(btf, id) : -EINVAL;

	if (t && !btf_is_composite(t)) {
		if (size < 0)
			return skep__vfail(c->env, -EINVAL,
					   "unable to resolve the size of type '%s': %d\n",
					   skep__btf_name(btf, t), (int)size);
		skep__reg_pointer(r0, REG_MEM, flags | REG_RDONLY);
		r0->mem.size = (u32)size;
		return 0;
	}
	if (c->percpu->flags & REG_RCU) {
		if (c->cpu_exists || c->env->in->kernel_mistakes)
			flags = 0;
		flags |= REG_ALLOC | REG_RCU;
	}
	skep__reg_pointer(r0, REG_BTF, flags);
	r0->btf.btf = btf;
	r0->btf.id = c->percpu->btf.id;
	return 0;
}

static int set_result(const struct call *c, struct reg *r0)
{
	u32 ret = c->helper->ret;
	u16 flags = ret & RET_MAYBE_NULL ? REG_MAYBE_NULL : 0;

	switch (RET_CLASS(ret)) {
	case RET_INTEGER:
	case RET_NEVER:
		skep__reg_unknown(r0);
		r0->precise = !c->env->capable;
		if (RET_CLASS(ret) == RET_INTEGER)
			refine_number(c, r0);
		return 0;
	case RET_VOID:
		skep__reg_not_init(r0);
		return 0;
	case RET_MAP_VALUE:
		return return_value(c, r0, flags);
	case RET_SOCKET:
		skep__reg_pointer(r0, REG_SOCKET, flags);
		return 0;
	case RET_SOCK_COMMON:
		skep__reg_pointer(r0, REG_SOCK_COMMON, flags);
		return 0;
	case RET_TCP_SOCK:
		skep__reg_pointer(r0, REG_TCP_SOCK, flags);
		return 0;
	case RET_ALLOC_MEM:
		skep__reg_pointer(r0, REG_MEM, flags | REG_RINGBUF);
		r0->mem.size = (u32)c->size;
		return 0;
	case RET_DYNPTR_MEM:
		skep__reg_pointer(r0, REG_MEM, flags);
		r0->mem.size = (u32)c->size;
		r0->mem.dynptr_id = c->dynptr.id;
		r0->ref_id = c->dynptr.ref_id;
		return 0;
	case RET_BTF_ID:
		if (c->number == BPF_FUNC_kptr_xchg) {
			skep__take_from_kptr(c, r0, flags);
			return 0;
		}
		return return_object(c, r0, flags | (ret & RET_TRUSTED ? REG_TRUSTED : 0));
	case RET_MEM_OR_BTF_ID:
		return return_percpu(c, r0, flags);
	default:
		return skep__vfail_later(c->env, "functions that return kernel objects");
	}
}

/* Sockets in maps are changed where they cannot be locked, and by programs that own none. */
static bool may_change_sockmap(const struct call *c)
{
	const struct prog *prog = c->env->prog;

	switch (prog->type) {
	case BPF_PROG_TYPE_TRACING:
		return prog->expected_attach_type == BPF_TRACE_ITER;
	case BPF_PROG_TYPE_SOCK_OPS:
		return c->number == BPF_FUNC_map_delete_elem;
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_SK_REUSEPORT:
	case BPF_PROG_TYPE_FLOW_DISSECTOR:
	case BPF_PROG_TYPE_SK_LOOKUP:
		return true;
	default:
		return false;
	}
}

static bool takes_map(const struct call *c)
{
	u32 type = c->map->def->type;

	if ((type == BPF_MAP_TYPE_SOCKMAP || type == BPF_MAP_TYPE_SOCKHASH) &&
	    (c->number == BPF_FUNC_map_update_elem || c->number == BPF_FUNC_map_delete_elem) &&
	    !may_change_sockmap(c)) {
		skep__vlog(c->env, "cannot update sockmap in this context\n");
		return false;
	}
	return skep__helper_takes_map(c->number, type);
}

/* Slices of a packet may lie elsewhere after a write to it. */
static bool moves_packet(const struct call *c)
{
	if (c->number == BPF_FUNC_dynptr_write)
		return c->dynptr.dyn.kind == DYNPTR_SKB || c->dynptr.dyn.kind == DYNPTR_SKB_META;
	/* A tail call that fails has changed nothing; one that succeeds does not come back. */
	return c->helper->flags & HELPER_PKT && c->number != BPF_FUNC_tail_call;
}

int skep__call_return(struct call *c)
{
	struct verify_env *env = c->env;
	struct reg *r0 = cur_reg(env, BPF_REG_0);
	u32 id;
	int err = set_result(c, r0);

	if (err)
		return err;
	if (reg_maybe_null(r0))
		r0->id = new_id(env);
	if (casts(c->number)) {
		r0->ref_id = c->ref_id;
	} else if (acquires(c)) {
		err = skep__acquire(env, &id);
		if (err)
			return err;
		r0->id = r0->ref_id = id;
	}
	if (c->map && !takes_map(c))
		return skep__vfail(env, -EINVAL, "cannot pass map_type %u into func bpf_%s#%u\n",
				   c->map->def->type, c->helper->name, c->number);
	if (moves_packet(c))
		skep__invalidate_packets(env);
	return 0;
}
