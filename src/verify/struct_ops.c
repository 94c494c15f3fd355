/* SPDX-License-Identifier: BSD-2-Clause */
#include "verify/struct_ops.h"

#include <string.h>

#define VALUE_PREFIX "bpf_struct_ops_"
#define TCP_CA "tcp_congestion_ops"

enum sleep { ANY, NEVER };

static const struct ops {
	const char *name, *written, *refusal;
} all_ops[] = {
#define OPS(name, written, refusal) { name, written, refusal },
#include "verify/struct_ops.def"
};

static const struct member {
	const char *ops, *name;
	enum sleep sleep;
	u32 nullable;
} members[] = {
#define MEMBER(ops, member, sleep, nullable) { ops, member, sleep, nullable },
#include "verify/struct_ops.def"
};

enum where { FROM, WITHIN };

static const struct writable {
	const char *ops, *field;
	enum where where;
} writables[] = {
#define WRITE(ops, field, where) { ops, field, where },
#include "verify/struct_ops.def"
};

static const struct ops *find_ops(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(all_ops); i++) {
		if (!strcmp(all_ops[i].name, name))
			return &all_ops[i];
	}
	return NULL;
}

static const struct member *find_member(const char *ops, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		if (!strcmp(members[i].ops, ops) && !strcmp(members[i].name, name))
			return &members[i];
	}
	return NULL;
}

static bool is_struct(const struct btf *btf, const struct btf_type *t, const char *name)
{
	return t && btf_kind(t) == BTF_KIND_STRUCT && !strcmp(skep__btf_name(btf, t), name);
}

s64 skep__struct_ops_of_value(const struct btf *btf, u32 value_id)
{
	const struct btf_type *t = btf ? skep__btf_type(btf, value_id) : NULL;
	const char *name = t ? skep__btf_name(btf, t) : "";
	s64 id;

	if (!t || btf_kind(t) != BTF_KIND_STRUCT ||
	    strncmp(name, VALUE_PREFIX, strlen(VALUE_PREFIX)) ||
	    !find_ops(name + strlen(VALUE_PREFIX)))
		return -ENOTSUPP;
	id = skep__btf_find(btf, name + strlen(VALUE_PREFIX), BTF_KIND_STRUCT);
	return id < 0 ? -ENOTSUPP : id;
}

static const char *ops_name(const struct verify_env *env)
{
	const struct btf *btf = env->target.btf;

	return skep__btf_name(btf, skep__btf_type(btf, env->in->attach_btf_id));
}

/* ---- what the program is --------------------------------------------------------------------- */

static const struct btf_type *function_of(const struct btf *btf, const struct btf_member *m)
{
	u32 id = m->type;
	const struct btf_type *t = skep__btf_strip(btf, &id);

	if (!t || btf_kind(t) != BTF_KIND_PTR)
		return NULL;
	id = t->type;
	t = skep__btf_strip(btf, &id);
	return t && btf_kind(t) == BTF_KIND_FUNC_PROTO ? t : NULL;
}

static int check_member(struct verify_env *env, const struct btf_type *t, const char *ops)
{
	struct attach_target *target = &env->target;
	u32 index = env->prog->expected_attach_type;
	const struct btf_member *m;
	const struct member *known;

	if (index >= btf_vlen(t))
		return skep__vfail(env, -EINVAL, "attach to invalid member idx %u of struct %s\n",
				   index, ops);
	m = (const struct btf_member *)(t + 1) + index;
	target->name = skep__btf_str(target->btf, m->name_off);
	target->proto = function_of(target->btf, m);
	if (!target->proto)
		return skep__vfail(env, -EINVAL,
				   "attach to invalid member %s(@idx %u) of struct %s\n",
				   target->name, index, ops);
	known = find_member(ops, target->name);
	if (!known || (env->prog->sleepable && known->sleep == NEVER))
		return skep__vfail(env, known ? -EINVAL : -ENOTSUPP,
				   "attach to unsupported member %s of struct %s\n", target->name,
				   ops);
	target->trusted = true;
	return 0;
}

int skep__struct_ops_target(struct verify_env *env)
{
	u32 id = env->in->attach_btf_id;
	const struct btf_type *t;

	if (!env->prog->gpl)
		return skep__vfail(env, -EINVAL,
				   "struct ops programs must have a GPL compatible license\n");
	if (!id)
		return -ENOTSUPP;
	env->target.btf = env->in->kernel_btf;
	t = env->target.btf ? skep__btf_type(env->target.btf, id) : NULL;
	if (!t || btf_kind(t) != BTF_KIND_STRUCT || !find_ops(ops_name(env)))
		return skep__vfail(env, -ENOTSUPP, "attach_btf_id %u is not a supported struct\n",
				   id);
	return check_member(env, t, ops_name(env));
}

bool skep__struct_ops_is_void(const struct verify_env *env)
{
	return env->prog->type == BPF_PROG_TYPE_STRUCT_OPS && !env->target.proto->type;
}

bool skep__struct_ops_nullable(const struct verify_env *env, u32 arg)
{
	const struct member *m = find_member(ops_name(env), env->target.name);

	return m && m->nullable >> arg & 1;
}

u32 skep__struct_ops_object(const struct verify_env *env, u32 id)
{
	const struct btf *btf = env->target.btf;
	s64 tcp_sock;

	if (env->prog->type != BPF_PROG_TYPE_STRUCT_OPS || strcmp(ops_name(env), TCP_CA) ||
	    !is_struct(btf, skep__btf_type(btf, id), "sock"))
		return id;
	tcp_sock = skep__btf_find(btf, "tcp_sock", BTF_KIND_STRUCT);
	return tcp_sock < 0 ? id : tcp_sock;
}

/* Those of helpers.def are the congestion control's, which sets no options when it is retired. */
bool skep__struct_ops_helper_ok(const struct verify_env *env, u32 helper)
{
	if (strcmp(ops_name(env), TCP_CA))
		return false;
	return (helper != BPF_FUNC_setsockopt && helper != BPF_FUNC_getsockopt) ||
	       strcmp(env->target.name, "release");
}

/* ---- what it may write ----------------------------------------------------------------------- */

static const struct btf_member *find_field(const struct btf *btf, const struct btf_type *t,
					   const char *name, size_t len)
{
	const struct btf_member *m = (const struct btf_member *)(t + 1);

	for (u32 i = 0; i < btf_vlen(t); i++) {
		const char *text = skep__btf_str(btf, m[i].name_off);

		if (!strncmp(text, name, len) && !text[len])
			return &m[i];
	}
	return NULL;
}

struct span {
	u32 start, end;
};

/* Where "a.b.c" lies in a struct; empty when it has no such field. */
static struct span field_span(const struct btf *btf, u32 id, const char *path)
{
	u32 at = 0;

	for (;;) {
		const struct btf_type *t = skep__btf_strip(btf, &id);
		size_t len = strcspn(path, ".");
		const struct btf_member *m;

		if (!btf_is_composite(t))
			return (struct span){ 0 };
		m = find_field(btf, t, path, len);
		if (!m)
			return (struct span){ 0 };
		at += btf_member_bit_offset(t, m) / 8;
		id = m->type;
		if (!path[len])
			return (struct span){ at, at + (u32)max(skep__btf_size(btf, id), 0) };
		path += len + 1;
	}
}

static int check_tcp_field(const struct access *a)
{
	for (size_t i = 0; i < ARRAY_SIZE(writables); i++) {
		const struct writable *w = &writables[i];
		struct span s = field_span(a->ptr->btf.btf, a->ptr->btf.id, w->field);

		if (w->where == FROM ? (u32)a->off != s.start || s.start == s.end
				     : (u32)a->off < s.start || (u32)a->off >= s.end)
			continue;
		if ((u32)a->off + a->size <= s.end)
			return 0;
		return skep__vfail(a->env, -EACCES,
				   "write access at off %d with size %d beyond the member of "
				   "tcp_sock ended at %u\n",
				   a->off, a->size, s.end);
	}
	return skep__vfail(a->env, -EACCES, "no write support to tcp_sock at off %d\n", a->off);
}

int skep__struct_ops_write(const struct access *a)
{
	const struct btf *btf = a->ptr->btf.btf;
	const struct btf_type *t = skep__btf_type(btf, a->ptr->btf.id);
	const struct ops *ops = NULL;

	if (a->env->prog->type == BPF_PROG_TYPE_STRUCT_OPS)
		ops = find_ops(ops_name(a->env));
	if (!ops || !is_struct(btf, t, ops->written))
		return skep__vfail(a->env, -EACCES, "%s",
				   ops ? ops->refusal : "only read is supported\n");
	if (!strcmp(ops->name, TCP_CA))
		return check_tcp_field(a);
	if ((u32)a->off + a->size > t->size)
		return skep__vfail(a->env, -EACCES, "write access at off %d with size %d\n", a->off,
				   a->size);
	return 0;
}

u32 skep__struct_ops_test_args(const struct btf *btf, u32 ops_id, u32 member, bool *first_nullable)
{
	const struct btf_type *ops = btf ? skep__btf_type(btf, ops_id) : NULL, *proto;
	const struct btf_member *m;
	const struct member *known;
	u32 id;

	if (!is_struct(btf, ops, "bpf_dummy_ops") || member >= btf_vlen(ops))
		return 0;
	m = btf_members(ops);
	known = find_member("bpf_dummy_ops", skep__btf_str(btf, m[member].name_off));
	id = m[member].type;
	proto = skep__btf_strip(btf, &id);
	if (!known || !proto || btf_kind(proto) != BTF_KIND_PTR)
		return 0;
	*first_nullable = known->nullable & 1;
	proto = skep__btf_type(btf, proto->type);
	return proto && btf_kind(proto) == BTF_KIND_FUNC_PROTO ? min(btf_vlen(proto), 12u) : 0;
}
