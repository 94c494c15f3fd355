/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/value.h"

#define MAX_DEPTH 32 /* types nest no deeper in C; in BTF from elsewhere they may */

/* Where in the value we are, for messages; and what went wrong. */
struct place {
	char path[256];
	size_t len;
	int depth;
	char *why;
	size_t why_size;
};

static bool from_json(struct place *p, const struct btf *btf, uint32_t id, json_object *json, uint8_t *data,
		      size_t size);

__attribute__((format(printf, 2, 3))) static bool wrong(struct place *p, const char *fmt, ...)
{
	int n = snprintf(p->why, p->why_size, "%s: ", p->len ? p->path + (*p->path == '.') : "the value");
	va_list ap;

	va_start(ap, fmt);
	if (n >= 0 && (size_t)n < p->why_size)
		vsnprintf(p->why + n, p->why_size - n, fmt, ap);
	va_end(ap);
	return false;
}

/* A member ("." and its name) or an element ("[3]") of where we are; returns what to go back to. */
__attribute__((format(printf, 2, 3))) static size_t enter(struct place *p, const char *fmt, ...)
{
	size_t before = p->len, room = sizeof(p->path) - p->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(p->path + p->len, room, fmt, ap);
	va_end(ap);
	p->len += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
	p->depth++;
	return before;
}

static void leave(struct place *p, size_t before)
{
	p->len = before;
	p->path[before] = '\0';
	p->depth--;
}

static bool store_number(struct place *p, json_object *json, uint8_t *data, unsigned nr_bits, bool is_signed,
			 uint64_t *bits)
{
	const char *text = json_object_get_string(json);
	bool negative = *text == '-';
	char *end;

	if (!json_object_is_type(json, json_type_int) && !json_object_is_type(json, json_type_string) &&
	    !json_object_is_type(json, json_type_boolean))
		return wrong(p, "%s is not a number", text);
	errno = 0;
	if (json_object_is_type(json, json_type_boolean))
		*bits = json_object_get_boolean(json);
	else
		*bits = negative ? (uint64_t)strtoll(text, &end, 0) : strtoull(text, &end, 0);
	if (!json_object_is_type(json, json_type_boolean) && (*end || end == text || errno))
		return wrong(p, "\"%s\" is not a number", text);
	if (negative && !is_signed)
		return wrong(p, "%s is negative, and the type is unsigned", text);
	if (nr_bits < 64) {
		uint64_t high = is_signed ? (uint64_t)((int64_t)*bits >> (nr_bits - 1)) : *bits >> nr_bits;

		if (high && !(is_signed && high == UINT64_MAX))
			return wrong(p, "%s does not fit %u bits", text, nr_bits);
	}
	if (data)
		memcpy(data, bits, nr_bits / 8);
	return true;
}

/* Addresses written as text, for what has their size. */
static bool store_address(json_object *json, uint8_t *data, size_t size)
{
	const char *text = json_object_get_string(json);
	unsigned b[6];
	char rest;

	if (!json_object_is_type(json, json_type_string))
		return false;
	if (size == 4)
		return inet_pton(AF_INET, text, data) == 1;
	if (size == 16)
		return inet_pton(AF_INET6, text, data) == 1;
	if (size != 6 || sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &rest) != 6)
		return false;
	for (int i = 0; i < 6; i++)
		data[i] = b[i];
	return true;
}

static bool int_from_json(struct place *p, const struct btf_type *t, json_object *json, uint8_t *data)
{
	uint64_t bits;

	if (t->size == 4 && store_address(json, data, 4))
		return true;
	if (t->size > 8)
		return wrong(p, "integers of %u bytes cannot be given", t->size);
	return store_number(p, json, data, t->size * 8, btf_int_encoding(t) & BTF_INT_SIGNED, &bits);
}

static bool enum_from_json(struct place *p, const struct btf *btf, const struct btf_type *t, json_object *json,
			   uint8_t *data)
{
	const char *text = json_object_get_string(json);
	uint64_t bits;

	for (int i = 0; i < btf_vlen(t); i++) {
		bool wide = btf_is_enum64(t);
		uint32_t name = wide ? btf_enum64(t)[i].name_off : btf_enum(t)[i].name_off;

		if (strcmp(text, btf__name_by_offset(btf, name)))
			continue;
		bits = wide ? btf_enum64_value(btf_enum64(t) + i) : (uint64_t)btf_enum(t)[i].val;
		memcpy(data, &bits, t->size);
		return true;
	}
	return store_number(p, json, data, t->size * 8, true, &bits);
}

static bool array_from_json(struct place *p, const struct btf *btf, const struct btf_type *t,
			    json_object *json, uint8_t *data, size_t size)
{
	const struct btf_array *a = btf_array(t);
	int64_t elem = btf__resolve_size(btf, a->type);
	size_t count;
	bool ok = true;

	if (elem <= 0 || (size_t)elem * a->nelems > size)
		return wrong(p, "the array's type is broken");
	if (json_object_is_type(json, json_type_string) && elem == 1) {
		const char *text = json_object_get_string(json);

		if (store_address(json, data, a->nelems))
			return true;
		if (strlen(text) > a->nelems)
			return wrong(p, "\"%s\" is longer than %u bytes", text, a->nelems);
		memcpy(data, text, strlen(text));
		return true;
	}
	if (!json_object_is_type(json, json_type_array))
		return wrong(p, "an array of %u is expected", a->nelems);
	count = json_object_array_length(json);
	if (count > a->nelems)
		return wrong(p, "%zu elements, and the array has room for %u", count, a->nelems);
	for (size_t i = 0; i < count && ok; i++) {
		size_t before = enter(p, "[%zu]", i);

		ok = from_json(p, btf, a->type, json_object_array_get_idx(json, i), data + i * elem, elem);
		leave(p, before);
	}
	return ok;
}

static bool bitfield_from_json(struct place *p, const struct btf *btf, uint32_t id, json_object *json,
			       uint8_t *data, size_t size, unsigned bit, unsigned nr_bits)
{
	const struct btf_type *t = btf__type_by_id(btf, btf__resolve_type(btf, id));
	size_t first = bit / 8, bytes = (bit % 8 + nr_bits + 7) / 8;
	unsigned __int128 window = 0, mask;
	uint64_t bits;

	if (nr_bits == 0 || nr_bits > 64 || first + bytes > size)
		return wrong(p, "the bit field's type is broken");
	if (!store_number(p, json, NULL, nr_bits, t && btf_is_int(t) && btf_int_encoding(t) & BTF_INT_SIGNED, &bits))
		return false;
	mask = (((unsigned __int128)1 << nr_bits) - 1) << bit % 8;
	memcpy(&window, data + first, bytes);
	window = (window & ~mask) | ((unsigned __int128)bits << bit % 8 & mask);
	memcpy(data + first, &window, bytes);
	return true;
}

static bool has_member(const struct btf *btf, uint32_t id, const char *name, int depth);

/* The index of the member by that name; members of anonymous members count as this one's. -1: none. */
static int find_member(const struct btf *btf, const struct btf_type *t, const char *name, int depth)
{
	for (int i = 0; i < btf_vlen(t); i++) {
		const char *own = btf__name_by_offset(btf, btf_members(t)[i].name_off);

		if (*own ? !strcmp(own, name) : has_member(btf, btf_members(t)[i].type, name, depth + 1))
			return i;
	}
	return -1;
}

static bool has_member(const struct btf *btf, uint32_t id, const char *name, int depth)
{
	const struct btf_type *t = btf__type_by_id(btf, btf__resolve_type(btf, id));

	return t && btf_is_composite(t) && depth <= MAX_DEPTH && find_member(btf, t, name, depth) >= 0;
}

static bool member_from_json(struct place *p, const struct btf *btf, const struct btf_type *t,
			     const char *name, json_object *json, uint8_t *data, size_t size)
{
	int i = find_member(btf, t, name, p->depth);

	if (i < 0)
		return wrong(p, "struct %s has no member '%s'", btf__name_by_offset(btf, t->name_off), name);
	const struct btf_member *m = btf_members(t) + i;
	unsigned bit = btf_member_bit_offset(t, i), nr_bits = btf_member_bitfield_size(t, i);
	if (bit / 8 > size)
		return wrong(p, "the struct's type is broken");
	if (!*btf__name_by_offset(btf, m->name_off)) {
		const struct btf_type *inner = btf__type_by_id(btf, btf__resolve_type(btf, m->type));

		return member_from_json(p, btf, inner, name, json, data + bit / 8, size - bit / 8);
	}
	if (nr_bits)
		return bitfield_from_json(p, btf, m->type, json, data, size, bit, nr_bits);
	return from_json(p, btf, m->type, json, data + bit / 8, size - bit / 8);
}

static bool struct_from_json(struct place *p, const struct btf *btf, const struct btf_type *t,
			     json_object *json, uint8_t *data, size_t size)
{
	bool ok = true;

	if (!json_object_is_type(json, json_type_object))
		return wrong(p, "an object with the members of struct %s is expected",
			     btf__name_by_offset(btf, t->name_off));
	json_object_object_foreach(json, name, member) {
		size_t before = enter(p, ".%s", name);

		ok = ok && member_from_json(p, btf, t, name, member, data, size);
		leave(p, before);
	}
	return ok;
}

static bool section_from_json(struct place *p, const struct btf *btf, const struct btf_type *t,
			      json_object *json, uint8_t *data, size_t size)
{
	if (!json_object_is_type(json, json_type_object))
		return wrong(p, "an object with the section's variables is expected");
	json_object_object_foreach(json, name, value) {
		const struct btf_var_secinfo *s = btf_var_secinfos(t), *end = s + btf_vlen(t);
		const struct btf_type *var = NULL;

		for (; s < end; s++) {
			var = btf__type_by_id(btf, s->type);
			if (var && !strcmp(btf__name_by_offset(btf, var->name_off), name))
				break;
		}
		if (s == end || s->offset > size || s->size > size - s->offset)
			return wrong(p, "the section has no variable '%s'", name);
		size_t before = enter(p, ".%s", name);
		bool ok = from_json(p, btf, var->type, value, data + s->offset, s->size);
		leave(p, before);
		if (!ok)
			return false;
	}
	return true;
}

static bool from_json(struct place *p, const struct btf *btf, uint32_t id, json_object *json, uint8_t *data,
		      size_t size)
{
	int resolved = btf__resolve_type(btf, id);
	const struct btf_type *t = resolved < 0 ? NULL : btf__type_by_id(btf, resolved);
	uint64_t bits;

	if (!t || p->depth > MAX_DEPTH)
		return wrong(p, "its type cannot be given as JSON");
	if (!json)
		return wrong(p, "null is no value");
	if ((btf_is_int(t) || btf_is_any_enum(t)) && t->size > size)
		return wrong(p, "its type is broken");
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		return int_from_json(p, t, json, data);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return enum_from_json(p, btf, t, json, data);
	case BTF_KIND_PTR:
		return size >= 8 ? store_number(p, json, data, 64, false, &bits) : wrong(p, "its type is broken");
	case BTF_KIND_ARRAY:
		return array_from_json(p, btf, t, json, data, size);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return struct_from_json(p, btf, t, json, data, size);
	case BTF_KIND_DATASEC:
		return section_from_json(p, btf, t, json, data, size);
	default:
		return wrong(p, "its type cannot be given as JSON");
	}
}

/* Without BTF: a number for 1, 2, 4 or 8 bytes, an address, or an array of bytes. */
static bool bytes_from_json(struct place *p, json_object *json, uint8_t *data, size_t size)
{
	uint64_t bits;

	if (json_object_is_type(json, json_type_array)) {
		if (json_object_array_length(json) > size)
			return wrong(p, "%zu bytes, and there is room for %zu", json_object_array_length(json), size);
		for (size_t i = 0; i < json_object_array_length(json); i++) {
			if (!store_number(p, json_object_array_get_idx(json, i), data + i, 8, false, &bits))
				return false;
		}
		return true;
	}
	if (store_address(json, data, size))
		return true;
	if (size == 1 || size == 2 || size == 4 || size == 8)
		return store_number(p, json, data, size * 8, false, &bits);
	return wrong(p, "without BTF, %zu bytes are given as an array of bytes", size);
}

bool value_from_json(const struct btf *btf, uint32_t type, json_object *json, void *data, size_t size,
		     char *why, size_t why_size)
{
	struct place p = { .why = why, .why_size = why_size };

	if (btf && type)
		return from_json(&p, btf, type, json, data, size);
	return json ? bytes_from_json(&p, json, data, size) : wrong(&p, "null is no value");
}
