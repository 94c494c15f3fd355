/* SPDX-License-Identifier: BSD-2-Clause */
/* The ends of objects, and the references that map elements hold. */
#include "world/object.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "jit/jit.h"
#include "map/special.h"
#include "verify/prepare.h"
#include "world/world.h"

int skep__map_elem_hold(struct world *w, struct map_object *m, struct object *obj)
{
	int err = 0;

	pthread_mutex_lock(&w->lock);
	if (m->nr_elems == m->cap_elems) {
		u32 cap = max(m->cap_elems * 2, 8u);
		struct object **elems = skep__resize(m->elems, cap * sizeof(*elems));

		if (elems) {
			m->elems = elems;
			m->cap_elems = cap;
		} else {
			err = -ENOMEM;
		}
	}
	if (!err) {
		object_get(obj);
		m->elems[m->nr_elems++] = obj;
	}
	pthread_mutex_unlock(&w->lock);
	return err;
}

/* The map's shared memory may have lied about the id: then there is nothing to drop. */
void skep__map_elem_drop(struct world *w, struct map_object *m, enum object_kind kind, u32 id)
{
	pthread_mutex_lock(&w->lock);
	for (u32 i = m->nr_elems; i-- > 0;) {
		struct object *obj = m->elems[i];

		if (obj->kind != kind || obj->id != id)
			continue;
		m->elems[i] = m->elems[--m->nr_elems];
		object_put(obj);
		break;
	}
	pthread_mutex_unlock(&w->lock);
}

void skep__map_elems_put(struct map_object *m)
{
	for (u32 i = 0; i < m->nr_elems; i++)
		object_put(m->elems[i]);
	m->nr_elems = 0;
}

/* Empties a map of references whose elements nobody can look at any more; the lock is held. */
void skep__map_elems_clear(struct world *w, struct map_object *m)
{
	for (u32 key = 0; key < m->map->def.max_entries; key++)
		m->map->ops->sys_remove(m->map, &key);
	skep__map_elems_put(m);
}

/*
 * The first program of a map decides what the others must be: they are jumped into, or run for what
 * was redirected, with its context and its way of returning. Same rule for every program that jumps
 * through a prog_array.
 */
bool skep__map_takes_prog(struct map_object *m, const struct prog *prog)
{
	struct prog_array_owner *owner = &m->owner;

	if (!owner->set) {
		*owner = (struct prog_array_owner){
			.set = true,
			.xdp_has_frags = prog->xdp_has_frags,
			.type = prog->type,
			.expected_attach_type = prog->expected_attach_type,
		};
		return true;
	}
	return owner->type == prog->type && owner->xdp_has_frags == prog->xdp_has_frags &&
	       owner->expected_attach_type == prog->expected_attach_type;
}

static void map_free(struct map_object *m)
{
	skep__map_elems_put(m);
	skep__map_empty_values(m->map);
	skep__free(m->elems);
	if (m->btf)
		object_put(&m->btf->obj);
	if (m->inner_btf)
		object_put(&m->inner_btf->obj);
	skep__map_free(m->map); /* closes obj.fd, which is the map's */
	skep__free(m);
}

static void prog_free(struct prog_object *p)
{
	for (u32 i = 0; i < p->nr_maps; i++)
		object_put(&p->maps[i]->obj);
	if (p->btf)
		object_put(&p->btf->obj);
	skep__jit_free(&p->prog);
	skep__prepare_free(&p->prog);
	skep__free(p->maps);
	skep__free((void *)p->prog.base.object_types);
	skep__free((void *)p->prog.base.known.ranges);
	skep__free(p->xlated);
	skep__free(p->func_info);
	skep__free(p->line_info);
	if (p->obj.fd >= 0)
		close(p->obj.fd);
	skep__free(p);
}

static void event_free(struct event_object *e)
{
	if (e->mapped)
		munmap(e->event.ring.mem, e->mapped);
	close(e->obj.fd);
	skep__free(e);
}

void skep__object_free(struct world *w, struct object *obj)
{
	if (obj->wake_fd >= 0)
		close(obj->wake_fd);
	if (obj->first_fd >= 0)
		close(obj->first_fd);
	if (obj->kept.fd >= 0)
		close(obj->kept.fd);
	switch (obj->kind) {
	case OBJ_MAP:
		map_free(to_map(obj));
		break;
	case OBJ_PROG:
		prog_free(to_prog(obj));
		break;
	case OBJ_BTF:
		if (!to_btf(obj)->is_kernel)
			skep__btf_free(to_btf(obj)->btf);
		if (obj->fd >= 0)
			close(obj->fd);
		skep__free(to_btf(obj));
		break;
	case OBJ_EVENT:
		event_free(to_event(obj));
		break;
	default:
		break;
	}
}
