/* SPDX-License-Identifier: BSD-2-Clause */
/* Ways into types: as a relocation writes them down ("0:1:2"), and the same one in another BTF. */
#include <stdlib.h>
#include <string.h>

#include "btf/core.h"

static bool is_of_type(u32 kind)
{
	return kind == BPF_CORE_TYPE_ID_LOCAL || kind == BPF_CORE_TYPE_ID_TARGET ||
	       kind == BPF_CORE_TYPE_EXISTS || kind == BPF_CORE_TYPE_SIZE ||
	       kind == BPF_CORE_TYPE_MATCHES;
}

static bool is_of_enum(u32 kind)
{
	return kind == BPF_CORE_ENUMVAL_EXISTS || kind == BPF_CORE_ENUMVAL_VALUE;
}

static int read_indices(const char *text, u32 *to, u32 *nr)
{
	for (*nr = 0; *text;) {
		char *end;
		unsigned long n;

		if (*text == ':')
			text++;
		if (*text < '0' || *text > '9')
			return -EINVAL;
		n = strtoul(text, &end, 10);
		if (n > INT32_MAX)
			return -EINVAL;
		if (*nr == CORE_MAX_DEPTH)
			return -E2BIG;
		to[(*nr)++] = (u32)n;
		text = end;
	}
	return *nr ? 0 : -EINVAL;
}

static int add_step(struct core_spec *s, u32 type_id, u32 idx, const char *name)
{
	if (s->nr == CORE_MAX_DEPTH)
		return -E2BIG;
	s->steps[s->nr++] = (struct core_step){ type_id, idx, name };
	return 0;
}

/* An array without a size at the end of a struct: any index is in it. */
static bool is_flexible(const struct core_spec *s, const struct btf_array *array)
{
	const struct core_step *last = &s->steps[s->nr - 1];
	const struct btf_type *owner = skep__btf_type(s->btf, last->type_id);

	return last->name && !array->nelems && btf_is_composite(owner) &&
	       last->idx == btf_vlen(owner) - 1;
}

static int add_elements(struct core_spec *s, u32 id, u32 idx)
{
	s64 size = skep__btf_size(s->btf, id);

	if (size < 0)
		return -EINVAL;
	s->bit_offset += (u64)idx * (u64)size * 8;
	return 0;
}

/* One index further down from type *id, which becomes what is there. */
static int go_down(struct core_spec *s, u32 *id, u32 idx)
{
	const struct btf_type *t = skep__btf_strip(s->btf, id);
	int err;

	if (btf_is_composite(t)) {
		if (idx >= btf_vlen(t))
			return -EINVAL;

		const struct btf_member *m = &btf_members(t)[idx];
		s->bit_offset += btf_member_bit_offset(t, m);
		err = m->name_off ? add_step(s, *id, idx, skep__btf_str(s->btf, m->name_off)) : 0;
		*id = m->type;
		return err;
	}
	if (!t || btf_kind(t) != BTF_KIND_ARRAY)
		return -EINVAL;

	const struct btf_array *array = btf_array(t);
	*id = array->type;
	if (!skep__btf_strip(s->btf, id) || (idx >= array->nelems && !is_flexible(s, array)))
		return -EINVAL;
	err = add_step(s, *id, idx, NULL);
	return err ? err : add_elements(s, *id, idx);
}

int skep__core_spec(const struct btf *btf, const struct bpf_core_relo *relo, struct core_spec *s)
{
	const char *text = skep__btf_str(btf, relo->access_str_off);
	u32 raw[CORE_MAX_DEPTH], nr, id = relo->type_id;
	const struct btf_type *t;
	int err;

	*s = (struct core_spec){ .btf = btf, .root = relo->type_id, .kind = relo->kind };
	if (!text || !*text || text[0] == ':')
		return -EINVAL;
	if (is_of_type(relo->kind))
		return strcmp(text, "0") ? -EINVAL : 0;
	err = read_indices(text, raw, &nr);
	if (err)
		return err;
	t = skep__btf_strip(btf, &id);
	if (!t)
		return -EINVAL;
	if (is_of_enum(relo->kind)) {
		if (!btf_is_any_enum(t) || nr > 1 || raw[0] >= btf_vlen(t))
			return -EINVAL;
		return add_step(s, id, raw[0], btf_enumerator_name(btf, t, raw[0]));
	}
	if (relo->kind > BPF_CORE_FIELD_RSHIFT_U64)
		return -EINVAL;
	add_step(s, id, raw[0], NULL);
	err = add_elements(s, id, raw[0]);
	for (u32 i = 1; i < nr && !err; i++)
		err = go_down(s, &id, raw[i]);
	return err;
}

/* ---- in the kernel's types ------------------------------------------------------------------- */

/* A member by the name of the program's, also inside of anonymous ones. */
static int match_member(const struct core_spec *local, const struct core_step *step,
			struct core_spec *s, u32 *id, u32 depth)
{
	const struct btf_type *t = skep__btf_strip(s->btf, id);
	const struct btf_member *wanted =
		&btf_members(skep__btf_type(local->btf, step->type_id))[step->idx];
	u32 owner = *id;

	if (!btf_is_composite(t))
		return 0;
	if (depth == CORE_MAX_DEPTH)
		return -E2BIG;
	for (u32 i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];
		const char *name = skep__btf_str(s->btf, m->name_off);
		u64 before = s->bit_offset;
		int found;

		s->bit_offset += btf_member_bit_offset(t, m);
		if (!*name) {
			u32 inner = m->type;

			found = match_member(local, step, s, &inner, depth + 1);
			if (found) {
				*id = inner;
				return found;
			}
		} else if (!strcmp(name, step->name)) {
			found = add_step(s, owner, i, name);
			*id = m->type;
			return found ? found
				     : skep__core_fields_fit(local->btf, wanted->type, s->btf,
							     m->type);
		}
		s->bit_offset = before;
	}
	return 0;
}

static int match_element(struct core_spec *s, u32 *id, u32 idx, bool is_first)
{
	const struct btf_type *t = skep__btf_strip(s->btf, id);
	int err;

	if (!t)
		return -EINVAL;
	if (!is_first) {
		const struct btf_array *array = btf_array(t);

		if (btf_kind(t) != BTF_KIND_ARRAY ||
		    (idx >= array->nelems && !is_flexible(s, array)))
			return 0;
		*id = array->type;
		if (!skep__btf_strip(s->btf, id))
			return -EINVAL;
	}
	err = add_step(s, *id, idx, NULL);
	if (!err)
		err = add_elements(s, *id, idx);
	return err ? err : 1;
}

static int match_enumerator(const struct core_spec *local, struct core_spec *s, u32 id)
{
	const struct btf_type *t = skep__btf_strip(s->btf, &id);

	if (!btf_is_any_enum(t))
		return 0;
	for (u32 i = 0; i < btf_vlen(t); i++) {
		const char *name = btf_enumerator_name(s->btf, t, i);

		if (skep__core_same_name(local->steps[0].name, name))
			return add_step(s, id, i, name) ? -E2BIG : 1;
	}
	return 0;
}

int skep__core_match(const struct core_spec *local, const struct btf *btf, u32 id,
		     struct core_spec *s)
{
	int found = 1;

	*s = (struct core_spec){ .btf = btf, .root = id, .kind = local->kind };
	if (local->kind == BPF_CORE_TYPE_MATCHES)
		return skep__core_types_match(local->btf, local->root, btf, id);
	if (is_of_type(local->kind))
		return skep__core_types_fit(local->btf, local->root, btf, id);
	if (is_of_enum(local->kind))
		return match_enumerator(local, s, id);
	for (u32 i = 0; i < local->nr && found > 0; i++) {
		const struct core_step *step = &local->steps[i];

		found = step->name ? match_member(local, step, s, &id, 0)
				   : match_element(s, &id, step->idx, !i);
	}
	return found;
}
