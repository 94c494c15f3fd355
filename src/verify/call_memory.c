/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory that a function reads or writes on behalf of the program. */
#include "verify/call.h"
#include "verify/jump.h"
#include "verify/operand.h"
#include "verify/precise.h"

static int refuse_write(struct verify_env *env, u32 regno)
{
	struct class_name name;

	return skep__vfail(env, -EACCES, "R%u cannot write into %s\n", regno,
			   skep__class_name(cur_reg(env, regno), &name));
}

static int refuse_class(struct verify_env *env, u32 regno)
{
	struct class_name name;

	return skep__vfail(env, -EACCES, "R%u type=%s expected=fp\n", regno,
			   skep__class_name(cur_reg(env, regno), &name));
}

int skep__call_memory(struct call *c, u32 regno, s32 size, bool write, bool zero_ok,
		      bool may_be_raw)
{
	struct verify_env *env = c->env;
	const struct reg *r = cur_reg(env, regno);
	int err;

	switch (r->cls) {
	case REG_PACKET:
	case REG_PACKET_META:
		return skep__check_packet(env, regno, r->off, size, zero_ok);
	case REG_MAP_KEY:
		if (write)
			return refuse_write(env, regno);
		return skep__check_region(env, regno, r->off, size, r->map.map->def->key_size,
					  zero_ok);
	case REG_MAP_VALUE:
		err = skep__check_map_type(env, regno, r->off, size, write);
		return err ? err : skep__check_map_value(env, regno, r->off, size, zero_ok, false);
	case REG_MEM:
		if (write && r->flags & REG_RDONLY)
			return refuse_write(env, regno);
		return skep__check_region(env, regno, r->off, size, r->mem.size, zero_ok);
	case REG_BUF:
		if (write && r->flags & REG_RDONLY)
			return refuse_write(env, regno);
		return skep__check_buffer(env, regno, r->off, size);
	case REG_STACK:
		return skep__stack_range(env, regno, r->off, size, zero_ok, write,
					 may_be_raw && c->raw_mode ? &c->raw : NULL);
	case REG_BTF:
		return skep__check_access(env, regno, 0, size, false, NO_REG, false, false);
	case REG_CTX:
		if (env->prog->type != BPF_PROG_TYPE_SYSCALL)
			return refuse_class(env, regno);
		if (!size)
			return zero_ok ? 0 : -EACCES;
		return skep__check_access(env, regno, size - 1, 1, write, NO_REG, false, false);
	default:
		if (zero_ok && !size && reg_is_null(r))
			return 0;
		return refuse_class(env, regno);
	}
}

int skep__call_size(struct call *c, u32 regno, bool write, bool zero_ok)
{
	struct verify_env *env = c->env;
	const struct reg *r = cur_reg(env, regno);
	int err;

	c->max_size = r->n.umax;
	if (r->n.smin < 0)
		return skep__vfail(
			env, -EACCES,
			"R%u min value is negative, either use unsigned or 'var &= const'\n",
			regno);
	if (!r->n.umin && !zero_ok)
		return skep__vfail(env, -EACCES, "R%u invalid zero-sized read: u64=[%lld,%lld]\n",
				   regno, (long long)r->n.umin, (long long)r->n.umax);
	if (r->n.umax >= MAX_VAR_SIZE)
		return skep__vfail(
			env, -EACCES,
			"R%u unbounded memory access, use 'var &= const' or 'if (var < const)'\n",
			regno);
	/* Of memory that is filled up to a variable size, all has to be initialised. */
	err = skep__call_memory(c, regno - 1, (s32)r->n.umax, write, zero_ok, num_is_const(&r->n));
	return err ? err : skep__mark_precise(env, regno);
}

int skep__call_pointee(struct call *c, u32 regno, s32 size)
{
	struct reg *r = cur_reg(c->env, regno), saved = *r;
	int err;

	if (reg_is_null(r))
		return 0;
	if (reg_maybe_null(r))
		skep__mark_not_null(r);
	err = skep__call_memory(c, regno, size, false, true, false);
	if (!err)
		err = skep__call_memory(c, regno, size, true, true, false);
	*r = saved;
	return err;
}
