/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arguments of helper calls, against the prototype in helpers.def: what a helper will read and
 * write is all there, maps are maps of a type it can handle, what is given up is held. After that a
 * helper may trust its arguments as far as its prototype goes.
 */
#include <string.h>

#include "ctx/netfilter.h"
#include "exec/checker.h"
#include "map/map.h"

#define MAX_MEM_SIZE (1u << 29) /* the kernel's BPF_MAX_VAR_SIZ */

struct arg {
	struct helper_call *call;
	u32 type;
	u8 nr; /* 1..5 */
	const struct value *value;
};

static bool refuse(struct run *run, const struct arg *arg, const char *must)
{
	const char *name = arg->call->helper->name, *is = skep__prov_text(&arg->value->prov);

	return skep__checked_stop(run, "argument R%u of bpf_%s must be %s, and is %s", arg->nr,
				  name, must, is);
}

static bool may_be_memory(const struct arg *arg)
{
	switch ((enum prov_kind)arg->value->prov.kind) {
	case PROV_STACK:
	case PROV_MAP_VALUE:
	case PROV_MAP_KEY:
	case PROV_RECORD:
	case PROV_SLICE:
	case PROV_PACKET_SLICE:
	case PROV_OBJECT:
	case PROV_MEM:
		return true;
	case PROV_PACKET:
	case PROV_META:
		return arg->call->helper->flags & HELPER_PKT_ARGS;
	default:
		return false;
	}
}

/* What the helper will do with memory that it is handed. */
static u8 access_kind(u32 type)
{
	if (type & ARG_WRITE)
		return type & ARG_UNINIT ? PROV_WRITE : PROV_READ | PROV_WRITE;
	return PROV_READ;
}

/* May the helper write there? The table's legacy rows (neither IN nor OUT) leave that open. */
static bool may_write(u32 type)
{
	return type & ARG_WRITE || (ARG_CLASS(type) == ARG_MEM && !(type & ARG_RDONLY));
}

/* What is written holds no pointers any more. */
static bool check_memory(struct run *run, const struct arg *arg, u64 size)
{
	const struct value *value = arg->value;
	const struct access access = { value->bits, size, access_kind(arg->type), arg->nr,
				       arg->call->helper->name };

	if (prov_is_pointer(&value->prov) && !may_be_memory(arg))
		return refuse(run, arg, "a pointer to memory");
	if (!skep__checked_access(run, value, &access))
		return false;
	if (may_write(arg->type))
		skep__forget_slots(run, &value->prov, value->bits, size);
	return true;
}

static bool check_aligned_memory(struct run *run, const struct arg *arg, u64 size)
{
	if (!check_memory(run, arg, size))
		return false;
	if (arg->value->bits % size)
		return skep__checked_stop(
			run, "argument R%u of bpf_%s must be aligned to %llu bytes", arg->nr,
			arg->call->helper->name, (unsigned long long)size);
	return true;
}

/* The size says how much of the memory in the register before it the helper uses. */
static bool check_size(struct run *run, const struct arg *arg)
{
	struct arg mem = { arg->call, arg->call->helper->args[arg->nr - 2], arg->nr - 1,
			   arg->value - 1 };
	u64 size = arg->value->bits;

	if (arg->value->prov.kind != PROV_NUMBER)
		return refuse(run, arg, "a number of bytes");
	if (!size && ARG_CLASS(arg->type) == ARG_CONST_SIZE)
		return skep__checked_stop(
			run, "argument R%u of bpf_%s, a number of bytes, must not be 0", arg->nr,
			arg->call->helper->name);
	if (size > MAX_MEM_SIZE)
		return skep__checked_stop(
			run, "argument R%u of bpf_%s is not a reasonable number of bytes: %lld",
			arg->nr, arg->call->helper->name, (long long)size);
	arg->call->mem_size = size;
	if (!mem.value->bits && mem.type & ARG_MAYBE_NULL && (!size || mem.type & ARG_OPTIONAL))
		return true;
	return check_memory(run, &mem, size);
}

static bool check_map(struct run *run, const struct arg *arg)
{
	const struct value *value = arg->value;
	char text[sizeof(run->fault->what)];
	struct strbuf name;

	if (value->prov.kind != PROV_MAP || value->bits != (u64)(uintptr_t)value->prov.obj)
		return refuse(run, arg, "a map");
	arg->call->map = (struct map *)(uintptr_t)value->bits;
	if (skep__helper_takes_map(arg->call->number, arg->call->map->def.type))
		return true;
	skep__strbuf_fixed(&name, text, sizeof(text));
	skep__map_text(arg->call->map, &name);
	return skep__checked_stop(run, "bpf_%s cannot be used with %s, which is of type %s",
				  arg->call->helper->name, name.text,
				  skep__map_type_name(arg->call->map->def.type));
}

static bool check_nf_packet(struct run *run, const struct arg *arg)
{
	const struct bpf_nf_ctx *ctx = run->ctx;
	const struct value *value = arg->value;

	return (value->prov.kind == PROV_OPAQUE && value->bits == (u64)(uintptr_t)ctx->skb) ||
	       refuse(run, arg, "the packet, as the context has it");
}

static bool check_ctx(struct run *run, const struct arg *arg)
{
	const struct value *value = arg->value;

	/* Kernel functions are handed contexts of packets. */
	if (!call_is_helper(arg->call) && run->prog->type == BPF_PROG_TYPE_NETFILTER)
		return check_nf_packet(run, arg);
	if (value->prov.kind == PROV_CTX && value->bits == (u64)(uintptr_t)run->ctx)
		return call_is_helper(arg->call) || skep__packet_of(run) ||
		       refuse(run, arg, "the context of a packet");
	return refuse(run, arg, "the context, as the program was given it");
}

static bool check_record(struct run *run, const struct arg *arg)
{
	const struct value *value = arg->value;
	struct extent extent;
	const char *gone;

	if (value->prov.kind != PROV_RECORD || value->bits != value->prov.start)
		return refuse(run, arg, "the start of a ring buffer record");
	gone = skep__region_extent(run, &value->prov, &extent);
	if (gone)
		return skep__checked_stop(run, "argument R%u of bpf_%s is a ring buffer record %s",
					  arg->nr, arg->call->helper->name, gone);
	return true;
}

/* Sockets are what the context and helpers gave out as such, from their first byte on. */
static bool check_socket(struct run *run, const struct arg *arg)
{
	const struct prov *prov = &arg->value->prov;

	if (prov->kind != PROV_MEM || strcmp(prov->obj, "socket") != 0 ||
	    arg->value->bits != prov->start)
		return refuse(run, arg, "a socket");
	return true;
}

/* The lock of a map value; one at a time. */
static bool check_lock(struct run *run, const struct arg *arg)
{
	const struct value *value = arg->value;
	bool locks = arg->call->number == BPF_FUNC_spin_lock;

	if (skep__special_at(run, value) != SPECIAL_LOCK)
		return refuse(run, arg, "the struct bpf_spin_lock of a map value");
	if (locks ? !run->lock : (u64)(uintptr_t)run->lock == value->bits)
		return true;
	return skep__checked_stop(run,
				  locks ? "a second lock is taken while the first is held"
					: "the lock that is released is not the one that is held");
}

static bool check_text(struct run *run, const struct arg *arg)
{
	const struct value *value = arg->value;
	const struct map *map = value->prov.obj;
	u64 left = value->prov.start + value->prov.size - value->bits;

	if (value->prov.kind != PROV_MAP_VALUE || !(map->def.flags & BPF_F_RDONLY_PROG))
		return refuse(run, arg, "a text in a map that programs cannot write");
	if (!check_memory(run, arg, 1))
		return false;
	if (memchr((const void *)(uintptr_t)value->bits, '\0', left))
		return true;
	return skep__checked_stop(
		run, "argument R%u of bpf_%s is a text without an end: no NUL byte in the value",
		arg->nr, arg->call->helper->name);
}

static bool check_dynptr(struct run *run, const struct arg *arg)
{
	const char *must = skep__dynptr_problem(run, arg->value, arg->type);
	const struct arg data = { arg->call, 0, 1, &arg->call->reg[1] };

	/* Only map values stay where they are for as long as the dynptr may be used. */
	if (arg->type & ARG_DYN_LOCAL && data.value->prov.kind != PROV_MAP_VALUE)
		return refuse(run, &data, "a map value");
	return !must || refuse(run, arg, must);
}

static bool check_iter(struct run *run, const struct arg *arg)
{
	const char *must = skep__iter_problem(run, arg->value, arg->type);

	return !must || refuse(run, arg, must);
}

static bool check_object(struct run *run, const struct arg *arg)
{
	const char *must = skep__object_problem(run, arg->value, arg->type);

	return !must || refuse(run, arg, must);
}

/* What a callback needs besides its own arguments; in the kernel, of the stack only. */
static bool check_kind(struct run *run, const struct arg *arg, enum prov_kind kind,
		       const char *must)
{
	return arg->value->prov.kind == kind || refuse(run, arg, must);
}

static bool check_arg(struct run *run, const struct arg *arg)
{
	const struct map *map = arg->call->map;

	switch ((enum arg_type)ARG_CLASS(arg->type)) {
	case ARG_NONE:
	case ARG_ANYTHING:
		return true;
	case ARG_SCALAR:
		return !prov_is_pointer(&arg->value->prov) || refuse(run, arg, "a number");
	case ARG_CONST_MAP_PTR:
		return check_map(run, arg);
	case ARG_MAP_KEY:
		return map ? check_memory(run, arg, map->def.key_size) : refuse(run, arg, "a key");
	case ARG_MAP_VALUE:
		return map ? check_memory(run, arg, map->def.value_size)
			   : refuse(run, arg, "a value");
	case ARG_MEM:
		return arg->type >> 16 ? check_memory(run, arg, arg->type >> 16) : true;
	case ARG_CONST_SIZE:
	case ARG_CONST_SIZE_OR_ZERO:
		return check_size(run, arg);
	case ARG_ALLOC_SIZE:
		arg->call->mem_size = arg->value->bits;
		return check_kind(run, arg, PROV_NUMBER, "a number of bytes");
	case ARG_ALLOC_MEM:
		return check_record(run, arg);
	case ARG_CTX:
		return check_ctx(run, arg);
	case ARG_FUNC:
		return check_kind(run, arg, PROV_FUNC, "a function of the program");
	case ARG_STACK:
		return check_kind(run, arg, PROV_STACK, "a stack pointer or 0");
	case ARG_CONST_STR:
		return check_text(run, arg);
	case ARG_LONG:
		return check_aligned_memory(run, arg, 8);
	case ARG_INT:
		return check_aligned_memory(run, arg, 4);
	case ARG_SOCKET:
	case ARG_SOCK_COMMON:
	case ARG_BTF_SOCK:
		return check_socket(run, arg);
	case ARG_DYNPTR:
		return check_dynptr(run, arg);
	case ARG_ITER:
		return check_iter(run, arg);
	case ARG_SPIN_LOCK:
		return check_lock(run, arg);
	case ARG_BTF_ID:
		if (arg->call->number == BPF_FUNC_kptr_xchg)
			return check_object(run, arg);
		if (arg->call->number == BPF_FUNC_task_storage_get ||
		    arg->call->number == BPF_FUNC_task_storage_delete)
			return check_kind(run, arg, PROV_OPAQUE, "a task");
		break;
	case ARG_KPTR:
	case ARG_PERCPU_BTF_ID:
	case ARG_OBJECT:
	case ARG_LIST:
	case ARG_TREE:
	case ARG_LIST_NODE:
	case ARG_TREE_NODE:
	case ARG_TIMER:
	case ARG_WORK:
	case ARG_RES_LOCK:
		return check_object(run, arg);
	}
	return skep__checked_stop(run,
				  "argument R%u of bpf_%s is an object of the kernel, which "
				  "checked mode does not have",
				  arg->nr, arg->call->helper->name);
}

bool skep__checked_args(struct run *run, struct helper_call *call)
{
	for (u8 nr = 1; nr <= 5; nr++) {
		const struct arg arg = { call, call->helper->args[nr - 1], nr, &call->reg[nr] };

		if (ARG_CLASS(arg.type) == ARG_NONE)
			continue;
		if (arg.value->prov.kind == PROV_UNSET)
			return refuse(run, &arg, "set before the call");
		if (arg.type & ARG_MAYBE_NULL && !arg.value->bits &&
		    !prov_is_pointer(&arg.value->prov))
			continue;
		if (!check_arg(run, &arg))
			return false;
	}
	return true;
}
