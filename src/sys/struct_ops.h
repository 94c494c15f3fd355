/* SPDX-License-Identifier: BSD-2-Clause */
/* Maps of structs whose functions are programs: their types, and what may be put into them. */
#ifndef SKEP_SYS_STRUCT_OPS_H
#define SKEP_SYS_STRUCT_OPS_H

#include "sys/sys.h"

/* MAP_CREATE's fields about the type of the value. 0, -ENOTSUPP for a struct that is not known, or
 * another -errno. */
int skep__struct_ops_check_type(struct call *call);

/* BPF_MAP_UPDATE_ELEM: checks everything, then answers as a kernel where nobody calls the struct.
 */
int skep__struct_ops_update(struct call *call, const struct map_object *m, const void *key,
			    const void *value, u64 flags);

#endif
