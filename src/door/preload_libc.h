/* SPDX-License-Identifier: BSD-2-Clause */
/* libc's own functions, for overrides that go on to them: threads can be cancelled in those. */
#ifndef SKEP_DOOR_PRELOAD_LIBC_H
#define SKEP_DOOR_PRELOAD_LIBC_H

#include <dlfcn.h>

#include "base/types.h"

/* *found, NULL at first, is for the caller to keep between calls. */
static inline void *preload_libcs(const char *name, _Atomic(void *) *found)
{
	void *fn = atomic_load_explicit(found, memory_order_acquire);

	if (!fn) {
		fn = dlsym(RTLD_NEXT, name);
		atomic_store(found, fn);
	}
	return fn;
}

#endif
