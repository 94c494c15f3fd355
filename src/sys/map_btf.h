/* SPDX-License-Identifier: BSD-2-Clause */
/* What MAP_CREATE asks of the BTF of a map's keys and values. */
#ifndef SKEP_SYS_MAP_BTF_H
#define SKEP_SYS_MAP_BTF_H

#include "world/world.h"

/* Maps whose elements are dumped through their types alone. */
bool skep__map_needs_btf(u32 type);

/*
 * Do the types that m names describe its keys and values, and may they stand in a map like it?
 * Finds the special fields of values, into m->record. 0 or -errno.
 */
int skep__map_check_btf(struct world *w, struct map_object *m);

#endif
