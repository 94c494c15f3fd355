/* SPDX-License-Identifier: BSD-2-Clause */
/* The arguments of a call, one by one, against the function's prototype. */
#include <string.h>

#include "verify/dynptr.h"
#include "verify/kptr.h"
#include "verify/lock.h"
#include "verify/operand.h"
#include "verify/precise.h"

/* ---- map arguments --------------------------------------------------------------------------- */

/* The number of a key that stands on the stack, when it is known: -1 else. -errno. */
static int find_const_key(struct call *c, const struct reg *r, u32 size)
{
	struct verify_env *env = c->env;
	const struct slot *slot;
	u32 first, index, zeroes = 0, spilled = 0;
	struct frame *f;

	if (!env->capable || !reg_plain(r, REG_STACK) || !num_is_const(&r->n))
		return 0;
	f = stack_frame_of(env, r);
	first = (u32)(-(r->off + (s32)reg_const(r)) - 1);
	index = first / SLOT_SIZE;
	slot = frame_slot(f, index);
	first %= SLOT_SIZE;
	while (zeroes <= first && slot->kind[first - zeroes] == SLOT_ZERO)
		zeroes++;
	if (zeroes >= size) {
		c->const_key = 0;
		return 0;
	}
	if (!slot_is_scalar_spill(slot))
		return 0;
	while (spilled <= first && slot->kind[first - spilled] == SLOT_SPILL)
		spilled++;
	if (spilled != size || !num_is_const(&slot->reg.n))
		return 0;
	c->const_key = (s64)reg_const(&slot->reg);
	return skep__mark_slot_precise(env, r->stack.frame, index);
}

static int check_key(struct call *c, u32 regno)
{
	u32 type, size;
	int err;

	if (!c->map)
		return skep__vfail(c->env, -EACCES, "invalid map_ptr to access map->key\n");
	type = c->map->def->type;
	size = c->map->def->key_size;
	err = skep__call_memory(c, regno, size, false, false, false);
	if (err || (type != BPF_MAP_TYPE_ARRAY && type != BPF_MAP_TYPE_PERCPU_ARRAY))
		return err;
	return find_const_key(c, cur_reg(c->env, regno), size);
}

static int check_value(struct call *c, u32 regno, u32 arg)
{
	if (arg & ARG_MAYBE_NULL && reg_is_null(cur_reg(c->env, regno)))
		return 0;
	if (!c->map)
		return skep__vfail(c->env, -EACCES, "invalid map_ptr to access map->value\n");
	c->raw_mode = arg & ARG_UNINIT;
	return skep__call_memory(c, regno, c->map->def->value_size, arg & ARG_WRITE, false, true);
}

static int check_map(struct call *c, const struct reg *r)
{
	/* Behind a timer: the map that it is in. */
	if (c->map && (c->map != r->map.map || c->map_uid != r->map.uid))
		return skep__vfail(c->env, -EINVAL,
				   "timer pointer in R1 map_uid=%u doesn't match map pointer in R2 "
				   "map_uid=%u\n",
				   c->map_uid, r->map.uid);
	c->map = r->map.map;
	c->map_uid = r->map.uid;
	return 0;
}

/* ---- texts ----------------------------------------------------------------------------------- */

int skep__check_text(struct call *c, u32 regno)
{
	struct verify_env *env = c->env;
	const struct reg *r = cur_reg(env, regno);
	const struct verify_map *map = r->map.map;
	struct map *m = (struct map *)map->map;
	u32 key = 0, off;
	const char *value;
	int err;

	if (!map->frozen || !(map->def->flags & BPF_F_RDONLY_PROG))
		return skep__vfail(env, -EACCES, "R%u does not point to a readonly map'\n", regno);
	if (!num_is_const(&r->n))
		return skep__vfail(env, -EACCES, "R%u is not a constant address'\n", regno);
	if (map->def->type != BPF_MAP_TYPE_ARRAY || !m)
		return skep__vfail(env, -EACCES,
				   "no direct value access support for this map type\n");
	err = skep__check_map_value(env, regno, r->off, (s32)map->def->value_size - r->off, false,
				    false);
	if (err)
		return err;
	off = r->off + (u32)reg_const(r);
	value = m->ops->lookup(m, &key, 0);
	if (!value || off >= map->def->value_size ||
	    !memchr(value + off, 0, map->def->value_size - off))
		return skep__vfail(env, -EINVAL, "string is not zero-terminated\n");
	return 0;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static int check_fixed(struct call *c, u32 regno, u32 arg, s32 size, bool aligned)
{
	int err;

	c->raw_mode = arg & ARG_UNINIT;
	err = skep__call_memory(c, regno, size, arg & ARG_WRITE, false, true);
	if (err || !aligned)
		return err;
	return skep__check_aligned(c->env, regno, size);
}

static int check_memory(struct call *c, u32 regno, u32 arg)
{
	c->raw_mode = arg & ARG_UNINIT;
	/* Without a size of its own it is checked with the next argument's. */
	return arg >> 16 ? check_fixed(c, regno, arg, (s32)(arg >> 16), false) : 0;
}

static int check_alloc_size(struct call *c, u32 regno)
{
	const struct reg *r = cur_reg(c->env, regno);

	if (!num_is_const(&r->n))
		return skep__vfail(c->env, -EACCES, "R%u is not a known constant'\n", regno);
	c->size = reg_const(r);
	return skep__mark_precise(c->env, regno);
}

static int check_dynptr(struct call *c, u32 regno, u32 arg)
{
	struct dynptr_arg as = {
		.use = arg & ARG_UNINIT   ? USE_MAKE
		       : arg & ARG_RDONLY ? USE_READ
					  : USE_CHANGE,
		.kind = arg & ARG_DYN_LOCAL     ? DYNPTR_LOCAL
			: arg & ARG_DYN_RINGBUF ? DYNPTR_RINGBUF
						: DYNPTR_INVALID,
	};
	int err = skep__check_dynptr(c->env, regno, &as);

	if (!err && as.use != USE_MAKE)
		c->dynptr = *skep__dynptr_behind(c->env, regno);
	return err;
}

static int check_by_class(struct call *c, u32 i, u32 arg)
{
	const struct reg *r = cur_reg(c->env, i + 1);

	switch (ARG_CLASS(arg)) {
	case ARG_CONST_MAP_PTR:
		return check_map(c, r);
	case ARG_MAP_KEY:
		return check_key(c, i + 1);
	case ARG_MAP_VALUE:
		return check_value(c, i + 1, arg);
	case ARG_MEM:
		return check_memory(c, i + 1, arg);
	case ARG_LONG:
		return check_fixed(c, i + 1, arg, 8, true);
	case ARG_INT:
		return check_fixed(c, i + 1, arg, 4, true);
	case ARG_CONST_SIZE:
	case ARG_CONST_SIZE_OR_ZERO:
		return skep__call_size(c, i + 1, i && c->helper->args[i - 1] & ARG_WRITE,
				       ARG_CLASS(arg) == ARG_CONST_SIZE_OR_ZERO);
	case ARG_ALLOC_SIZE:
		return check_alloc_size(c, i + 1);
	case ARG_FUNC:
		c->sub = r->func.subprog;
		return 0;
	case ARG_CONST_STR:
		return skep__check_text(c, i + 1);
	case ARG_SPIN_LOCK:
		return skep__check_spin_lock(c, i + 1, c->number == BPF_FUNC_spin_lock);
	case ARG_TIMER:
		return skep__check_timer(c, i + 1);
	case ARG_DYNPTR:
		return check_dynptr(c, i + 1, arg);
	case ARG_PERCPU_BTF_ID:
		c->env->scratch[2] = *r;
		c->percpu = &c->env->scratch[2];
		return 0;
	case ARG_KPTR:
		return skep__check_kptr_field(c, i + 1);
	default:
		return 0;
	}
}

static int check_reference(struct call *c, u32 regno, u32 arg)
{
	const struct reg *r = cur_reg(c->env, regno);
	int err;

	if (arg & ARG_RELEASE) {
		err = ARG_CLASS(arg) == ARG_DYNPTR ? skep__check_dynptr_release(c->env, regno) : 0;
		if (err)
			return err;
		if (ARG_CLASS(arg) != ARG_DYNPTR && !r->ref_id && !reg_is_null(r))
			return skep__vfail(
				c->env, -EINVAL,
				"R%u must be referenced when passed to release function\n", regno);
		c->release_regno = regno;
	}
	if (!r->ref_id || ARG_CLASS(arg) == ARG_KPTR)
		return 0;
	if (c->ref_id)
		return skep__vfail(c->env, -EACCES, "more than one arg with ref_obj_id R%u %u %u",
				   regno, r->ref_id, c->ref_id);
	c->ref_id = r->ref_id;
	return 0;
}

/* What an argument has to be, when the map in another one decides: maps of sockets take sockets. */
static u32 arg_of(const struct call *c, u32 i)
{
	u32 arg = c->helper->args[i];

	if (ARG_CLASS(arg) == ARG_MAP_VALUE && c->map &&
	    (c->map->def->type == BPF_MAP_TYPE_SOCKMAP ||
	     c->map->def->type == BPF_MAP_TYPE_SOCKHASH))
		return ARG_BTF_SOCK;
	return arg;
}

int skep__check_arg(struct call *c, u32 i)
{
	struct verify_env *env = c->env;
	u32 arg = arg_of(c, i), regno = i + 1;
	const struct reg *r = cur_reg(env, regno);
	int err;

	if (arg == ARG_NONE)
		return 0;
	err = skep__need_reg(env, regno);
	if (err)
		return err;
	if (ARG_CLASS(arg) == ARG_ANYTHING)
		return is_secret(env, r)
			       ? skep__vfail(env, -EACCES, "R%u leaks addr into helper function\n",
					     regno)
			       : 0;
	if ((r->cls == REG_PACKET || r->cls == REG_PACKET_META) && !r->flags &&
	    !skep__may_touch_packet(env, false, c->helper))
		return skep__vfail(env, -EACCES, "helper access to the packet is not allowed\n");
	if (!(arg & ARG_MAYBE_NULL && reg_is_null(r))) {
		err = skep__check_arg_class(c, regno, arg);
		if (!err)
			err = skep__check_arg_offset(env, r, regno, arg);
		if (err)
			return err;
	}
	err = check_reference(c, regno, arg);
	return err ? err : check_by_class(c, i, arg);
}
