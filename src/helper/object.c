/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects that programs allocate, and pointers to them in fields of map values and of other
 * objects. */
#include "helper/arg.h"
#include "map/objects.h"

static const struct object_type *type_of(const struct run *run, u64 btf_id)
{
	const struct prog_base *prog = run_base(run);
	u32 from = 0, to = prog->nr_object_types;

	while (from < to) {
		u32 mid = (from + to) / 2;

		if (prog->object_types[mid].btf_id < btf_id)
			from = mid + 1;
		else
			to = mid;
	}
	return from < prog->nr_object_types && prog->object_types[from].btf_id == btf_id
		       ? &prog->object_types[from]
		       : NULL;
}

DEFINE_KFUNC(obj_new)
{
	const struct object_type *type = type_of(run, r1);

	return type ? result_ptr(skep__object_new(run_objects(run), type->size, type->layout)) : 0;
}

DEFINE_KFUNC(percpu_obj_new)
{
	const struct object_type *type = type_of(run, r1);

	return type && !type->layout
		       ? result_ptr(skep__percpu_object_new(run_objects(run), type->size))
		       : 0;
}

DEFINE_KFUNC(obj_drop)
{
	skep__object_put(run_objects(run), arg_ptr(r1));
	return 0;
}

DEFINE_KFUNC(refcount_acquire)
{
	return skep__object_get(run_objects(run), arg_ptr(r1)) ? r1 : 0;
}

/* The field has the handle of what the program gives up, and the program what it stood for. */
DEFINE_HELPER(kptr_xchg)
{
	struct objects *o = run_objects(run);
	struct object_head *head = skep__object_head(o, arg_ptr(r2));

	if (r2 && !head) {
		run->why = "bpf_kptr_xchg was handed an object that no program has allocated";
		run->aborted = true;
		return 0;
	}
	if (head)
		object_share(head);
	return result_ptr(object_at(
		o, atomic_exchange((_Atomic u64 *)arg_ptr(r1), object_handle(o, arg_ptr(r2)))));
}

/* Per-CPU variables of the kernel are not there; a CPU's copy of a program's own object is. */
static u64 copy_of(u64 object, u32 cpu, struct run *run)
{
	struct objects *o = run_objects(run);

	if (o && objects_contain(o, arg_ptr(object)))
		return result_ptr(percpu_object(arg_ptr(object), cpu));
	run->why = "there are no per-CPU variables of a kernel here";
	run->aborted = true;
	return 0;
}

DEFINE_HELPER(per_cpu_ptr)
{
	struct objects *o = run_objects(run);

	return o && (u32)r2 >= o->cpus->nr ? 0 : copy_of(r1, (u32)r2, run);
}

DEFINE_HELPER(this_cpu_ptr)
{
	return copy_of(r1, run->cpu, run);
}
