/* SPDX-License-Identifier: BSD-2-Clause */
/* The way out: nodes to JSON and to text. */
#include "cli/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Structs of empty members can nest to billions of nodes. */
enum { MAX_NODES = 1 << 20, LINE = 100 };

struct walk {
	const struct skep_btf *btf;
	const void *value;
	size_t size;
	unsigned int nodes_left;
};

static json_object *node_to_json(struct walk *w, const struct skep_btf_node *node);

static char *hex(const void *value, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = value;
	char *text = malloc(size * 2 + 1);

	if (!text)
		return NULL;
	for (size_t i = 0; i < size; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[size * 2] = '\0';
	return text;
}

static json_object *hex_to_json(const void *value, size_t size)
{
	char *text = hex(value, size);
	json_object *json = text ? json_object_new_string(text) : NULL;

	free(text);
	return json;
}

static json_object *number_to_json(const struct skep_btf_node *node, struct skep_btf_number n)
{
	char text[40];

	if (node->is_signed && n.hi == UINT64_MAX && (int64_t)n.lo < 0)
		return json_object_new_int64((int64_t)n.lo);
	if (n.hi == 0)
		return json_object_new_uint64(n.lo);
	snprintf(text, sizeof(text), "0x%" PRIx64 "%016" PRIx64, n.hi, n.lo);
	return json_object_new_string(text);
}

static json_object *leaf_to_json(struct walk *w, const struct skep_btf_node *node)
{
	struct skep_btf_number n;
	const char *name;
	char text[24];
	double f;

	if (skep_btf_read(node, w->value, w->size, &n))
		return NULL;
	switch (node->shape) {
	case SKEP_BTF_ENUM:
		name = skep_btf_enum_name(w->btf, node, n);
		return name ? json_object_new_string(name) : number_to_json(node, n);
	case SKEP_BTF_FLOAT:
		/* JSON has no infinities: those are given as their bits. */
		if (!skep_btf_to_double(node, n, &f) && f - f == 0)
			return json_object_new_double(f);
		return number_to_json(node, n);
	case SKEP_BTF_BOOL:
		return n.lo <= 1 ? json_object_new_boolean((int)n.lo) : number_to_json(node, n);
	case SKEP_BTF_PTR:
		snprintf(text, sizeof(text), "0x%" PRIx64, n.lo);
		return json_object_new_string(text);
	default:
		return number_to_json(node, n);
	}
}

static json_object *array_to_json(struct walk *w, const struct skep_btf_node *node)
{
	json_object *json = json_object_new_array();
	struct skep_btf_node child;

	for (uint32_t i = 0; i < node->nr && w->nodes_left; i++) {
		w->nodes_left--;
		if (skep_btf_child(w->btf, node, i, &child))
			break;
		json_object_array_add(json, node_to_json(w, &child));
	}
	return json;
}

/* Members of anonymous structs and unions are the outer one's, as in C. */
static void members_to_json(struct walk *w, const struct skep_btf_node *node, json_object *json)
{
	struct skep_btf_node child;

	for (uint32_t i = 0; i < node->nr && w->nodes_left; i++) {
		w->nodes_left--;
		if (skep_btf_child(w->btf, node, i, &child))
			break;
		if (*child.name)
			json_object_object_add(json, child.name, node_to_json(w, &child));
		else if (child.shape == SKEP_BTF_STRUCT || child.shape == SKEP_BTF_UNION)
			members_to_json(w, &child, json);
	}
}

static json_object *node_to_json(struct walk *w, const struct skep_btf_node *node)
{
	const char *text;
	long len = skep_btf_text(node, w->value, w->size, &text);
	json_object *json;

	if (len >= 0)
		return json_object_new_string_len(text, (int)len);
	if (node->shape < SKEP_BTF_STRUCT)
		return leaf_to_json(w, node);
	if (node->shape == SKEP_BTF_ARRAY)
		return array_to_json(w, node);
	json = json_object_new_object();
	members_to_json(w, node, json);
	return json;
}

static bool has_type(struct view view, struct skep_btf_node *root)
{
	return view.btf && view.id && !skep_btf_root(view.btf, view.id, root);
}

json_object *value_to_json(struct view view, const void *value, size_t size)
{
	struct walk w = { view.btf, value, size, MAX_NODES };
	struct skep_btf_node root;

	return has_type(view, &root) ? node_to_json(&w, &root) : hex_to_json(value, size);
}

char *value_to_text(struct view view, const void *value, size_t size, unsigned int indent)
{
	struct skep_btf_node root;
	char *dump, *text;

	if (!has_type(view, &root))
		return hex(value, size);
	dump = skep_btf_dump(view.btf, view.id, value, size, indent, LINE);
	text = dump ? strdup(dump) : NULL;
	skep_btf_dump_free(dump);
	return text;
}
