/* SPDX-License-Identifier: BSD-2-Clause */
/* Control groups of the calling thread. */
#ifndef SKEP_BASE_CGROUP_H
#define SKEP_BASE_CGROUP_H

#include "base/types.h"

/*
 * The id of the thread's group (level NULL), or of the one so many levels below the root that it is
 * in; 0: there is none, or it cannot be known.
 */
u64 skep__cgroup_id(const int *level);

#endif
