/* SPDX-License-Identifier: BSD-2-Clause */
/* --net: the network that programs look into, from a JSON file. */
#ifndef SKEP_CLI_NET_H
#define SKEP_CLI_NET_H

#include <json-c/json.h>

#include "skep/net.h"

#include "cli/cli.h"

/* Reads the file and gives its network to the world. */
enum outcome net_give(struct skep_world *world, const char *file);

/* One element of one list while it is read (net_fields.c knows the members). */
struct net_element {
	const char *file, *list;
	size_t index;
	json_object *json;
	json_object *links; /* the file's, by whose names interfaces may be called; or NULL */
};

/* A member of such an element. */
struct net_field {
	const char *name; /* NULL behind the last */
	bool (*take)(const struct net_element *e, json_object *json, void *out);
	size_t offset; /* of the struct's member; for takers that know the struct: 0 */
	bool needed;
	const char *what; /* "... is needed" */
};
extern const struct net_field net_link_fields[], net_route_fields[], net_neigh_fields[],
	net_rule_fields[];

/* Fills *out, which holds the defaults, from an object with these members and no others. */
enum outcome net_element_read(const struct net_element *e, const struct net_field *fields,
			      void *out);

#endif
