/* SPDX-License-Identifier: BSD-2-Clause */
/* The public API: worlds of this process, and bpf(2) on them with this process as the client. */
#include "skep/skep.h"

#include <errno.h>
#include <unistd.h>

#include "base/alloc.h"
#include "sys/prog_run.h"
#include "sys/sys.h"

struct skep_world {
	struct world world;
};

static_assert((int)SKEP_MODE_CHECKED == MODE_CHECKED && (int)SKEP_MODE_INTERP == MODE_INTERP &&
		      (int)SKEP_MODE_JIT == MODE_JIT,
	      "the public names of the modes");

const char *skep_version(void)
{
	return SKEP_VERSION;
}

static struct world *inside(const struct skep_world *world)
{
	return (struct world *)&world->world;
}

struct skep_world *skep_world_new(const struct skep_world_opts *opts)
{
	struct world_config config = { 0 };
	struct world *w;
	int err;

	if (opts && opts->size != sizeof(*opts)) {
		errno = EINVAL;
		return NULL;
	}
	if (opts) {
		config.nr_cpus = opts->nr_cpus;
		config.allow_unverified = opts->allow_unverified;
	}
	w = skep__world_new(&config, &err);
	if (!w)
		errno = -err;
	return (struct skep_world *)w;
}

void skep_world_free(struct skep_world *world)
{
	skep__world_free(inside(world));
}

long skep_bpf(struct skep_world *world, int cmd, union bpf_attr *attr, unsigned int size)
{
	struct client self = { .ops = &skep__client_self, .uid = getuid() };

	return skep__sys_bpf(inside(world), &self, cmd, (u64)attr, size);
}

int skep_world_set_mode(struct skep_world *world, enum skep_mode mode)
{
	struct world *w = inside(world);

	if ((int)mode < SKEP_MODE_CHECKED || mode > SKEP_MODE_JIT)
		return -EINVAL;
	if (mode != SKEP_MODE_CHECKED && !w->allow_unverified)
		return -EPERM;
	w->mode = (enum exec_mode)mode;
	return 0;
}

enum skep_mode skep_world_mode(const struct skep_world *world)
{
	return (enum skep_mode)inside(world)->mode;
}

const char *skep_world_fault(const struct skep_world *world)
{
	return skep__last_fault();
}

void skep_world_set_trace(struct skep_world *world, void (*trace)(void *opaque, const char *line, size_t len),
			  void *opaque)
{
	inside(world)->trace = trace;
	inside(world)->trace_opaque = opaque;
}
