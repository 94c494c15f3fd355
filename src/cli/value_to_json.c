/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <string.h>

#include "cli/value.h"

#define MAX_DEPTH 32 /* types nest no deeper in C; in BTF from elsewhere they may */

static json_object *to_json(const struct btf *btf, uint32_t id, const uint8_t *data, size_t size, int depth);

static json_object *bytes_to_json(const uint8_t *data, size_t size)
{
	json_object *array = json_object_new_array_ext(size);

	for (size_t i = 0; i < size; i++)
		json_object_array_add(array, json_object_new_int(data[i]));
	return array;
}

/* Up to 8 bytes as a number. */
static json_object *number(uint64_t bits, unsigned nr_bits, bool is_signed)
{
	if (is_signed && nr_bits < 64)
		bits = (uint64_t)((int64_t)(bits << (64 - nr_bits)) >> (64 - nr_bits));
	return is_signed ? json_object_new_int64(bits) : json_object_new_uint64(bits);
}

static json_object *int_to_json(const struct btf_type *t, const uint8_t *data, size_t size)
{
	uint64_t bits = 0;

	if (t->size > 8 || t->size > size)
		return bytes_to_json(data, size < t->size ? size : t->size);
	memcpy(&bits, data, t->size);
	if (btf_int_encoding(t) & BTF_INT_BOOL)
		return json_object_new_boolean(bits != 0);
	return number(bits, t->size * 8, btf_int_encoding(t) & BTF_INT_SIGNED);
}

static json_object *enum_to_json(const struct btf *btf, const struct btf_type *t, const uint8_t *data,
				 size_t size)
{
	int64_t value = 0;

	memcpy(&value, data, t->size < size ? t->size : size);
	for (int i = 0; i < btf_vlen(t); i++) {
		const struct btf_enum *e = btf_enum(t) + i;

		if (btf_is_enum(t) && e->val == (int32_t)value)
			return json_object_new_string(btf__name_by_offset(btf, e->name_off));
		if (btf_is_enum64(t) && btf_enum64_value(btf_enum64(t) + i) == (uint64_t)value)
			return json_object_new_string(
				btf__name_by_offset(btf, (btf_enum64(t) + i)->name_off));
	}
	return number(value, t->size * 8, btf_kflag(t) || btf_is_enum(t));
}

static bool is_char(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(btf, btf__resolve_type(btf, id));

	return t && btf_is_int(t) && t->size == 1 &&
	       (btf_int_encoding(t) & BTF_INT_CHAR || !strcmp(btf__name_by_offset(btf, t->name_off), "char"));
}

/* Text that ends in the array, with nothing but zeroes behind it. */
static bool is_text(const uint8_t *data, size_t size)
{
	size_t len = strnlen((const char *)data, size);

	for (size_t i = 0; i < len; i++) {
		if (!isprint(data[i]) && !isspace(data[i]))
			return false;
	}
	for (size_t i = len; i < size; i++) {
		if (data[i])
			return false;
	}
	return len < size;
}

static json_object *array_to_json(const struct btf *btf, const struct btf_type *t, const uint8_t *data,
				  size_t size, int depth)
{
	const struct btf_array *a = btf_array(t);
	int64_t elem = btf__resolve_size(btf, a->type);
	size_t nr = elem > 0 ? a->nelems : 0;
	json_object *array;

	if (elem > 0 && nr * elem > size)
		nr = size / elem;
	if (is_char(btf, a->type) && is_text(data, nr))
		return json_object_new_string((const char *)data);
	array = json_object_new_array_ext(nr);
	for (size_t i = 0; i < nr; i++)
		json_object_array_add(array, to_json(btf, a->type, data + i * elem, elem, depth + 1));
	return array;
}

static json_object *bitfield_to_json(const struct btf *btf, uint32_t id, const uint8_t *data, size_t size,
				     unsigned bit, unsigned nr_bits)
{
	const struct btf_type *t = btf__type_by_id(btf, btf__resolve_type(btf, id));
	size_t first = bit / 8, bytes = (bit % 8 + nr_bits + 7) / 8;
	unsigned __int128 window = 0;

	if (nr_bits > 64 || first + bytes > size)
		return NULL;
	memcpy(&window, data + first, bytes);
	uint64_t bits = window >> bit % 8;
	if (nr_bits < 64)
		bits &= (1ull << nr_bits) - 1;
	return number(bits, nr_bits, t && btf_is_int(t) && btf_int_encoding(t) & BTF_INT_SIGNED);
}

static void add_member(json_object *to, const struct btf *btf, const struct btf_type *t, int i,
		       const uint8_t *data, size_t size, int depth)
{
	const struct btf_member *m = btf_members(t) + i;
	const char *name = btf__name_by_offset(btf, m->name_off);
	unsigned bit = btf_member_bit_offset(t, i), nr_bits = btf_member_bitfield_size(t, i);
	json_object *value;

	if (nr_bits || bit % 8)
		value = bitfield_to_json(btf, m->type, data, size, bit, nr_bits);
	else
		value = bit / 8 <= size ? to_json(btf, m->type, data + bit / 8, size - bit / 8, depth + 1) : NULL;
	if (*name) {
		json_object_object_add(to, name, value);
		return;
	}
	/* An anonymous struct or union: its members are this one's. */
	if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, inner)
			json_object_object_add(to, key, json_object_get(inner));
	}
	json_object_put(value);
}

static json_object *struct_to_json(const struct btf *btf, const struct btf_type *t, const uint8_t *data,
				   size_t size, int depth)
{
	json_object *object = json_object_new_object();

	for (int i = 0; i < btf_vlen(t); i++)
		add_member(object, btf, t, i, data, size, depth);
	return object;
}

static json_object *section_to_json(const struct btf *btf, const struct btf_type *t, const uint8_t *data,
				    size_t size, int depth)
{
	json_object *object = json_object_new_object();

	for (int i = 0; i < btf_vlen(t); i++) {
		const struct btf_var_secinfo *s = btf_var_secinfos(t) + i;
		const struct btf_type *var = btf__type_by_id(btf, s->type);

		if (!var || s->offset > size || s->size > size - s->offset)
			continue;
		json_object_object_add(object, btf__name_by_offset(btf, var->name_off),
				       to_json(btf, var->type, data + s->offset, s->size, depth + 1));
	}
	return object;
}

static json_object *float_to_json(const struct btf_type *t, const uint8_t *data, size_t size)
{
	double d;
	float f;

	if (t->size == sizeof(d) && size >= sizeof(d)) {
		memcpy(&d, data, sizeof(d));
		return json_object_new_double(d);
	}
	if (t->size == sizeof(f) && size >= sizeof(f)) {
		memcpy(&f, data, sizeof(f));
		return json_object_new_double(f);
	}
	return bytes_to_json(data, size < t->size ? size : t->size);
}

static json_object *to_json(const struct btf *btf, uint32_t id, const uint8_t *data, size_t size, int depth)
{
	int resolved = btf__resolve_type(btf, id);
	const struct btf_type *t = resolved < 0 ? NULL : btf__type_by_id(btf, resolved);
	uint64_t pointer = 0;

	if (!t || depth > MAX_DEPTH)
		return NULL;
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		return int_to_json(t, data, size);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return enum_to_json(btf, t, data, size);
	case BTF_KIND_PTR:
		memcpy(&pointer, data, size < 8 ? size : 8);
		return json_object_new_uint64(pointer);
	case BTF_KIND_ARRAY:
		return array_to_json(btf, t, data, size, depth);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return struct_to_json(btf, t, data, size, depth);
	case BTF_KIND_DATASEC:
		return section_to_json(btf, t, data, size, depth);
	case BTF_KIND_FLOAT:
		return float_to_json(t, data, size);
	default:
		return NULL;
	}
}

json_object *value_to_json(const struct btf *btf, uint32_t type, const void *data, size_t size)
{
	return btf && type ? to_json(btf, type, data, size, 0) : bytes_to_json(data, size);
}
