/* SPDX-License-Identifier: BSD-2-Clause */
/* The private name space of pins: a list of paths, in the order they were made. */
#include <string.h>

#include "base/alloc.h"
#include "world/world.h"

struct pin {
	struct pin *next;
	struct object *obj; /* one reference */
	char path[];
};

static struct pin **find(struct world *w, const char *path)
{
	struct pin **link = &w->pins;

	while (*link && strcmp((*link)->path, path))
		link = &(*link)->next;
	return link;
}

int skep__world_pin(struct world *w, const char *path, struct object *obj)
{
	size_t size = strlen(path) + 1;
	struct pin *pin = skep__zalloc(sizeof(*pin) + size);
	int err = 0;

	if (!pin)
		return -ENOMEM;
	memcpy(pin->path, path, size);
	pthread_mutex_lock(&w->lock);
	struct pin **link = find(w, path);
	if (*link) {
		err = -EEXIST;
	} else {
		object_get(obj);
		obj->pins++;
		pin->obj = obj;
		*link = pin;
	}
	pthread_mutex_unlock(&w->lock);
	if (err)
		skep__free(pin);
	return err;
}

struct object *skep__world_get_pinned(struct world *w, const char *path)
{
	struct object *obj = NULL;

	pthread_mutex_lock(&w->lock);
	struct pin *pin = *find(w, path);
	if (pin) {
		obj = pin->obj;
		object_get(obj);
	}
	pthread_mutex_unlock(&w->lock);
	return obj;
}

void skep__world_unpin_all(struct world *w)
{
	for (struct pin *pin = w->pins, *next; pin; pin = next) {
		next = pin->next;
		pin->obj->pins--;
		object_put(pin->obj);
		skep__free(pin);
	}
	w->pins = NULL;
}
