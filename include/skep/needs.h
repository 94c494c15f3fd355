/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a loaded program needs of a kernel, and since which version kernels have it. The facts are those of
 * skep's tables: the first kernel with a helper, not the first that offered it to every program type.
 */
#ifndef SKEP_NEEDS_H
#define SKEP_NEEDS_H

#include "skep/skep.h"

#ifdef __cplusplus
extern "C" {
#endif

enum skep_need_kind {
	SKEP_NEED_PROG_TYPE,
	SKEP_NEED_MAP_TYPE,
	SKEP_NEED_HELPER,
	SKEP_NEED_KFUNC,
	SKEP_NEED_FEATURE
};

struct skep_need {
	enum skep_need_kind kind;
	const char *name; /* "xdp", "ringbuf", "bpf_loop", "loops"; static */
	const char *since; /* "5.17"; static */
};

/*
 * Writes at most n needs of the program behind an fd of the world's, each once, in no order. Returns how many
 * there are, which may be more; -EBADF, -EINVAL: the fd is none, or none of a program.
 */
SKEP_API int skep_prog_needs(struct skep_world *world, int prog_fd, struct skep_need *out,
			     unsigned int n);

#ifdef __cplusplus
}
#endif
#endif
