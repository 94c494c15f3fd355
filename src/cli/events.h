/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs send to user space through ring buffers and perf event arrays: counted, and shown
 * if asked. */
#ifndef SKEP_CLI_EVENTS_H
#define SKEP_CLI_EVENTS_H

#include <json-c/json.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/object.h"
#include "cli/value.h"

struct events;

struct events_opts {
	bool show;
	const char *type; /* of a struct in the object's BTF; NULL: bytes */
	FILE *to; /* NULL: collect as JSON */
};

/* Opens every ring buffer and perf event array of the object. */
enum outcome events_open(const struct object *o, const struct events_opts *opts,
			 struct events **out);
void events_close(struct events *e);

/* Takes what is there; call it between runs, before the rings are full. */
void events_take(struct events *e);

/* { "events": { map: { "count": n, "lost": n, "events": [...] } } }'s inner object; NULL: no such
 * maps. */
json_object *events_to_json(const struct events *e);
void events_print_counts(const struct events *e, FILE *to);

#endif
