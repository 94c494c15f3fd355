/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network that a world gives its runs: a copy that never changes. A new one takes its place,
 * and the old one stays until the last run that began with it has ended; runs hold references
 * because they look at it before they own a CPU, too.
 */
#ifndef SKEP_WORLD_NET_H
#define SKEP_WORLD_NET_H

#include "ctx/net.h"

struct world;

struct world_net {
	_Atomic u32 refs;
	struct skep_net net; /* its arrays follow */
};

/* As skep_world_set_net: 0, -EINVAL or -ENOMEM. */
int skep__world_set_net(struct world *w, const struct skep_net *net);

/* With a reference. NULL: nothing but the loopback interface. */
struct world_net *skep__world_net_get(struct world *w);
void skep__world_net_put(struct world_net *n); /* NULL is fine */

#endif
