/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SKEP_SYS_PROG_OBJECTS_H
#define SKEP_SYS_PROG_OBJECTS_H

#include "world/object.h"

/* Before the program is compiled: where the objects are that it allocates or finds in its maps; and
 * who runs its timers. 0 or -errno. */
int skep__prog_bind_objects(struct world *w, struct prog_object *p);

#endif
