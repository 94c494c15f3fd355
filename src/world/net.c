/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/net.h"

#include <string.h>

#include "base/alloc.h"
#include "world/world.h"

/* The arrays stand behind each other in one allocation. */
static_assert(sizeof(struct skep_net_link) == 40 && sizeof(struct skep_net_route) == 68 &&
		      sizeof(struct skep_net_rule) == 16 && sizeof(struct skep_net_neigh) == 28,
	      "a public layout, and aligned wherever it begins");
static_assert(sizeof(struct world_net) % 4 == 0, "what follows is aligned");

static const void *place(u8 **at, const void *from, size_t size)
{
	void *to = *at;

	if (size)
		memcpy(to, from, size);
	*at += size;
	return to;
}

static struct world_net *copy(const struct skep_net *net)
{
	size_t links = net->nr_links * sizeof(*net->links);
	size_t routes = net->nr_routes * sizeof(*net->routes);
	size_t neighs = net->nr_neighs * sizeof(*net->neighs);
	size_t rules = net->nr_rules * sizeof(*net->rules);
	struct world_net *n = skep__alloc(sizeof(*n) + links + routes + neighs + rules);

	if (!n)
		return NULL;
	u8 *at = (u8 *)(n + 1);
	atomic_init(&n->refs, 1);
	n->net = *net;
	n->net.links = place(&at, net->links, links);
	n->net.routes = place(&at, net->routes, routes);
	n->net.neighs = place(&at, net->neighs, neighs);
	n->net.rules = place(&at, net->rules, rules);
	return n;
}

int skep__world_set_net(struct world *w, const struct skep_net *net)
{
	struct world_net *new = NULL, *old;
	int err = net ? skep_net_check(net, NULL, 0) : 0;

	if (err)
		return err;
	if (net) {
		new = copy(net);
		if (!new)
			return -ENOMEM;
	}
	pthread_mutex_lock(&w->lock);
	old = w->net;
	w->net = new;
	pthread_mutex_unlock(&w->lock);
	skep__world_net_put(old);
	return 0;
}

struct world_net *skep__world_net_get(struct world *w)
{
	pthread_mutex_lock(&w->lock);
	struct world_net *n = w->net;
	if (n)
		atomic_fetch_add_explicit(&n->refs, 1, memory_order_relaxed);
	pthread_mutex_unlock(&w->lock);
	return n;
}

void skep__world_net_put(struct world_net *n)
{
	if (n && atomic_fetch_sub_explicit(&n->refs, 1, memory_order_acq_rel) == 1)
		skep__free(n);
}
