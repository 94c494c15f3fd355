/* SPDX-License-Identifier: BSD-2-Clause */
/* Timers and work queues in map values: whoever runs the program keeps them (base/async.h). */
#include "base/async.h"

#include "helper/arg.h"

static const struct async_ops *ops_of(const struct run *run)
{
	return run->svc->async;
}

static struct async_field *arg_field(u64 reg)
{
	return arg_ptr(reg);
}

/* The value that a field of the map is part of; NULL: of none. */
static void *value_of(const struct map *map, u64 field, enum special_kind kind)
{
	for (u32 i = 0; i < map->special.nr; i++) {
		if (map->special.fields[i].kind == kind)
			return (u8 *)arg_ptr(field) - map->special.fields[i].offset;
	}
	return NULL;
}

static u64 init(struct run *run, u64 field, struct map *map, enum async_kind kind, clockid_t clock)
{
	void *value = value_of(map, field, kind == ASYNC_TIMER ? SPECIAL_TIMER : SPECIAL_WORK);

	if (!ops_of(run))
		return result(-EOPNOTSUPP);
	return result(value ? ops_of(run)->init(run->svc->opaque, kind, arg_field(field), map,
						value, clock)
			    : -EINVAL);
}

DEFINE_HELPER(timer_init)
{
	if (r3 != CLOCK_MONOTONIC && r3 != CLOCK_REALTIME && r3 != CLOCK_BOOTTIME)
		return result(-EINVAL);
	return init(run, r1, arg_map(r2), ASYNC_TIMER, (clockid_t)r3);
}

DEFINE_HELPER(timer_set_callback)
{
	return ops_of(run)
		       ? result(ops_of(run)->set_callback(run->svc->opaque, arg_field(r1), run, r2))
		       : result(-EINVAL);
}

/* That the callback is to run on this CPU is a wish here: whose slot is free decides. */
DEFINE_HELPER(timer_start)
{
	if (r3 & ~(u64)(BPF_F_TIMER_ABS | BPF_F_TIMER_CPU_PIN) || !ops_of(run))
		return result(-EINVAL);
	return result(
		ops_of(run)->start(run->svc->opaque, arg_field(r1), r2, r3 & BPF_F_TIMER_ABS));
}

DEFINE_HELPER(timer_cancel)
{
	return result(ops_of(run) ? ops_of(run)->cancel(run->svc->opaque, arg_field(r1)) : -EINVAL);
}

DEFINE_KFUNC(wq_init)
{
	return (u32)r3 ? result_int(-EINVAL)
		       : (u32)init(run, r1, arg_map(r2), ASYNC_WORK, CLOCK_MONOTONIC);
}

DEFINE_KFUNC(wq_set_callback)
{
	if ((u32)r3 || !ops_of(run))
		return result_int(-EINVAL);
	return result_int(ops_of(run)->set_callback(run->svc->opaque, arg_field(r1), run, r2));
}

DEFINE_KFUNC(wq_start)
{
	if ((u32)r2 || !ops_of(run))
		return result_int(-EINVAL);
	return result_int(ops_of(run)->start(run->svc->opaque, arg_field(r1), 0, false));
}
