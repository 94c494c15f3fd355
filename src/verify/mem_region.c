/* SPDX-License-Identifier: BSD-2-Clause */
/* Bounds of a region of known size, and the classes that are little more than one. */
#include "verify/memory.h"
#include "verify/operand.h"

/* [off, off + size) against the region; says what it was. */
static int check_span(struct verify_env *env, u32 regno, s32 off, s32 size, u32 region,
		      bool zero_ok)
{
	const struct reg *r = cur_reg(env, regno);

	if (off >= 0 && (size > 0 || (size == 0 && zero_ok)) && (u64)off + (u64)size <= region)
		return 0;
	switch (r->cls) {
	case REG_MAP_KEY:
		skep__vlog(env, "invalid access to map key, key_size=%u off=%d size=%d\n", region,
			   off, size);
		break;
	case REG_MAP_VALUE:
		skep__vlog(env, "invalid access to map value, value_size=%u off=%d size=%d\n",
			   region, off, size);
		break;
	case REG_PACKET:
	case REG_PACKET_META:
	case REG_PACKET_END:
		skep__vlog(env,
			   "invalid access to packet, off=%d size=%d, R%u(id=%u,off=%d,r=%u)\n",
			   off, size, regno, r->id, off, region);
		break;
	default:
		skep__vlog(env, "invalid access to memory, mem_size=%u off=%d size=%d\n", region,
			   off, size);
		break;
	}
	return -EACCES;
}

int skep__check_region(struct verify_env *env, u32 regno, s32 off, s32 size, u32 region,
		       bool zero_ok)
{
	const struct reg *r = cur_reg(env, regno);
	s64 low = r->n.smin;
	int err;

	if (low < 0 && (low == INT64_MIN || off + low != (s32)(off + low) || low + off < 0))
		return skep__vfail(env, -EACCES,
				   "R%u min value is negative, either use unsigned index or do a "
				   "if (index >=0) check.\n",
				   regno);
	err = check_span(env, regno, (s32)(low + off), size, region, zero_ok);
	if (err)
		return skep__vfail(env, err,
				   "R%u min value is outside of the allowed memory range\n", regno);
	if (r->n.umax >= MAX_VAR_OFFSET)
		return skep__vfail(
			env, -EACCES,
			"R%u unbounded memory access, make sure to bounds check any such access\n",
			regno);
	err = check_span(env, regno, (s32)(r->n.umax + off), size, region, zero_ok);
	if (err)
		return skep__vfail(env, err,
				   "R%u max value is outside of the allowed memory range\n", regno);
	return 0;
}

int skep__check_packet(struct verify_env *env, u32 regno, s32 off, s32 size, bool zero_ok)
{
	const struct reg *r = cur_reg(env, regno);
	int err = -EINVAL;

	if (r->n.smin < 0)
		return skep__vfail(env, -EACCES,
				   "R%u min value is negative, either use unsigned index or do a "
				   "if (index >=0) check.\n",
				   regno);
	if (r->pkt.range >= 0)
		err = check_span(env, regno, off, size, r->pkt.range, zero_ok);
	return err ? skep__vfail(env, err, "R%u offset is outside of the packet\n", regno) : 0;
}

int skep__check_buffer(struct verify_env *env, u32 regno, s32 off, s32 size)
{
	const struct reg *r = cur_reg(env, regno);
	const char *what = r->cls == REG_TP_BUFFER ? "tracepoint"
			   : r->flags & REG_RDONLY ? "rdonly"
						   : "rdwr";

	if (off < 0)
		return skep__vfail(env, -EACCES, "R%u invalid %s buffer access: off=%d, size=%d\n",
				   regno, what, off, size);
	if (!num_is_const(&r->n) || reg_const(r)) {
		skep__vlog(env, "R%u invalid variable buffer offset: off=%d, var_off=", regno, off);
		skep__tnum_print(r->n.bits, env->log);
		return skep__vfail(env, -EACCES, "\n");
	}
	return 0;
}

int skep__check_plain_offset(struct verify_env *env, const struct reg *r, u32 regno, bool fixed_ok)
{
	struct class_name name;

	if (r->off < 0)
		return skep__vfail(env, -EACCES, "negative offset %s ptr R%u off=%d disallowed\n",
				   skep__class_name(r, &name), regno, r->off);
	if (!fixed_ok && r->off)
		return skep__vfail(env, -EACCES,
				   "dereference of modified %s ptr R%u off=%d disallowed\n",
				   skep__class_name(r, &name), regno, r->off);
	if (!num_is_const(&r->n) || reg_const(r)) {
		skep__vlog(env, "variable %s access var_off=", skep__class_name(r, &name));
		skep__tnum_print(r->n.bits, env->log);
		return skep__vfail(env, -EACCES, " disallowed\n");
	}
	return 0;
}

static int refuse_write(const struct access *a)
{
	struct class_name name;

	return skep__vfail(a->env, -EACCES, "R%u cannot write into %s\n", a->regno,
			   skep__class_name(a->ptr, &name));
}

static int refuse_leak(const struct access *a, const char *where)
{
	return skep__vfail(a->env, -EACCES, "R%d leaks addr into %s\n", a->value, where);
}

static bool leaks(const struct access *a)
{
	return a->write && a->value != NO_REG && is_secret(a->env, cur_reg(a->env, a->value));
}

int skep__access_mem(const struct access *a)
{
	bool unchecked =
		(a->ptr->flags & (REG_RDONLY | REG_UNTRUSTED)) == (REG_RDONLY | REG_UNTRUSTED);
	int err = 0;

	if (a->write && a->ptr->flags & REG_RDONLY)
		return refuse_write(a);
	if (leaks(a))
		return refuse_leak(a, "mem");
	/* Untrusted memory is read with faults caught, wherever it is. */
	if (!unchecked)
		err = skep__check_region(a->env, a->regno, a->off, a->size, a->ptr->mem.size,
					 false);
	if (!err)
		set_loaded(a);
	return err;
}

int skep__access_buf(const struct access *a)
{
	int err;

	if (a->write && a->ptr->flags & REG_RDONLY)
		return refuse_write(a);
	err = skep__check_buffer(a->env, a->regno, a->off, a->size);
	if (!err)
		set_loaded(a);
	return err;
}

int skep__access_tp_buffer(const struct access *a)
{
	int err = skep__check_buffer(a->env, a->regno, a->off, a->size);

	if (!err)
		set_loaded(a);
	return err;
}

int skep__access_flow_keys(const struct access *a)
{
	if (leaks(a))
		return refuse_leak(a, "flow keys");
	if (a->off < 0 || (u64)a->off + (u64)a->size > sizeof(struct bpf_flow_keys))
		return skep__vfail(a->env, -EACCES, "invalid access to flow keys off=%d size=%d\n",
				   a->off, a->size);
	set_loaded(a);
	return 0;
}

int skep__access_packet(const struct access *a)
{
	int err;

	if (a->write && !skep__may_touch_packet(a->env, true, NULL))
		return skep__vfail(a->env, -EACCES, "cannot write into packet\n");
	if (leaks(a))
		return refuse_leak(a, "packet");
	err = skep__check_packet(a->env, a->regno, a->off, a->size, false);
	if (!err)
		set_loaded(a);
	return err;
}

int skep__access_arena(const struct access *a)
{
	set_loaded(a);
	return 0;
}
