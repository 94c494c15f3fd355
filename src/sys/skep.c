/* SPDX-License-Identifier: BSD-2-Clause */
/* The public API: worlds of this process, and bpf(2) on them with this process as the client. */
#include "skep/skep.h"

#include <errno.h>

#include "base/alloc.h"
#include "skep/net.h"
#include "sys/prog_run.h"
#include "sys/prog_verify.h"
#include "sys/sys.h"
#include "verify/verify.h"

static_assert((int)SKEP_MODE_CHECKED == MODE_CHECKED && (int)SKEP_MODE_INTERP == MODE_INTERP &&
		      (int)SKEP_MODE_JIT == MODE_JIT,
	      "the public names of the modes");

const char *skep_version(void)
{
	return SKEP_VERSION;
}

struct skep_world *skep_world_new(const struct skep_world_opts *opts)
{
	struct world_config config = { 0 };
	struct skep_world *world;
	int err = -ENOMEM;

	if (opts && opts->size != sizeof(*opts)) {
		errno = EINVAL;
		return NULL;
	}
	if (opts) {
		config.nr_cpus = opts->nr_cpus;
		config.unverified = opts->unverified;
		config.max_objects = opts->max_objects;
		config.max_bytes = opts->max_bytes;
		config.verify_caps = opts->no_perfmon ? VERIFY_CAP_BPF : VERIFY_CAPS_ALL;
	}
	world = skep__zalloc(sizeof(*world));
	if (world)
		world->world = skep__world_new(&config, &err);
	if (!world || !world->world) {
		skep__free(world);
		errno = -err;
		return NULL;
	}
	world->trusts_pointers = opts && opts->trusts_pointers;
	return world;
}

void skep_world_free(struct skep_world *world)
{
	if (!world)
		return;
	skep__world_free(world->world);
	skep__test_benches_fini(&world->benches);
	skep__free(world);
}

long skep_bpf(struct skep_world *world, int cmd, union bpf_attr *attr, unsigned int size)
{
	struct client self = skep__self(world);

	return skep__sys_bpf(world, &self, cmd, (u64)attr, size);
}

int skep_world_set_mode(struct skep_world *world, enum skep_mode mode)
{
	struct world *w = world->world;

	if ((int)mode < SKEP_MODE_CHECKED || mode > SKEP_MODE_JIT)
		return -EINVAL;
	w->mode = (enum exec_mode)mode;
	return 0;
}

enum skep_mode skep_world_mode(const struct skep_world *world)
{
	return (enum skep_mode)world->world->mode;
}

const char *skep_world_fault(const struct skep_world *world)
{
	return skep__last_fault();
}

unsigned int skep_world_busiest(const struct skep_world *world, struct skep_visits *out,
				unsigned int n)
{
	const struct verify_visits *busiest;
	u32 nr;

	busiest = skep__last_busiest(&nr);
	for (u32 i = 0; i < nr && i < n; i++)
		out[i] = (struct skep_visits){ busiest[i].insn, busiest[i].visits };
	return min(nr, n);
}

int skep_world_set_net(struct skep_world *world, const struct skep_net *net)
{
	return skep__world_set_net(world->world, net);
}

void skep_world_set_trace(struct skep_world *world,
			  void (*trace)(void *opaque, const char *line, size_t len), void *opaque)
{
	world->world->trace = trace;
	world->world->trace_opaque = opaque;
}
