/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The members of interfaces, routes, neighbours and rules in JSON: a row each, with the function
 * that takes its value. Only the form of a value is judged here; whether the network makes sense is
 * the library's to say (skep_net_check).
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/net.h"

static const char *text_of(json_object *json)
{
	return json_object_is_type(json, json_type_string) ? json_object_get_string(json) : "";
}

static bool number_of(json_object *json, uint32_t most, uint32_t *out)
{
	int64_t n = json_object_get_int64(json);

	if (!json_object_is_type(json, json_type_int) || n < 0 || n > most)
		return false;
	*out = (uint32_t)n;
	return true;
}

static bool take_number(const struct net_element *e, json_object *json, void *out)
{
	return number_of(json, UINT32_MAX, out);
}

static bool take_flag(const struct net_element *e, json_object *json, void *out)
{
	*(uint8_t *)out = json_object_get_boolean(json) != 0;
	return json_object_is_type(json, json_type_boolean);
}

static bool take_forwarding(const struct net_element *e, json_object *json, void *out)
{
	struct skep_net_link *link = out;

	return take_flag(e, json, &link->forwarding4) && take_flag(e, json, &link->forwarding6);
}

/* Names are for this file alone: the library knows interfaces by their index. */
static bool take_name(const struct net_element *e, json_object *json, void *out)
{
	return *text_of(json) != 0;
}

static bool take_mac(const struct net_element *e, json_object *json, void *out)
{
	const char *text = text_of(json);
	unsigned char *m = out;
	int end = 0;

	return strlen(text) == strlen("00:00:00:00:00:00") &&
	       sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &m[0], &m[1], &m[2], &m[3],
		      &m[4], &m[5], &end) == 6 &&
	       !text[end];
}

static bool take_addr4(const struct net_element *e, json_object *json, void *out)
{
	return inet_pton(AF_INET, text_of(json), out) == 1;
}

static bool take_addr6(const struct net_element *e, json_object *json, void *out)
{
	return inet_pton(AF_INET6, text_of(json), out) == 1;
}

static bool address_of(const char *text, uint8_t *family, uint8_t addr[16])
{
	*family = strchr(text, ':') ? AF_INET6 : AF_INET;
	return inet_pton(*family, text, addr) == 1;
}

static bool take_dst(const struct net_element *e, json_object *json, void *out)
{
	struct skep_net_route *route = out;
	const char *text = text_of(json), *slash = strchr(text, '/');
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	unsigned long bits;
	char addr[64], *end;

	if (len >= sizeof(addr))
		return false;
	memcpy(addr, text, len);
	addr[len] = 0;
	if (!address_of(addr, &route->family, route->dst))
		return false;
	route->prefix_len = route->family == AF_INET ? 32 : 128;
	if (!slash)
		return true;
	bits = strtoul(slash + 1, &end, 10);
	if (slash[1] < '0' || slash[1] > '9' || *end || bits > route->prefix_len)
		return false;
	route->prefix_len = (uint8_t)bits;
	return true;
}

static bool take_via(const struct net_element *e, json_object *json, void *out)
{
	struct skep_net_route *route = out;

	return address_of(text_of(json), &route->gw_family, route->gw);
}

static bool take_src(const struct net_element *e, json_object *json, void *out)
{
	struct skep_net_route *route = out;

	return inet_pton(route->family, text_of(json), route->prefsrc) == 1; /* dst comes first */
}

static bool take_type(const struct net_element *e, json_object *json, void *out)
{
	static const char *const names[] = {
		[SKEP_ROUTE_UNICAST] = "unicast",     [SKEP_ROUTE_LOCAL] = "local",
		[SKEP_ROUTE_BLACKHOLE] = "blackhole", [SKEP_ROUTE_UNREACHABLE] = "unreachable",
		[SKEP_ROUTE_PROHIBIT] = "prohibit",
	};

	for (size_t i = 0; i < COUNT(names); i++) {
		if (!strcmp(names[i], text_of(json))) {
			*(uint8_t *)out = (uint8_t)i;
			return true;
		}
	}
	return false;
}

static bool take_neigh_addr(const struct net_element *e, json_object *json, void *out)
{
	struct skep_net_neigh *neigh = out;

	return address_of(text_of(json), &neigh->family, neigh->addr);
}

static bool take_family(const struct net_element *e, json_object *json, void *out)
{
	const char *text = text_of(json);

	*(uint8_t *)out = strcmp(text, "inet") ? AF_INET6 : AF_INET;
	return !strcmp(text, "inet") || !strcmp(text, "inet6");
}

/* An interface by its index or by the name that a link of the file has. */
static bool take_dev(const struct net_element *e, json_object *json, void *out)
{
	size_t n = e->links ? json_object_array_length(e->links) : 0;
	const char *name = text_of(json);

	if (!*name)
		return number_of(json, UINT32_MAX, out);
	for (size_t i = 0; i < n; i++) {
		json_object *link = json_object_array_get_idx(e->links, i), *its, *ifindex;

		if (json_object_object_get_ex(link, "name", &its) && !strcmp(text_of(its), name) &&
		    json_object_object_get_ex(link, "ifindex", &ifindex))
			return number_of(ifindex, UINT32_MAX, out);
	}
	return false;
}

#define NUMBER "a number from 0 to 4294967295"
#define FLAG "true or false"
#define MAC "a MAC address such as \"02:00:00:00:00:01\""
#define ADDR "an IPv4 or IPv6 address"
#define DEV "the index or the name of one of the links"
#define AT(type, member) offsetof(struct skep_net_##type, member)

/* clang-format off */
const struct net_field net_link_fields[] = {
	{ "ifindex",     take_number,     AT(link, ifindex),     true,  NUMBER },
	{ "name",        take_name,       0,                     false, "a name" },
	{ "mtu",         take_number,     AT(link, mtu),         false, NUMBER },
	{ "rx_queues",   take_number,     AT(link, rx_queues),   false, NUMBER },
	{ "mac",         take_mac,        AT(link, mac),         false, MAC },
	{ "addr4",       take_addr4,      AT(link, addr4),       false, "an IPv4 address" },
	{ "addr6",       take_addr6,      AT(link, addr6),       false, "an IPv6 address" },
	{ "forwarding",  take_forwarding, 0,                     false, FLAG },
	{ "forwarding4", take_flag,       AT(link, forwarding4), false, FLAG },
	{ "forwarding6", take_flag,       AT(link, forwarding6), false, FLAG },
	{ 0 }
};

const struct net_field net_route_fields[] = {
	{ "dst",         take_dst,        0,                     true,  "a prefix such as \"10.0.0.0/8\"" },
	{ "type",        take_type,       AT(route, type),       false, "unicast, local, blackhole, unreachable or prohibit" },
	{ "via",         take_via,        0,                     false, ADDR },
	{ "src",         take_src,        0,                     false, "an address of the destination's family" },
	{ "dev",         take_dev,        AT(route, ifindex),    false, DEV },
	{ "table",       take_number,     AT(route, table),      false, NUMBER },
	{ "metric",      take_number,     AT(route, metric),     false, NUMBER },
	{ "mtu",         take_number,     AT(route, mtu),        false, NUMBER },
	{ 0 }
};

const struct net_field net_neigh_fields[] = {
	{ "addr",        take_neigh_addr, 0,                     true,  ADDR },
	{ "mac",         take_mac,        AT(neigh, mac),        true,  MAC },
	{ "dev",         take_dev,        AT(neigh, ifindex),    true,  DEV },
	{ 0 }
};

const struct net_field net_rule_fields[] = {
	{ "table",       take_number,     AT(rule, table),       true,  NUMBER },
	{ "mark",        take_number,     AT(rule, mark),        false, NUMBER },
	{ "mask",        take_number,     AT(rule, mask),        false, NUMBER },
	{ "family",      take_family,     AT(rule, family),      false, "\"inet\" or \"inet6\"" },
	{ 0 }
};
/* clang-format on */

static bool is_known(const struct net_field *fields, const char *name)
{
	for (; fields->name; fields++) {
		if (!strcmp(fields->name, name))
			return true;
	}
	return false;
}

enum outcome net_element_read(const struct net_element *e, const struct net_field *fields,
			      void *out)
{
	if (!json_object_is_type(e->json, json_type_object))
		return complain("%s: %s[%zu]: an object is needed, not %s", e->file, e->list,
				e->index, json_object_to_json_string(e->json));
	json_object_object_foreach(e->json, name, member)
	{
		(void)member;
		if (!is_known(fields, name))
			return complain("%s: %s[%zu].%s: there is no such member", e->file, e->list,
					e->index, name);
	}
	for (const struct net_field *f = fields; f->name; f++) {
		json_object *json;
		bool there = json_object_object_get_ex(e->json, f->name, &json);

		if (!there && f->needed)
			return complain("%s: %s[%zu]: there is no \"%s\"", e->file, e->list,
					e->index, f->name);
		if (there && !f->take(e, json, (char *)out + f->offset))
			return complain("%s: %s[%zu].%s: %s is needed, not %s", e->file, e->list,
					e->index, f->name, f->what,
					json_object_to_json_string(json));
	}
	return GOOD;
}
