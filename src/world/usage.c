/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/usage.h"

#include <sys/stat.h>

void skep__world_usage(struct world *w, struct world_usage *out)
{
	struct stat st;

	*out = (struct world_usage){ 0 };
	skep__world_sweep(w);
	pthread_mutex_lock(&w->lock);
	for (u32 kind = 0; kind < NR_OBJECT_KINDS; kind++) {
		const struct idtable *t = &w->tables[kind];

		out->objects[kind] = t->count;
		for (u32 id = 0; (id = skep__idtable_next(t, id)) != 0;) {
			const struct object *obj = skep__idtable_find(t, id);

			if (fstat(obj->fd, &st) == 0)
				out->bytes += (u64)st.st_blocks * 512;
		}
	}
	pthread_mutex_unlock(&w->lock);
}
