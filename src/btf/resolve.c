/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Second pass: references are followed, sizes computed, loops found. The walk keeps its own stack
 * of MAX_RESOLVE_DEPTH types instead of recursing. Where it may stop depends on what it began with:
 * a pointer breaks a loop through structs, a struct breaks a loop through pointers.
 */
#include "btf/check.h"

bool skep__btf_int_is_regular(const struct btf_type *t)
{
	u32 data = btf_int_data(t), bits = BTF_INT_BITS(data);

	if (BTF_INT_OFFSET(data))
		return false;
	return bits == 8 || bits == 16 || bits == 32 || bits == 64 || bits == 128;
}

/* May the walk stop here, in its mode, with what it has? */
static bool is_sink(const struct check *c, const struct btf_type *t)
{
	switch (c->mode) {
	case MODE_PTR:
		return !btf_is(t, MODIFIER) && btf_kind(t) != BTF_KIND_PTR;
	case MODE_STRUCT_OR_ARRAY:
		return !btf_is(t, MODIFIER) && btf_kind(t) != BTF_KIND_ARRAY &&
		       !btf_is_composite(t);
	case MODE_UNDECIDED:
	default:
		return !btf_is(t, RESOLVE);
	}
}

/* The base's types are resolved by now. */
static bool is_resolved(const struct check *c, u32 id)
{
	return id < c->btf->start_id || c->visits[id - c->btf->start_id] == RESOLVED;
}

static bool must_push(const struct check *c, const struct btf_type *t, u32 id)
{
	return !is_sink(c, t) && !is_resolved(c, id);
}

static int push(struct check *c, const struct btf_type *t, u32 id)
{
	u32 start = c->btf->start_id;

	if (c->depth == MAX_RESOLVE_DEPTH)
		return -E2BIG;
	if (id < start || c->visits[id - start] != NOT_VISITED)
		return -EEXIST;
	c->visits[id - start] = VISITED;
	c->stack[c->depth++] = (struct resolve_vertex){ .t = t, .id = id };
	if (c->mode == MODE_UNDECIDED) {
		if (btf_kind(t) == BTF_KIND_PTR)
			c->mode = MODE_PTR;
		else if (btf_is_composite(t) || btf_kind(t) == BTF_KIND_ARRAY)
			c->mode = MODE_STRUCT_OR_ARRAY;
	}
	return 0;
}

static int pop(struct check *c, u32 resolved_id, u32 resolved_size)
{
	u32 i = c->stack[--c->depth].id - c->btf->start_id;

	c->btf->resolved_ids[i] = resolved_id;
	c->btf->resolved_sizes[i] = resolved_size;
	c->visits[i] = RESOLVED;
	return 0;
}

static bool is_source_only(const struct btf_type *t)
{
	return btf_is(t, SOURCE);
}

static int resolve_none(struct check *c, struct resolve_vertex *v)
{
	return bad_basic(c, v->t, "Unsupported resolve");
}

/*
 * Ends a modifier or pointer. It may lead to nothing of a size: void, a forward declaration or a
 * function prototype, and nothing else.
 */
static int pop_maybe_sizeless(struct check *c, struct resolve_vertex *v)
{
	u32 next_id = v->t->type;
	const struct btf_type *next = btf_type_at(c->btf, next_id);

	if (!skep__btf_sized(c->btf, &next_id, NULL)) {
		if (is_resolved(c, next_id) && btf_is(next, RESOLVE)) {
			next_id = skep__btf_resolved_id(c->btf, next_id);
			next = btf_type_at(c->btf, next_id);
		}
		switch (btf_kind(next)) {
		case BTF_KIND_UNKN:
		case BTF_KIND_FWD:
		case BTF_KIND_FUNC_PROTO:
			break;
		default:
			return bad_type(c, v->t, "Invalid type_id");
		}
	}
	return pop(c, next_id, 0);
}

static int resolve_modifier(struct check *c, struct resolve_vertex *v)
{
	u32 next_id = v->t->type;
	const struct btf_type *next = btf_type_at(c->btf, next_id);

	if (!next || is_source_only(next))
		return bad_type(c, v->t, "Invalid type_id");
	if (must_push(c, next, next_id))
		return push(c, next, next_id);
	return pop_maybe_sizeless(c, v);
}

/*
 * Pushes what the type refers to as far as that needs it: itself, or the pointer that a modifier
 * came down to when it was resolved in a walk that could stop at pointers. 1: nothing to push.
 */
static int push_through(struct check *c, struct resolve_vertex *v)
{
	u32 next_id = v->t->type;
	const struct btf_type *next = btf_type_at(c->btf, next_id);

	if (!next || is_source_only(next))
		return bad_type(c, v->t, "Invalid type_id");
	if (must_push(c, next, next_id))
		return push(c, next, next_id);
	if (btf_is(next, MODIFIER)) {
		u32 id = skep__btf_resolved_id(c->btf, next_id);
		const struct btf_type *t = btf_type_at(c->btf, id);

		if (btf_kind(t) == BTF_KIND_PTR && must_push(c, t, id))
			return push(c, t, id);
	}
	return 1;
}

static int resolve_ptr(struct check *c, struct resolve_vertex *v)
{
	int ret = push_through(c, v);

	return ret <= 0 ? ret : pop_maybe_sizeless(c, v);
}

static int resolve_var(struct check *c, struct resolve_vertex *v)
{
	u32 next_id = v->t->type;
	int ret = push_through(c, v);

	if (ret <= 0)
		return ret;
	if (!skep__btf_sized(c->btf, &next_id, NULL))
		return bad_type(c, v->t, "Invalid type_id");
	return pop(c, next_id, 0);
}

static bool may_be_element(const struct btf_type *t)
{
	return t && !btf_is_sizeless(t) && !is_source_only(t);
}

static int resolve_array(struct check *c, struct resolve_vertex *v)
{
	const struct btf_array *array = (const void *)(v->t + 1);
	const struct btf_type *index, *elem;
	u32 id = array->index_type, size;

	index = btf_type_at(c->btf, id);
	if (!may_be_element(index))
		return bad_type(c, v->t, "Invalid index");
	if (must_push(c, index, id))
		return push(c, index, id);
	index = skep__btf_sized(c->btf, &id, NULL);
	if (!index || btf_kind(index) != BTF_KIND_INT || !skep__btf_int_is_regular(index))
		return bad_type(c, v->t, "Invalid index");

	id = array->type;
	elem = btf_type_at(c->btf, id);
	if (!may_be_element(elem))
		return bad_type(c, v->t, "Invalid elem");
	if (must_push(c, elem, id))
		return push(c, elem, id);
	elem = skep__btf_sized(c->btf, &id, &size);
	if (!elem)
		return bad_type(c, v->t, "Invalid elem");
	if (btf_kind(elem) == BTF_KIND_INT && !skep__btf_int_is_regular(elem))
		return bad_type(c, v->t, "Invalid array of int");
	if (__builtin_mul_overflow(size, array->nelems, &size))
		return bad_type(c, v->t, "Array size overflows U32_MAX");
	return pop(c, id, size);
}

static int resolve_struct(struct check *c, struct resolve_vertex *v)
{
	const struct btf_member *members = (const void *)(v->t + 1);
	int err;

	/* The member that made the walk descend is resolved now, and can be judged. */
	if (v->next_member) {
		const struct btf_member *last = &members[v->next_member - 1];

		err = skep__btf_check_member(c, v->t, last, btf_type_at(c->btf, last->type));
		if (err)
			return err;
	}
	for (u32 i = v->next_member; i < btf_vlen(v->t); i++) {
		const struct btf_type *type = btf_type_at(c->btf, members[i].type);

		if (!may_be_element(type))
			return bad_member(c, v->t, &members[i], "Invalid member");
		if (must_push(c, type, members[i].type)) {
			v->next_member = i + 1;
			return push(c, type, members[i].type);
		}
		err = skep__btf_check_member(c, v->t, &members[i], type);
		if (err)
			return err;
	}
	return pop(c, 0, 0);
}

static int resolve_func(struct check *c, struct resolve_vertex *v)
{
	const struct btf_type *proto = btf_type_at(c->btf, v->t->type);
	const struct btf_param *args = (const void *)(proto + 1);

	if (!proto || btf_kind(proto) != BTF_KIND_FUNC_PROTO)
		return bad_type(c, v->t, "Invalid type_id");
	for (u32 i = 0; i < btf_vlen(proto); i++)
		if (!args[i].name_off && args[i].type)
			return bad_type(c, v->t, "Invalid arg#%u", i + 1);
	return pop(c, v->t->type, 0);
}

static int resolve_datasec(struct check *c, struct resolve_vertex *v)
{
	const struct btf_var_secinfo *vars = (const void *)(v->t + 1);

	c->mode = MODE_UNDECIDED;
	for (u32 i = v->next_member; i < btf_vlen(v->t); i++) {
		const struct btf_type *var = btf_type_at(c->btf, vars[i].type);
		u32 id, size = 0;

		if (!var || btf_kind(var) != BTF_KIND_VAR)
			return bad_var(c, v->t, &vars[i], "Not a VAR kind member");
		if (must_push(c, var, vars[i].type)) {
			v->next_member = i + 1;
			return push(c, var, vars[i].type);
		}
		id = var->type;
		if (!skep__btf_sized(c->btf, &id, &size))
			return bad_var(c, v->t, &vars[i], "Invalid type");
		if (vars[i].size < size)
			return bad_var(c, v->t, &vars[i], "Invalid size");
	}
	return pop(c, 0, 0);
}

static bool may_be_tagged(const struct btf_type *t)
{
	return btf_kind(t) == BTF_KIND_FUNC || btf_is_composite(t) || btf_kind(t) == BTF_KIND_VAR ||
	       btf_kind(t) == BTF_KIND_TYPEDEF;
}

static int resolve_decl_tag(struct check *c, struct resolve_vertex *v)
{
	const struct btf_decl_tag *tag = (const void *)(v->t + 1);
	u32 next_id = v->t->type;
	const struct btf_type *next = btf_type_at(c->btf, next_id);
	u32 nr;

	if (!next || !may_be_tagged(next))
		return bad_type(c, v->t, "Invalid type_id");
	if (must_push(c, next, next_id))
		return push(c, next, next_id);
	if (tag->component_idx != -1) {
		if (btf_is_composite(next))
			nr = btf_vlen(next);
		else if (btf_kind(next) == BTF_KIND_FUNC)
			nr = btf_vlen(btf_type_at(c->btf, next->type));
		else
			nr = 0; /* a variable or typedef has no parts */
		if ((u32)tag->component_idx >= nr)
			return bad_type(c, v->t, "Invalid component_idx");
	}
	return pop(c, next_id, 0);
}

typedef int resolve_fn(struct check *c, struct resolve_vertex *v);

static resolve_fn *const resolvers[NR_BTF_KINDS] = {
#define KIND(name, flags, meta, details, res, member, bitfield) [BTF_KIND_##name] = resolve_##res,
#include "btf/kinds.def"
};

/* The kernel's last look at what a walk left behind. */
static bool result_is_sane(const struct check *c, const struct btf_type *t, u32 id)
{
	const struct btf *btf = c->btf;
	u32 resolved = skep__btf_resolved_id(btf, id),
	    size = btf->resolved_sizes[id - btf->start_id];

	if (!is_resolved(c, id))
		return false;
	if (btf_is_composite(t) || btf_kind(t) == BTF_KIND_DATASEC)
		return !resolved && !size;
	if (btf_kind(t) == BTF_KIND_DECL_TAG || btf_kind(t) == BTF_KIND_FUNC)
		return resolved && !size;
	if (btf_kind(t) == BTF_KIND_ARRAY) {
		const struct btf_array *array = btf_array(t);
		u32 elem_id = array->type, elem_size;
		const struct btf_type *elem = skep__btf_sized(btf, &elem_id, &elem_size);

		return elem && !btf_is(elem, MODIFIER) && array->nelems * elem_size == size;
	}
	t = btf_type_at(btf, resolved);
	return t && !btf_is(t, MODIFIER) && btf_kind(t) != BTF_KIND_VAR &&
	       btf_kind(t) != BTF_KIND_DATASEC;
}

static int walk(struct check *c, const struct btf_type *t, u32 id)
{
	u32 outer_id = c->log_id;
	int err;

	c->mode = MODE_UNDECIDED;
	err = push(c, t, id);
	while (!err && c->depth) {
		struct resolve_vertex *v = &c->stack[c->depth - 1];

		c->log_id = v->id;
		err = resolvers[btf_kind(v->t)](c, v);
	}
	c->log_id = id;
	if (err == -E2BIG)
		skep__btf_log_type(c, t, "Exceeded max resolving depth:%u", MAX_RESOLVE_DEPTH);
	else if (err == -EEXIST)
		skep__btf_log_type(c, t, "Loop detected");
	else if (!err && !result_is_sane(c, t, id))
		err = bad_type(c, t, "Invalid resolve state");
	c->log_id = outer_id;
	return err;
}

/* A type that a prototype mentions: there, no variable or tag, of a known size. 1: it is not. */
static int proto_type(struct check *c, u32 id)
{
	const struct btf_type *t = btf_type_at(c->btf, id);

	if (!t || is_source_only(t))
		return 1;
	if (btf_is(t, RESOLVE) && !is_resolved(c, id)) {
		int err = walk(c, t, id);

		if (err)
			return err;
	}
	return skep__btf_sized(c->btf, &id, NULL) ? 0 : 1;
}

static bool param_name_ok(const struct btf *btf, u32 off)
{
	return !off || (skep__btf_name_off_ok(btf, off) && skep__btf_identifier_ok(btf, off));
}

static int check_func_proto(struct check *c, const struct btf_type *t)
{
	const struct btf_param *args = (const void *)(t + 1);
	u32 nr = btf_vlen(t);
	int err;

	if (t->type) {
		err = proto_type(c, t->type);
		if (err)
			return err < 0 ? err : bad_type(c, t, "Invalid return type");
	}
	/* The last parameter may be "...": no type and no name. */
	if (nr && !args[nr - 1].type) {
		if (args[nr - 1].name_off)
			return bad_type(c, t, "Invalid arg#%u", nr);
		nr--;
	}
	for (u32 i = 0; i < nr; i++) {
		const struct btf_type *arg = btf_type_at(c->btf, args[i].type);

		if (!arg || is_source_only(arg) || !param_name_ok(c->btf, args[i].name_off))
			return bad_type(c, t, "Invalid arg#%u", i + 1);
		err = proto_type(c, args[i].type);
		if (err)
			return err < 0 ? err : bad_type(c, t, "Invalid arg#%u", i + 1);
	}
	return 0;
}

int skep__btf_check_types(struct check *c)
{
	struct btf *btf = c->btf;

	c->resolving = true;
	for (u32 i = btf->base ? 0 : 1; i < btf->nr_types; i++) {
		const struct btf_type *t = btf->types[i];
		u32 id = btf->start_id + i;
		int err = 0;

		c->log_id = id;
		if (btf_is(t, RESOLVE) && !is_resolved(c, id))
			err = walk(c, t, id);
		if (!err && btf_kind(t) == BTF_KIND_FUNC_PROTO)
			err = check_func_proto(c, t);
		if (err)
			return err;
	}
	return 0;
}
