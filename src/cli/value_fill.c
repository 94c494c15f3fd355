/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way in: JSON to bytes. Numbers may be JSON numbers or strings ("0xff"); for what programs
 * that handle packets keep in maps, addresses may be written as people write them: "10.0.0.1" into
 * 32 bits or four bytes, "2001:db8::1" into 16 bytes, "02:00:5e:10:00:01" into six, all in network
 * order.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/file.h"
#include "cli/value.h"

enum { MAX_JSON = 256 << 20, MAX_WHERE = 512, MAX_MEMBERS = 1 << 20 };

struct fill {
	const struct skep_btf *btf;
	unsigned char *value;
	size_t size;
};

static enum outcome fill_node(struct fill *f, const struct skep_btf_node *node, json_object *json,
			      const char *where);

static enum outcome misfit(const char *where, const char *want, json_object *json)
{
	return complain("%s: %s is needed, not %s", where, want, json_object_to_json_string(json));
}

static bool parse_integer(const char *text, struct skep_btf_number *out)
{
	bool negative = text[0] == '-';
	char *end;

	errno = 0;
	if (negative) {
		out->lo = (uint64_t)strtoll(text, &end, 0);
		out->hi = UINT64_MAX;
	} else {
		out->lo = strtoull(text, &end, 0);
		out->hi = 0;
	}
	if (negative && out->lo == 0)
		out->hi = 0;
	return end != text && !*end && !errno;
}

static bool integer_of(json_object *json, struct skep_btf_number *out)
{
	int64_t v;

	switch (json_object_get_type(json)) {
	case json_type_boolean:
		*out = (struct skep_btf_number){ json_object_get_boolean(json), 0 };
		return true;
	case json_type_int:
		v = json_object_get_int64(json);
		*out = (struct skep_btf_number){ (uint64_t)v, v < 0 ? UINT64_MAX : 0 };
		if (v == INT64_MAX) /* or more than it can say */
			out->lo = json_object_get_uint64(json);
		return true;
	case json_type_string:
		return parse_integer(json_object_get_string(json), out);
	default:
		return false;
	}
}

/* The bytes of an address in a string, if it is one of exactly `want` bytes. */
static bool address_of(json_object *json, size_t want, unsigned char out[16])
{
	const char *text =
		json_object_is_type(json, json_type_string) ? json_object_get_string(json) : "";
	int end = 0;

	if (want == 4)
		return inet_pton(AF_INET, text, out) == 1;
	if (want == 16)
		return inet_pton(AF_INET6, text, out) == 1;
	return want == 6 &&
	       sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &out[0], &out[1], &out[2],
		      &out[3], &out[4], &out[5], &end) == 6 &&
	       !text[end];
}

static bool fill_address(struct fill *f, const struct skep_btf_node *node, json_object *json)
{
	unsigned char bytes[16];
	uint64_t first = node->bit_off / 8;

	if (node->bits % 8 || node->bit_off % 8 || first + node->bits / 8 > f->size ||
	    !address_of(json, node->bits / 8, bytes))
		return false;
	memcpy(f->value + first, bytes, node->bits / 8);
	return true;
}

static enum outcome fill_leaf(struct fill *f, const struct skep_btf_node *node, json_object *json,
			      const char *where)
{
	bool is_string = json_object_is_type(json, json_type_string);
	struct skep_btf_number n;

	if (node->shape == SKEP_BTF_INT && fill_address(f, node, json))
		return GOOD;
	if (node->shape == SKEP_BTF_FLOAT) {
		if (!json_object_is_type(json, json_type_double) &&
		    !json_object_is_type(json, json_type_int))
			return misfit(where, "a number", json);
		if (skep_btf_from_double(node, json_object_get_double(json), &n))
			return complain("%s: floats of %u bits cannot be filled", where,
					(unsigned int)node->bits);
	} else if (node->shape == SKEP_BTF_CHAR && is_string &&
		   json_object_get_string_len(json) == 1) {
		n = (struct skep_btf_number){ (unsigned char)json_object_get_string(json)[0], 0 };
	} else if (node->shape == SKEP_BTF_ENUM && is_string &&
		   !skep_btf_enum_value(f->btf, node, json_object_get_string(json), &n)) {
		/* found by name */
	} else if (!integer_of(json, &n)) {
		return misfit(where,
			      node->shape == SKEP_BTF_ENUM ? "a name of the enum or an integer"
							   : "an integer",
			      json);
	}
	if (skep_btf_write(node, f->value, f->size, n))
		return complain("%s: %s does not fit into %u %s bits", where,
				json_object_to_json_string(json), (unsigned int)node->bits,
				node->is_signed ? "signed" : "unsigned");
	return GOOD;
}

static enum outcome fill_text(struct fill *f, const struct skep_btf_node *node, json_object *json,
			      const char *where)
{
	size_t len = (size_t)json_object_get_string_len(json), room = node->bits / 8,
	       first = node->bit_off / 8;

	if (len > room || first > f->size || room > f->size - first)
		return complain("%s: a text of %zu bytes does not fit into char[%u]", where, len,
				node->nr);
	memset(f->value + first, 0, room);
	memcpy(f->value + first, json_object_get_string(json), len);
	return GOOD;
}

static enum outcome fill_array(struct fill *f, const struct skep_btf_node *node, json_object *json,
			       const char *where)
{
	bool is_string = json_object_is_type(json, json_type_string);
	struct skep_btf_node child;
	char inner[MAX_WHERE];

	if (node->is_text && is_string)
		return fill_text(f, node, json, where);
	if (is_string && fill_address(f, node, json))
		return GOOD;
	if (!json_object_is_type(json, json_type_array))
		return misfit(where, node->is_text ? "a string or an array" : "an array", json);
	if (json_object_array_length(json) > node->nr)
		return complain("%s: %zu elements for an array of %u", where,
				(size_t)json_object_array_length(json), node->nr);
	for (uint32_t i = 0; i < json_object_array_length(json); i++) {
		enum outcome ret;

		snprintf(inner, sizeof(inner), "%s[%u]", where, i);
		if (skep_btf_child(f->btf, node, i, &child))
			return complain("%s: nested too deeply", inner);
		ret = fill_node(f, &child, json_object_array_get_idx(json, i), inner);
		if (ret)
			return ret;
	}
	return GOOD;
}

/* The member of that name, also in anonymous members; *left bounds the search in nests of empty
 * ones. */
static bool find_member(const struct skep_btf *btf, const struct skep_btf_node *node,
			const char *name, unsigned int *left, struct skep_btf_node *out)
{
	struct skep_btf_node child;

	for (uint32_t i = 0; *left && !skep_btf_child(btf, node, i, &child); i++) {
		--*left;
		if (*child.name && !strcmp(child.name, name)) {
			*out = child;
			return true;
		}
		if (!*child.name && child.shape >= SKEP_BTF_STRUCT &&
		    find_member(btf, &child, name, left, out))
			return true;
	}
	return false;
}

static enum outcome fill_members(struct fill *f, const struct skep_btf_node *node,
				 json_object *json, const char *where)
{
	if (!json_object_is_type(json, json_type_object))
		return misfit(where, "an object", json);
	json_object_object_foreach(json, name, member)
	{
		unsigned int left = MAX_MEMBERS;
		struct skep_btf_node child;
		char inner[MAX_WHERE];
		enum outcome ret;

		snprintf(inner, sizeof(inner), "%s.%s", where, name);
		if (!find_member(f->btf, node, name, &left, &child))
			return complain("%s: there is no such member", inner);
		ret = fill_node(f, &child, member, inner);
		if (ret)
			return ret;
	}
	return GOOD;
}

static enum outcome fill_node(struct fill *f, const struct skep_btf_node *node, json_object *json,
			      const char *where)
{
	if (node->shape < SKEP_BTF_STRUCT)
		return fill_leaf(f, node, json, where);
	if (node->shape == SKEP_BTF_ARRAY)
		return fill_array(f, node, json, where);
	return fill_members(f, node, json, where);
}

static enum outcome fill_hex(void *value, size_t size, json_object *json, const char *where)
{
	const char *text =
		json_object_is_type(json, json_type_string) ? json_object_get_string(json) : "";

	if (strlen(text) != size * 2 || strspn(text, "0123456789abcdefABCDEF") != size * 2)
		return complain(
			"%s: no BTF tells its type, so its %zu bytes are needed as a string of %zu "
			"hexadecimal digits",
			where, size, size * 2);
	for (size_t i = 0; i < size; i++)
		sscanf(text + 2 * i, "%2hhx", (unsigned char *)value + i);
	return GOOD;
}

enum outcome value_from_json(struct view view, json_object *json, void *value, size_t size,
			     const char *where)
{
	struct fill f = { view.btf, value, size };
	struct skep_btf_node root;

	if (!view.btf || !view.id || skep_btf_root(view.btf, view.id, &root))
		return fill_hex(value, size, json, where);
	return fill_node(&f, &root, json, where);
}

static void line_and_column(const char *text, size_t off, unsigned int *line, unsigned int *column)
{
	*line = *column = 1;
	for (size_t i = 0; i < off; i++) {
		++*column;
		if (text[i] == '\n') {
			++*line;
			*column = 1;
		}
	}
}

json_object *json_from_file(const char *path)
{
	json_tokener *tok = json_tokener_new();
	json_object *json = NULL;
	enum json_tokener_error err;
	unsigned int line, column;
	struct bytes text;
	size_t end;

	if (!tok || file_read(path, MAX_JSON, &text)) {
		if (tok)
			json_tokener_free(tok);
		return NULL;
	}
	json = json_tokener_parse_ex(tok, (const char *)text.data, (int)text.size + 1);
	err = json_tokener_get_error(tok);
	end = json_tokener_get_parse_end(tok);
	if (err == json_tokener_success)
		end += strspn((const char *)text.data + end, " \t\r\n");
	line_and_column((const char *)text.data, end < text.size ? end : text.size, &line, &column);
	if (err != json_tokener_success || end < text.size) {
		complain("%s:%u:%u: %s", path, line, column,
			 err == json_tokener_success ? "more follows the JSON value"
						     : json_tokener_error_desc(err));
		json_object_put(json);
		json = NULL;
	} else if (!json) {
		complain("%s:1:1: null is no list of entries", path);
	}
	json_tokener_free(tok);
	bytes_free(&text);
	return json;
}
