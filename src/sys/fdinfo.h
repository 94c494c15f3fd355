/* SPDX-License-Identifier: BSD-2-Clause */
/* What /proc/PID/fdinfo/FD says about an object's fd in the kernel, besides what it says of every
 * file. */
#ifndef SKEP_SYS_FDINFO_H
#define SKEP_SYS_FDINFO_H

#include "sys/sys.h"

/* The lines about the object behind an fd, as a text of less than size bytes: its length, or
 * -EINVAL for a stranger's fd. */
int skep__sys_fdinfo(struct skep_world *w, const struct fd_id *fid, char *text, size_t size);

/* Memory that the kernel would need for the map. */
u64 skep__map_kernel_bytes(struct map *map);

#endif
