/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helper calls of checked mode: what the result points to, what the call ends (packet pointers,
 * records), and what the callbacks of bpf_loop and its kin are handed.
 */
#include "exec/checker.h"
#include "exec/tail_call.h"
#include "helper/kfunc.h"
#include "map/map.h"

/* Programs may read a value, or write it, unless the map was made otherwise. */
struct prov skep__map_value_prov(const struct run *run, const struct map *map, const void *value)
{
	u8 access = PROV_READ | PROV_WRITE;

	if (map->def.flags & BPF_F_RDONLY_PROG)
		access = PROV_READ;
	if (map->def.flags & BPF_F_WRONLY_PROG)
		access = PROV_WRITE;
	return (struct prov){ .kind = PROV_MAP_VALUE,
			      .access = access,
			      .insn = run->checker->insn,
			      .start = (u64)(uintptr_t)value,
			      .size = map->def.value_size,
			      .obj = map };
}

static bool holds_maps(const struct map *map)
{
	return map->def.type == BPF_MAP_TYPE_ARRAY_OF_MAPS ||
	       map->def.type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

static struct prov found_prov(const struct run *run, const struct helper_call *call, u64 bits)
{
	const void *found = (const void *)(uintptr_t)bits;

	if (holds_maps(call->map))
		return (struct prov){ .kind = PROV_MAP, .insn = call->insn, .obj = found };
	return skep__map_value_prov(run, call->map, found);
}

static struct prov record_prov(const struct run *run, const struct helper_call *call, u64 bits)
{
	const struct ringbuf_rec *rec =
		skep__ringbuf_find(&run->records, (const void *)(uintptr_t)bits);

	if (!rec)
		return (struct prov){ .kind = PROV_OPAQUE, .insn = call->insn };
	return (struct prov){ .kind = PROV_RECORD,
			      .access = PROV_READ | PROV_WRITE,
			      .gen = (u32)rec->pos,
			      .insn = call->insn,
			      .size = rec->size,
			      .start = bits,
			      .obj = rec->map };
}

static struct prov memory_prov(const struct helper_call *call, u64 bits, u64 size, const char *name)
{
	bool rdonly =
		call->helper->ret & RET_RDONLY && RET_CLASS(call->helper->ret) != RET_MEM_OR_BTF_ID;
	u8 access = rdonly ? PROV_READ : PROV_READ | PROV_WRITE;

	return (struct prov){ .kind = PROV_MEM,
			      .access = access,
			      .insn = call->insn,
			      .start = bits,
			      .size = size,
			      .obj = name };
}

static struct prov socket_prov(const struct helper_call *call, u64 bits, u64 size)
{
	struct prov prov = memory_prov(call, bits, size, "socket");

	prov.access = PROV_READ;
	return prov;
}

/* What a result other than NULL is. */
static struct prov result_prov(const struct run *run, const struct helper_call *call, u64 bits)
{
	switch ((enum ret_type)RET_CLASS(call->helper->ret)) {
	case RET_INTEGER:
		return (struct prov){ .kind = PROV_NUMBER };
	case RET_VOID:
	case RET_NEVER:
		return (struct prov){ .kind = PROV_UNSET };
	case RET_MAP_VALUE:
		if (call->map)
			return found_prov(run, call, bits);
		break;
	case RET_ALLOC_MEM:
		return record_prov(run, call, bits);
	case RET_DYNPTR_MEM:
		return skep__dynptr_data_prov(run, call, bits);
	case RET_SOCKET:
	case RET_SOCK_COMMON:
		return socket_prov(call, bits, sizeof(struct bpf_sock));
	case RET_TCP_SOCK:
		return socket_prov(call, bits, sizeof(struct bpf_tcp_sock));
	case RET_INT_PTR:
		return (struct prov){ .kind = PROV_MEM,
				      .access = PROV_READ,
				      .insn = call->insn,
				      .start = bits,
				      .size = sizeof(u32),
				      .obj = "what the iterator gave" };
	case RET_OBJECT:
		return skep__object_prov(run, bits);
	case RET_CAST: /* the context stays one; of all else the address is of interest alone */
		return call->kfunc == KFUNC_bpf_cast_to_kern_ctx
			       ? call->reg[1].prov
			       : (struct prov){ .kind = PROV_OPAQUE, .insn = call->insn };
	case RET_MEM_OR_BTF_ID: /* a copy is as long as the object */
		return memory_prov(call, bits, call->reg[1].prov.size, "per-CPU object");
	case RET_BTF_ID:
		if (call->number == BPF_FUNC_kptr_xchg)
			return skep__object_prov(run, bits);
		break;
	}
	return (struct prov){ .kind = PROV_OPAQUE, .insn = call->insn };
}

static u8 null_stands_for(const struct helper_call *call)
{
	switch (RET_CLASS(call->helper->ret)) {
	case RET_MAP_VALUE:
		return PROV_MAP_VALUE;
	case RET_ALLOC_MEM:
		return PROV_RECORD;
	case RET_DYNPTR_MEM:
		return PROV_SLICE;
	case RET_OBJECT:
		return PROV_OBJECT;
	default:
		return PROV_OPAQUE;
	}
}

static struct value result(const struct run *run, const struct helper_call *call, u64 bits)
{
	if (call->helper->ret & RET_MAYBE_NULL && !bits) {
		const struct prov prov = { .kind = PROV_NULL,
					   .was = null_stands_for(call),
					   .insn = call->insn,
					   .obj = call->map };

		return (struct value){ 0, prov };
	}
	return (struct value){ bits, result_prov(run, call, bits) };
}

/* The call under way while the helper runs: its callbacks look at it. */
static u64 make_call(struct run *run, struct helper_call *call)
{
	const struct value *reg = call->reg;
	u64 ret;

	call->outer = run->checker->call;
	run->checker->call = call;
	ret = call->fn(reg[1].bits, reg[2].bits, reg[3].bits, reg[4].bits, reg[5].bits, run);
	run->checker->call = call->outer;
	return ret;
}

/* Maps and contexts have another shape here than in the kernel, whose types programs know. */
static bool check_cast(struct run *run, const struct helper_call *call)
{
	u8 kind = call->reg[1].prov.kind;

	if (call_is_helper(call) || call->kfunc != KFUNC_bpf_rdonly_cast ||
	    (kind != PROV_MAP && kind != PROV_CTX))
		return true;
	return skep__checked_stop(run,
				  "R1 holds %s, which does not look here as it does in the kernel",
				  skep__prov_text(&call->reg[1].prov));
}

static bool check_and_call(struct run *run, struct helper_call *call, struct value *reg)
{
	u64 ret;

	if (!skep__checked_args(run, call) || !check_cast(run, call))
		return false;
	ret = make_call(run, call);
	if (run_unwinds(run)) {
		skep__exec_stopped(run, call->insn);
		return false;
	}
	if (call->helper->flags & HELPER_PKT)
		run->packet_gen++;
	reg[0] = result(run, call, ret);
	skep__note_dynptrs(run, call);
	skep__note_iters(run, call);
	unset(reg, 1, 5);
	return true;
}

bool skep__checked_call(struct run *run, struct value *reg, u32 number)
{
	struct helper_call call = { .helper = skep__helper_for(number, run->prog->type),
				    .number = number,
				    .insn = run->checker->insn,
				    .reg = reg };

	if (!call.helper || !call.helper->fn) {
		skep__exec_no_function(run, run->checker->insn);
		return false;
	}
	call.fn = call.helper->fn;
	return check_and_call(run, &call, reg);
}

bool skep__checked_kfunc(struct run *run, struct value *reg, const struct insn *insn)
{
	u32 id = prog_kfunc(run->prog, insn);
	struct helper_call call = { .helper = skep__kfunc_proto(id),
				    .fn = skep__kfunc_fn(id, run->prog->type),
				    .kfunc = id,
				    .insn = run->checker->insn,
				    .reg = reg };

	if (!call.helper || !call.fn) {
		skep__exec_no_function(run, run->checker->insn);
		return false;
	}
	return check_and_call(run, &call, reg);
}

bool skep__checked_tail_call(struct run *run, const struct value *reg, bool *done)
{
	struct helper_call call = { .helper = skep__helper_for(BPF_FUNC_tail_call, run->prog->type),
				    .number = BPF_FUNC_tail_call,
				    .insn = run->checker->insn,
				    .reg = reg };

	if (!call.helper)
		return skep__checked_stop(run, "programs of this type have no tail calls");
	if (!skep__checked_args(run, &call))
		return false;
	if (run->records.nr)
		return skep__checked_stop(
			run,
			"tail call while a ring buffer record is neither submitted nor discarded");
	*done = skep__tail_call_target(run, call.map, (u32)reg[3].bits);
	if (*done)
		run->may_gotos = MAX_MAY_GOTOS;
	return true;
}

static struct value number(u64 bits)
{
	return (struct value){ bits, { .kind = PROV_NUMBER } };
}

void skep__element_args(const struct run *run, const struct async_call *elem, struct value *reg)
{
	const struct prov map = { .kind = PROV_MAP, .insn = run->checker->insn, .obj = elem->map };
	const struct prov key = { .kind = PROV_MAP_KEY,
				  .access = PROV_READ,
				  .insn = run->checker->insn,
				  .start = (u64)(uintptr_t)elem->key,
				  .size = elem->map->def.key_size,
				  .obj = elem->map };

	reg[1] = (struct value){ (u64)(uintptr_t)elem->map, map };
	reg[2] = (struct value){ (u64)(uintptr_t)elem->key, key };
	reg[3] = (struct value){ (u64)(uintptr_t)elem->value,
				 skep__map_value_prov(run, elem->map, elem->value) };
}

/* Key and value are those of the map that is walked; their context is what the helper was handed.
 */
static void element_args(const struct run *run, const struct helper_call *call, const u64 args[5],
			 struct value *reg)
{
	const struct async_call elem = { .map = call->map,
					 .key = (void *)(uintptr_t)args[1],
					 .value = (void *)(uintptr_t)args[2] };

	skep__element_args(run, &elem, reg);
	reg[4] = (struct value){ args[3], call->reg[3].prov };
}

/* A dynptr that lives as long as the callback's frame, which is the current one already. */
static struct value dynptr_arg(const struct run *run, const struct helper_call *call, u64 bits)
{
	u32 depth = run->frames->depth;

	return (struct value){ bits,
			       { .kind = PROV_DYNPTR,
				 .depth = depth,
				 .gen = checked_frames(run)->gen[depth],
				 .insn = call->insn,
				 .start = bits } };
}

/* The nodes that a tree's function compares. */
static void node_args(const struct run *run, const u64 args[5], struct value *reg)
{
	for (u32 i = 0; i < 2; i++)
		reg[1 + i] = (struct value){ args[i], skep__object_prov(run, args[i]) };
}

static bool compares_nodes(const struct helper_call *call)
{
	return call && !call_is_helper(call) && call->kfunc == KFUNC_bpf_rbtree_add_impl;
}

void skep__callback_args(const struct run *run, const u64 args[5], struct value *reg)
{
	const struct helper_call *call = run->checker->call;

	switch (call ? call->number : BPF_FUNC_unspec) {
	case BPF_FUNC_loop:
		reg[1] = number(args[0]);
		reg[2] = (struct value){ args[1], call->reg[3].prov };
		break;
	case BPF_FUNC_for_each_map_elem:
		element_args(run, call, args, reg);
		break;
	case BPF_FUNC_user_ringbuf_drain:
		reg[1] = dynptr_arg(run, call, args[0]);
		reg[2] = (struct value){ args[1], call->reg[3].prov };
		break;
	default:
		for (u32 i = 0; i < 5; i++)
			reg[1 + i] = number(args[i]);
		if (compares_nodes(call))
			node_args(run, args, reg);
		break;
	}
}
