/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Map operations of programs. They pass the map's own answer on: who may call what on which type is
 * the verifier's business, so an operation that a type lacks is reached by unverified programs only
 * and answers -ENOTSUPP.
 */
#include "helper/arg.h"

DEFINE_HELPER(map_lookup_elem)
{
	struct map *map = arg_map(r1);

	return map->ops->lookup ? result_ptr(map->ops->lookup(map, arg_ptr(r2), run->cpu)) : 0;
}

DEFINE_HELPER(map_lookup_percpu_elem)
{
	struct map *map = arg_map(r1);
	u32 cpu = (u32)r3;

	if (!map->ops->lookup_percpu || cpu >= map->def.nr_cpus)
		return 0;
	return result_ptr(map->ops->lookup_percpu(map, arg_ptr(r2), cpu));
}

DEFINE_HELPER(map_update_elem)
{
	struct map *map = arg_map(r1);

	if (!map->ops->update)
		return result(-ENOTSUPP);
	return result(map->ops->update(map, arg_ptr(r2), arg_ptr(r3), r4, run->cpu));
}

DEFINE_HELPER(map_delete_elem)
{
	struct map *map = arg_map(r1);

	return result(map->ops->remove ? map->ops->remove(map, arg_ptr(r2), run->cpu) : -ENOTSUPP);
}

DEFINE_HELPER(map_push_elem)
{
	struct map *map = arg_map(r1);

	return result(map->ops->push ? map->ops->push(map, arg_ptr(r2), r3) : -ENOTSUPP);
}

DEFINE_HELPER(map_pop_elem)
{
	struct map *map = arg_map(r1);

	return result(map->ops->pop ? map->ops->pop(map, arg_ptr(r2)) : -ENOTSUPP);
}

DEFINE_HELPER(map_peek_elem)
{
	struct map *map = arg_map(r1);

	return result(map->ops->peek ? map->ops->peek(map, arg_ptr(r2)) : -ENOTSUPP);
}
