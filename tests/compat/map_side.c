/* SPDX-License-Identifier: BSD-2-Clause */
/* skep's side of a play: its bpf(2), on a private world that lives as long as the test program. */
#include <unistd.h>

#include "map_semantics.h"
#include "skep/skep.h"

static struct skep_world *world(void)
{
	static struct skep_world *only;

	if (!only)
		only = skep_world_new(NULL);
	assert_non_null(only);
	return only;
}

static long world_bpf(int cmd, union bpf_attr *attr)
{
	return skep_bpf(world(), cmd, attr, sizeof(*attr));
}

static void close_fd(int fd)
{
	close(fd);
}

const struct side skep_side = { "skep", world_bpf, close_fd };
