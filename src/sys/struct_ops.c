/* SPDX-License-Identifier: BSD-2-Clause */
#include "sys/struct_ops.h"

#include <string.h>

#include "base/zero.h"
#include "verify/struct_ops.h"

#define TCP_CA "tcp_congestion_ops"
#define TCP_CA_FLAGS 0x3 /* TCP_CONG_NON_RESTRICTED, TCP_CONG_NEEDS_ECN */

int skep__struct_ops_check_type(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	const struct btf *btf;
	struct object *obj;
	int err;

	if (attr->map_flags & BPF_F_VTYPE_BTF_OBJ_FD) {
		obj = skep__call_object(call, attr->value_type_btf_obj_fd, OBJ_BTF, &err, NULL);
		if (!obj)
			return err;
		object_put(obj); /* no module's types, which nobody can load here */
		return -EINVAL;
	}
	btf = skep__world_kernel_btf(call->world);
	if (skep__struct_ops_of_value(btf, attr->btf_vmlinux_value_type_id) < 0)
		return -ENOTSUPP;
	return skep__btf_size(btf, attr->btf_vmlinux_value_type_id) == attr->value_size ? 0
											: -EINVAL;
}

/* ---- updates --------------------------------------------------------------------------------- */

static u32 offset_of(const struct btf_type *t, u32 i)
{
	return btf_member_bit_offset(t, &btf_members(t)[i]) / 8;
}

/* Nothing may stand between the members. */
static bool holes_are_zero(const struct btf *btf, const struct btf_type *t, const u8 *value)
{
	u32 end = 0;

	for (u32 i = 0; i < btf_vlen(t); i++) {
		u32 at = offset_of(t, i);

		if (at > end && !all_zero(value + end, at - end))
			return false;
		end = at + (u32)max(skep__btf_size(btf, btf_members(t)[i].type), 0);
	}
	return end >= t->size || all_zero(value + end, t->size - end);
}

static bool is_function(const struct btf *btf, u32 id)
{
	const struct btf_type *t = skep__btf_strip(btf, &id);

	if (!t || btf_kind(t) != BTF_KIND_PTR)
		return false;
	id = t->type;
	t = skep__btf_strip(btf, &id);
	return t && btf_kind(t) == BTF_KIND_FUNC_PROTO;
}

static int check_prog(struct call *call, u64 fd, u32 type_id, u32 member)
{
	const struct prog_object *p;
	struct object *obj;
	int err;

	if (!(s32)fd)
		return 0;
	obj = skep__call_object(call, (s32)fd, OBJ_PROG, &err, NULL);
	if (!obj)
		return err;
	p = to_prog(obj);
	err = p->prog.type != BPF_PROG_TYPE_STRUCT_OPS || p->attach_btf_id != type_id ||
			      p->prog.expected_attach_type != member
		      ? -EINVAL
		      : 0;
	object_put(obj);
	return err;
}

/* Congestion controls have a name and flags. 1: the member was one of them and is fine. */
static int check_own(const struct btf *btf, const struct btf_type *t, u32 i, const u8 *at)
{
	const char *name = skep__btf_str(btf, btf_members(t)[i].name_off);
	u32 flags;

	if (strcmp(skep__btf_name(btf, t), TCP_CA))
		return -EOPNOTSUPP; /* the other struct there is has no members of its own to set */
	if (!strcmp(name, "flags")) {
		memcpy(&flags, at, sizeof(flags));
		return flags & ~TCP_CA_FLAGS ? -EINVAL : 1;
	}
	if (!strcmp(name, "name"))
		return !at[0] || skep__check_name((const char *)at) ? -EINVAL : 1;
	return 0;
}

static int check_member(struct call *call, const struct btf *btf, u32 type_id, u32 i,
			const u8 *data)
{
	const struct btf_type *t = skep__btf_type(btf, type_id);
	const u8 *at = data + offset_of(t, i);
	u32 id = btf_members(t)[i].type;
	int err = check_own(btf, t, i, at);
	u64 fd;

	if (err)
		return min(err, 0);
	if (!is_function(btf, id))
		return all_zero(at, max(skep__btf_size(btf, id), 0)) ? 0 : -EINVAL;
	memcpy(&fd, at, sizeof(fd));
	return check_prog(call, fd, type_id, i);
}

int skep__struct_ops_update(struct call *call, const struct map_object *m, const void *key,
			    const void *value, u64 flags)
{
	const struct btf *btf = skep__world_kernel_btf(call->world);
	const struct btf_type *value_type = skep__btf_type(btf, m->btf_vmlinux_value_type_id), *t;
	s64 id = skep__struct_ops_of_value(btf, m->btf_vmlinux_value_type_id);
	const u8 *data;
	u32 index;
	int err = 0;

	memcpy(&index, key, sizeof(index));
	if (flags)
		return -EINVAL;
	if (index)
		return -E2BIG;
	if (id < 0 || btf_vlen(value_type) != 2)
		return -EINVAL;
	t = skep__btf_type(btf, id);
	data = (const u8 *)value + offset_of(value_type, 1);
	if (offset_of(value_type, 1) + (u64)t->size > m->map->def.value_size ||
	    !holes_are_zero(btf, value_type, value) || !holes_are_zero(btf, t, data) ||
	    !all_zero(value, offset_of(value_type, 1)))
		return -EINVAL;
	for (u32 i = 0; i < btf_vlen(t) && !err; i++)
		err = check_member(call, btf, id, i, data);
	return err ? err : -EOPNOTSUPP;
}
