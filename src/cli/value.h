/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of maps, between bytes and JSON, through their BTF types. */
#ifndef SKEP_CLI_VALUE_H
#define SKEP_CLI_VALUE_H

#include <bpf/btf.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * JSON of a value: structs and sections as objects, arrays as arrays (char arrays with text in them as
 * strings), enumerators by name, numbers as numbers. btf NULL: an array of bytes. The caller puts it.
 */
json_object *value_to_json(const struct btf *btf, uint32_t type, const void *data, size_t size);

/*
 * Fills size zeroed bytes from JSON of the same shape. Missing members stay zero. A string may stand for a
 * number ("0x1f"), an enumerator, an IPv4 address (4-byte integers and arrays, in network order), an
 * IPv6 or a MAC address (byte arrays), or text (char arrays). False: why says what does not fit, and where
 * ("value.dst.port: 70000 does not fit 16 bits").
 */
bool value_from_json(const struct btf *btf, uint32_t type, json_object *json, void *data, size_t size,
		     char *why, size_t why_size);

#endif
