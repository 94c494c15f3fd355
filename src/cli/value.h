/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of maps as JSON and back, through their BTF or, without one, as hexadecimal bytes. */
#ifndef SKEP_CLI_VALUE_H
#define SKEP_CLI_VALUE_H

#include <json-c/json.h>
#include "skep/btf.h"

#include "cli/cli.h"

/* A type to see bytes through; btf NULL or id 0: none is known. */
struct view {
	const struct skep_btf *btf;
	uint32_t id;
};

/* Never NULL unless memory is out. Structs become objects, texts strings, enums their names. */
json_object *value_to_json(struct view view, const void *value, size_t size);

/* The text form: C-like, or hexadecimal. Free with free(). */
char *value_to_text(struct view view, const void *value, size_t size, unsigned int indent);

/*
 * Fills value, which holds zeros or an older value: members that the JSON does not mention stay.
 * `where`
 * ("flows.json: entry 3: key") begins the complaint.
 */
enum outcome value_from_json(struct view view, json_object *json, void *value, size_t size,
			     const char *where);

/* A whole file, with line and column in the complaint. NULL after complaining. */
json_object *json_from_file(const char *path);

#endif
