/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nodes: the shape of a value, one step at a time (include/skep/btf.h). Nested types cannot loop in
 * checked BTF; the depth limit bounds what a hostile one can cost.
 */
#include "skep/btf.h"

#include <string.h>

#include "btf/own.h"
#include "btf/parsed.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "bit fields are counted from the low end");

enum { MAX_NODE_DEPTH = 32 };

static const struct btf *inside(const struct skep_btf *btf)
{
	return (const struct btf *)btf;
}

const void *skep_kernel_btf(size_t *size)
{
	*size = skep__own_btf_size;
	return *size ? skep__own_btf : NULL;
}

struct skep_btf *skep_btf_new(const void *raw, size_t size)
{
	struct btf *btf;
	int err = -E2BIG;

	btf = size <= BTF_MAX_SIZE ? skep__btf_parse(raw, size, NULL, NULL, &err) : NULL;
	if (!btf)
		errno = -err;
	return (struct skep_btf *)btf;
}

void skep_btf_free(struct skep_btf *btf)
{
	skep__btf_free((struct btf *)btf);
}

static bool is_char(const struct btf *btf, const struct btf_type *t)
{
	/* Compilers write plain char as a signed byte: only the name tells. */
	return t->size == 1 && (BTF_INT_ENCODING(btf_int_data(t)) & BTF_INT_CHAR ||
				!strcmp(skep__btf_name(btf, t), "char"));
}

static void shape_int(const struct btf *btf, const struct btf_type *t, struct skep_btf_node *node)
{
	u32 data = btf_int_data(t);

	node->shape = SKEP_BTF_INT;
	if (BTF_INT_ENCODING(data) & BTF_INT_BOOL)
		node->shape = SKEP_BTF_BOOL;
	else if (is_char(btf, t))
		node->shape = SKEP_BTF_CHAR;
	node->is_signed = !!(BTF_INT_ENCODING(data) & BTF_INT_SIGNED);
	node->bit_off += BTF_INT_OFFSET(data);
	node->bits = BTF_INT_BITS(data);
}

static void shape_array(const struct btf *btf, const struct btf_type *t, struct skep_btf_node *node)
{
	const struct btf_array *array = btf_array(t);
	u32 id = array->type;
	const struct btf_type *elem = skep__btf_strip(btf, &id);

	node->shape = SKEP_BTF_ARRAY;
	node->nr = array->nelems;
	node->is_text = elem && btf_kind(elem) == BTF_KIND_INT && is_char(btf, elem);
}

/* Fills in everything that the type alone decides; name, bit_off and depth are there already. */
static int set_shape(const struct btf *btf, u32 id, struct skep_btf_node *node)
{
	u32 size;
	const struct btf_type *t = skep__btf_sized(btf, &id, &size);

	if (!t)
		return -EINVAL;
	node->id = id;
	node->bits = (u64)size * 8;
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		shape_int(btf, t, node);
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		node->shape = SKEP_BTF_ENUM;
		node->is_signed = BTF_INFO_KFLAG(t->info);
		break;
	case BTF_KIND_FLOAT:
		node->shape = SKEP_BTF_FLOAT;
		break;
	case BTF_KIND_PTR:
		node->shape = SKEP_BTF_PTR;
		break;
	case BTF_KIND_ARRAY:
		shape_array(btf, t, node);
		break;
	default: /* STRUCT, UNION, DATASEC: nothing else has a size */
		node->shape = btf_kind(t) == BTF_KIND_STRUCT  ? SKEP_BTF_STRUCT
			      : btf_kind(t) == BTF_KIND_UNION ? SKEP_BTF_UNION
							      : SKEP_BTF_SECTION;
		node->nr = btf_vlen(t);
		break;
	}
	return 0;
}

int skep_btf_root(const struct skep_btf *pub, uint32_t id, struct skep_btf_node *node)
{
	*node = (struct skep_btf_node){ .name = "" };
	return set_shape(inside(pub), id, node);
}

static int member_child(const struct btf *btf, const struct btf_type *t, u32 i,
			struct skep_btf_node *child)
{
	const struct btf_member *m = btf_members(t) + i;
	u32 width = btf_member_bitfield_size(t, m);
	int err;

	child->name = skep__btf_str(btf, m->name_off);
	child->bit_off += btf_member_bit_offset(t, m);
	err = set_shape(btf, m->type, child);
	if (width)
		child->bits = width;
	return err;
}

static int array_child(const struct btf *btf, const struct btf_type *t, u32 i,
		       struct skep_btf_node *child)
{
	const struct btf_array *array = btf_array(t);
	s64 size = skep__btf_size(btf, array->type);

	child->bit_off += (u64)i * max(size, (s64)0) * 8;
	return set_shape(btf, array->type, child);
}

static int variable_child(const struct btf *btf, const struct btf_type *t, u32 i,
			  struct skep_btf_node *child)
{
	const struct btf_var_secinfo *v = (const struct btf_var_secinfo *)(t + 1) + i;

	child->name = skep__btf_name(btf, btf_type_at(btf, v->type));
	child->bit_off += (u64)v->offset * 8;
	return set_shape(btf, v->type, child);
}

int skep_btf_child(const struct skep_btf *pub, const struct skep_btf_node *parent, uint32_t i,
		   struct skep_btf_node *child)
{
	const struct btf *btf = inside(pub);
	const struct btf_type *t = btf_type_at(btf, parent->id);

	if (i >= parent->nr)
		return -ENOENT;
	if (parent->depth >= MAX_NODE_DEPTH)
		return -E2BIG;
	*child = (struct skep_btf_node){
		.name = "",
		.depth = parent->depth + 1,
		.bit_off = parent->bit_off,
	};
	switch (parent->shape) {
	case SKEP_BTF_STRUCT:
	case SKEP_BTF_UNION:
		return member_child(btf, t, i, child);
	case SKEP_BTF_ARRAY:
		return array_child(btf, t, i, child);
	case SKEP_BTF_SECTION:
		return variable_child(btf, t, i, child);
	default:
		return -ENOENT;
	}
}
