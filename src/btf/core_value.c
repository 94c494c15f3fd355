/* SPDX-License-Identifier: BSD-2-Clause */
/* What a relocation asks of a type, answered by the program's types and by the kernel's. */
#include "btf/core.h"

#define NO_ANSWER (-EUCLEAN)

struct answer {
	u64 value;
	bool validate;
	u32 size, type_id; /* of a field that loads go to; 0: not told */
};

/* Which bytes a field is loaded from. Bit fields: as few as have all of it, of the size of its type
 * or more. */
struct field {
	const struct btf_type *type;
	u32 type_id, byte_size, bit_size;
	u64 byte_offset;
	bool is_bitfield;
};

static int find_field(const struct core_spec *s, struct field *f)
{
	const struct core_step *last = &s->steps[s->nr - 1];
	const struct btf_type *owner = skep__btf_type(s->btf, last->type_id);
	const struct btf_member *m = &btf_members(owner)[last->idx];
	s64 size;

	f->type_id = m->type;
	f->type = skep__btf_strip(s->btf, &f->type_id);
	f->bit_size = btf_member_bitfield_size(owner, m);
	f->is_bitfield = f->bit_size;
	size = f->type ? skep__btf_size(s->btf, f->type_id) : -EINVAL;
	if (size < 0)
		return -EINVAL;
	f->byte_size = (u32)size;
	if (!f->is_bitfield) {
		f->byte_offset = s->bit_offset / 8;
		f->bit_size = f->byte_size * 8;
		return 0;
	}
	f->byte_offset = s->bit_offset / 8 / f->byte_size * f->byte_size;
	while (s->bit_offset + f->bit_size - f->byte_offset * 8 > f->byte_size * 8) {
		if (f->byte_size >= 8)
			return -E2BIG;
		f->byte_size *= 2;
		f->byte_offset = s->bit_offset / 8 / f->byte_size * f->byte_size;
	}
	return 0;
}

static bool is_signed(const struct btf_type *t)
{
	if (btf_is_any_enum(t))
		return BTF_INFO_KFLAG(t->info);
	return btf_kind(t) == BTF_KIND_INT && BTF_INT_ENCODING(btf_int_data(t)) & BTF_INT_SIGNED;
}

static int ask_element(const struct core_spec *s, struct answer *a)
{
	u32 id = s->steps[s->nr - 1].type_id;
	s64 size = skep__btf_size(s->btf, id);

	if (size < 0)
		return -EINVAL;
	a->validate = true;
	if (s->kind == BPF_CORE_FIELD_BYTE_OFFSET) {
		a->value = s->bit_offset / 8;
		a->size = (u32)size;
		a->type_id = id;
		return 0;
	}
	a->value = (u64)size;
	return s->kind == BPF_CORE_FIELD_BYTE_SIZE ? 0 : -EINVAL;
}

static int ask_field(const struct core_spec *s, struct answer *a)
{
	struct field f;
	int err;

	if (s->kind == BPF_CORE_FIELD_EXISTS) {
		a->value = 1;
		a->validate = true;
		return 0;
	}
	if (!s->steps[s->nr - 1].name)
		return ask_element(s, a);
	err = find_field(s, &f);
	if (err)
		return err;
	a->validate = !f.is_bitfield;
	switch (s->kind) {
	case BPF_CORE_FIELD_BYTE_OFFSET:
		a->value = f.byte_offset;
		if (!f.is_bitfield) {
			a->size = f.byte_size;
			a->type_id = f.type_id;
		}
		return 0;
	case BPF_CORE_FIELD_BYTE_SIZE:
		a->value = f.byte_size;
		return 0;
	case BPF_CORE_FIELD_SIGNED:
		a->value = is_signed(f.type);
		a->validate = true;
		return 0;
	case BPF_CORE_FIELD_LSHIFT_U64:
		a->value = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
				   ? 64 - (s->bit_offset + f.bit_size - f.byte_offset * 8)
				   : (8 - f.byte_size) * 8 + (s->bit_offset - f.byte_offset * 8);
		return 0;
	default: /* BPF_CORE_FIELD_RSHIFT_U64 */
		a->value = 64 - f.bit_size;
		a->validate = true;
		return 0;
	}
}

static int ask_type(const struct core_spec *s, struct answer *a)
{
	s64 size;

	a->validate = s->kind != BPF_CORE_TYPE_ID_TARGET;
	a->value = s->kind == BPF_CORE_TYPE_ID_TARGET ? s->root : 1;
	if (s->kind != BPF_CORE_TYPE_SIZE)
		return 0;
	size = skep__btf_size(s->btf, s->root);
	a->value = (u64)size;
	return size < 0 ? -EINVAL : 0;
}

static int ask_enumerator(const struct core_spec *s, struct answer *a)
{
	const struct core_step *step = &s->steps[0];

	a->validate = true;
	a->value = s->kind == BPF_CORE_ENUMVAL_EXISTS
			   ? 1
			   : btf_enumerator(skep__btf_type(s->btf, step->type_id), step->idx).value;
	return 0;
}

/* s NULL: there is no such thing. Some questions have an answer then. */
static int ask(u32 kind, const struct core_spec *s, struct answer *a)
{
	*a = (struct answer){ 0 };
	switch (kind) {
	case BPF_CORE_FIELD_EXISTS:
	case BPF_CORE_ENUMVAL_EXISTS:
	case BPF_CORE_TYPE_ID_TARGET:
	case BPF_CORE_TYPE_EXISTS:
	case BPF_CORE_TYPE_SIZE:
	case BPF_CORE_TYPE_MATCHES:
		if (!s)
			return 0;
		break;
	default:
		if (!s)
			return NO_ANSWER;
	}
	if (kind <= BPF_CORE_FIELD_RSHIFT_U64)
		return ask_field(s, a);
	if (kind == BPF_CORE_ENUMVAL_EXISTS || kind == BPF_CORE_ENUMVAL_VALUE)
		return ask_enumerator(s, a);
	return kind <= BPF_CORE_TYPE_MATCHES ? ask_type(s, a) : -EOPNOTSUPP;
}

/* Loads may change their size between pointers, and between numbers without a sign. */
static bool may_resize(const struct core_spec *local, u32 local_id, const struct core_spec *target,
		       u32 id)
{
	const struct btf_type *a = skep__btf_strip(local->btf, &local_id),
			      *b = skep__btf_strip(target->btf, &id);

	if (btf_kind(a) == BTF_KIND_PTR && btf_kind(b) == BTF_KIND_PTR)
		return true;
	return btf_kind(a) == BTF_KIND_INT && btf_kind(b) == BTF_KIND_INT && !is_signed(a) &&
	       !is_signed(b);
}

int skep__core_value(const struct core_spec *local, const struct core_spec *target,
		     struct core_value *v)
{
	struct answer before, after;
	int err = ask(local->kind, local, &before);

	*v = (struct core_value){ 0 };
	if (!err)
		err = ask(local->kind, target, &after);
	if (err && err != NO_ANSWER)
		return err;
	v->orig = before.value;
	v->validate = before.validate;
	v->poison = err == NO_ANSWER;
	if (v->poison)
		return 0;
	v->new = after.value;
	v->orig_size = before.size;
	v->new_size = after.size;
	if (before.size && after.size && before.size != after.size)
		v->bad_size = !may_resize(local, before.type_id, target, after.type_id);
	return 0;
}
