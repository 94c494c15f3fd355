/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fields of structs of the kernel that stand somewhere here as well: of struct bpf_map in struct
 * map, of a packet's struct sk_buff in the context of the UAPI, of the current task in struct task,
 * of a netfilter hook in struct nf_hook. Loads of them are led there. All others are the kernel's
 * business.
 */
#include <string.h>

#include "ctx/ctx.h"
#include "ctx/netfilter.h"

#include "btf/btf.h"
#include "verify/memory.h"

static const struct known_field {
	const char *holder, *name;
	u32 size, at;
} fields[] = {
/* clang-format off */
#define MAP_FIELD(name, ours) { "bpf_map", #name, sizeof(((struct map *)0)->ours), offsetof(struct map, ours) },
#define TASK_FIELD(name, ours) { "task_struct", #name, sizeof(((struct task *)0)->ours), offsetof(struct task, ours) },
#define HOOK_FIELD(name, ours) { "nf_hook_state", #name, sizeof(((struct nf_hook *)0)->ours), offsetof(struct nf_hook, ours) },
#define SKB_FIELD(name, ours, size) { "sk_buff", #name, size, offsetof(struct __sk_buff, ours) },
	MAP_FIELD(sha,         digest)
	MAP_FIELD(map_type,    def.type)
	MAP_FIELD(key_size,    def.key_size)
	MAP_FIELD(value_size,  def.value_size)
	MAP_FIELD(max_entries, def.max_entries)
	MAP_FIELD(map_flags,   def.flags)
	MAP_FIELD(map_extra,   def.extra)
	MAP_FIELD(id,          id)
	MAP_FIELD(name,        name)
	TASK_FIELD(pid,        pid)
	TASK_FIELD(tgid,       tgid)
	TASK_FIELD(comm,       comm)
	HOOK_FIELD(hook,       hook)
	HOOK_FIELD(pf,         pf)
	HOOK_FIELD(in,         none)
	HOOK_FIELD(sk,         none)
	HOOK_FIELD(net,        none)
	HOOK_FIELD(okfn,       none)
	{ "bpf_dummy_ops_state", "val", sizeof(int), 0 }, /* the kernel's struct for tests, made by test runs */
	SKB_FIELD(len,         len,             4)
	SKB_FIELD(mark,        mark,            4)
	SKB_FIELD(priority,    priority,        4)
	SKB_FIELD(hash,        hash,            4)
	SKB_FIELD(napi_id,     napi_id,         4)
	SKB_FIELD(skb_iif,     ingress_ifindex, 4)
	/* 16 bits there, and 32 in the UAPI: the lower half. */
	SKB_FIELD(protocol,    protocol,        2)
	SKB_FIELD(queue_mapping, queue_mapping, 2)
	SKB_FIELD(tc_index,    tc_index,        2)
	/* clang-format on */
};

static s32 place_of(const char *holder, const char *name, u32 into, u32 size)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (!strcmp(holder, fields[i].holder) && !strcmp(name, fields[i].name) &&
		    into + size <= fields[i].size)
			return (s32)(fields[i].at + into);
	}
	return -ENOENT;
}

/* Looks into structs without a name, as C does. */
static s32 find(const struct btf *btf, const char *holder, u32 id, u32 off, u32 size, u32 depth)
{
	const struct btf_type *t = skep__btf_strip(btf, &id);
	const struct btf_member *m;
	s32 place = -ENOENT;

	if (!btf_is_composite(t) || depth > 8)
		return -ENOENT;
	m = btf_members(t);
	for (u32 i = 0; i < btf_vlen(t) && place < 0; i++) {
		u32 bits = btf_member_bit_offset(t, &m[i]);
		const char *name = skep__btf_str(btf, m[i].name_off);

		if (bits / 8 > off)
			continue;
		place = *name ? place_of(holder, name, off - bits / 8, size)
			      : find(btf, holder, m[i].type, off - bits / 8, size, depth + 1);
	}
	return place;
}

s32 skep__known_field(const struct btf *btf, const char *holder, u32 off, u32 size)
{
	s64 id = skep__btf_find(btf, holder, BTF_KIND_STRUCT);

	return id < 0 ? -ENOENT : find(btf, holder, (u32)id, off, size, 0);
}

/*
 * Which structs the pointers to trust lead to that a program of the type has: from the context,
 * from bpf_cast_to_kern_ctx and bpf_get_current_task_btf. Nothing else gives programs that run such
 * pointers.
 */
static bool is_at_hand(u32 prog_type, const char *holder)
{
	const struct prog_type *type = skep__prog_type(prog_type);
	bool is_nf = prog_type == BPF_PROG_TYPE_NETFILTER;

	if (!strcmp(holder, "sk_buff"))
		return is_nf || type->fields == skep__prog_type(BPF_PROG_TYPE_SCHED_CLS)->fields;
	if (!strcmp(holder, "nf_hook_state"))
		return is_nf;
	return !strcmp(holder, "task_struct");
}

s32 skep__known_object_field(const struct access *a)
{
	const struct btf *btf = a->ptr->btf.btf;
	const char *name = skep__btf_name(btf, skep__btf_type(btf, a->ptr->btf.id));

	if (!strcmp(name, "bpf_dummy_ops_state") && a->env->prog->type == BPF_PROG_TYPE_STRUCT_OPS)
		return skep__known_field(btf, name, (u32)a->off, (u32)a->size);
	if (a->write || a->ptr->flags != REG_TRUSTED || !is_at_hand(a->env->prog->type, name))
		return -ENOENT;
	return skep__known_field(btf, name, (u32)a->off, (u32)a->size);
}
