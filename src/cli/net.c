/* SPDX-License-Identifier: BSD-2-Clause */
/* The file of --net: an object with up to four lists, whose elements become those of a struct
 * skep_net. */
#include "cli/net.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/value.h"

enum list_id { LINKS, ROUTES, NEIGHS, RULES, NR_LISTS };

static const struct skep_net_link link_default = { .mtu = 1500 };
static const struct skep_net_route route_default;
static const struct skep_net_neigh neigh_default;
static const struct skep_net_rule rule_default = { .mask = UINT32_MAX };

static const struct {
	const char *name;
	const struct net_field *fields;
	const void *defaults;
	size_t size;
} lists[NR_LISTS] = {
	[LINKS] = { "links", net_link_fields, &link_default, sizeof(link_default) },
	[ROUTES] = { "routes", net_route_fields, &route_default, sizeof(route_default) },
	[NEIGHS] = { "neighs", net_neigh_fields, &neigh_default, sizeof(neigh_default) },
	[RULES] = { "rules", net_rule_fields, &rule_default, sizeof(rule_default) },
};

struct net_file {
	const char *path;
	json_object *json;
	void *elems[NR_LISTS]; /* owned */
	uint32_t nr[NR_LISTS];
};

static enum outcome check_members(const struct net_file *f)
{
	if (!json_object_is_type(f->json, json_type_object))
		return complain("%s: an object is needed: {\"links\": [...], \"routes\": [...], "
				"\"neighs\": [...], \"rules\": [...]}",
				f->path);
	json_object_object_foreach(f->json, name, list)
	{
		size_t i = 0;

		while (i < NR_LISTS && strcmp(lists[i].name, name))
			i++;
		if (i == NR_LISTS)
			return complain("%s: %s: there is no such list", f->path, name);
		if (!json_object_is_type(list, json_type_array))
			return complain("%s: %s: a list is needed, not %s", f->path, name,
					json_object_to_json_string(list));
		if (json_object_array_length(list) > SKEP_NET_MOST)
			return complain("%s: %s: at most %d elements are possible", f->path, name,
					SKEP_NET_MOST);
	}
	return GOOD;
}

static enum outcome read_list(struct net_file *f, enum list_id id)
{
	struct net_element e = { .file = f->path, .list = lists[id].name };
	json_object *list;

	json_object_object_get_ex(f->json, "links", &e.links);
	if (!json_object_object_get_ex(f->json, e.list, &list))
		return GOOD;
	f->nr[id] = (uint32_t)json_object_array_length(list);
	f->elems[id] = calloc(f->nr[id] + 1, lists[id].size);
	if (!f->elems[id])
		return complain("out of memory");
	for (; e.index < f->nr[id]; e.index++) {
		char *elem = (char *)f->elems[id] + e.index * lists[id].size;
		enum outcome ret;

		memcpy(elem, lists[id].defaults, lists[id].size);
		e.json = json_object_array_get_idx(list, e.index);
		ret = net_element_read(&e, lists[id].fields, elem);
		if (ret)
			return ret;
	}
	return GOOD;
}

static enum outcome give(struct skep_world *world, const struct net_file *f)
{
	const struct skep_net net = {
		.size = sizeof(net),
		.links = f->elems[LINKS],
		.routes = f->elems[ROUTES],
		.neighs = f->elems[NEIGHS],
		.rules = f->elems[RULES],
		.nr_links = f->nr[LINKS],
		.nr_routes = f->nr[ROUTES],
		.nr_neighs = f->nr[NEIGHS],
		.nr_rules = f->nr[RULES],
	};
	char why[256];
	int err;

	if (skep_net_check(&net, why, sizeof(why)))
		return complain("%s: %s", f->path, why);
	err = skep_world_set_net(world, &net);
	return err ? complain("%s: %s", f->path, strerror(-err)) : GOOD;
}

enum outcome net_give(struct skep_world *world, const char *path)
{
	struct net_file f = { .path = path, .json = json_from_file(path) };
	enum outcome ret;

	if (!f.json)
		return BAD_INPUT;
	ret = check_members(&f);
	for (enum list_id id = LINKS; !ret && id < NR_LISTS; id++)
		ret = read_list(&f, id);
	if (!ret)
		ret = give(world, &f);
	for (enum list_id id = LINKS; id < NR_LISTS; id++)
		free(f.elems[id]);
	json_object_put(f.json);
	return ret;
}
