/* SPDX-License-Identifier: BSD-2-Clause */
#include "sys/map_btf.h"

/* .data, .bss, .rodata: one element without a key, whose value is a section. */
static bool holds_global_data(const struct map_def *def, const struct btf *btf, u32 value_id)
{
	const struct btf_type *value = skep__btf_type(btf, value_id);

	return def->type == BPF_MAP_TYPE_ARRAY && def->max_entries == 1 && value &&
	       btf_kind(value) == BTF_KIND_DATASEC;
}

static bool is_int(const struct btf *btf, u32 id, u32 bits)
{
	const struct btf_type *t = skep__btf_strip(btf, &id);
	u32 encoding;

	if (!t || btf_kind(t) != BTF_KIND_INT)
		return false;
	encoding = btf_int_data(t);
	return BTF_INT_BITS(encoding) == bits && BTF_INT_OFFSET(encoding) == 0;
}

/* struct bpf_cgroup_storage_key, or the id of the control group alone. */
static bool is_cgroup_key(const struct map_def *def, const struct btf *btf, u32 id)
{
	const struct btf_type *t = skep__btf_strip(btf, &id);
	const struct btf_member *m = btf_members(t);

	if (def->key_size == sizeof(u64))
		return is_int(btf, id, 64);
	return t && btf_kind(t) == BTF_KIND_STRUCT && btf_vlen(t) == 2 && m[0].offset == 0 &&
	       is_int(btf, m[0].type, 64) && m[1].offset == 64 && is_int(btf, m[1].type, 32);
}

/* Which types take BTF for their keys and values, and what they ask of the key. */
static int check_types(const struct map_def *def, const struct btf *btf, u32 key_id, u32 value_id)
{
	const struct btf_type *key;

	switch (def->type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		if (key_id == 0)
			return holds_global_data(def, btf, value_id) ? 0 : -EINVAL;
		return is_int(btf, key_id, 32) ? 0 : -EINVAL;
	case BPF_MAP_TYPE_BLOOM_FILTER:
		return key_id == 0 ? 0 : -EINVAL;
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
	case BPF_MAP_TYPE_CGRP_STORAGE:
		return is_int(btf, key_id, 32) ? 0 : -EINVAL;
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
		return is_cgroup_key(def, btf, key_id) ? 0 : -EINVAL;
	case BPF_MAP_TYPE_LPM_TRIE:
		key = skep__btf_strip(btf, &key_id);
		return key && btf_kind(key) == BTF_KIND_STRUCT ? 0 : -EINVAL;
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
	case BPF_MAP_TYPE_STACK_TRACE:
	case BPF_MAP_TYPE_DEVMAP:
	case BPF_MAP_TYPE_DEVMAP_HASH:
	case BPF_MAP_TYPE_CPUMAP:
	case BPF_MAP_TYPE_XSKMAP:
	case BPF_MAP_TYPE_SOCKMAP:
	case BPF_MAP_TYPE_SOCKHASH:
	case BPF_MAP_TYPE_CGROUP_ARRAY:
		return -ENOTSUPP;
	default:
		return key_id || def->key_size == 0 ? 0 : -EINVAL;
	}
}

#define TYPE(name) (1ull << BPF_MAP_TYPE_##name)
static_assert(__MAX_BPF_MAP_TYPE <= 64, "a set of map types is one word");

/* clang-format off */
#define STORAGES (TYPE(SK_STORAGE) | TYPE(INODE_STORAGE) | TYPE(TASK_STORAGE) | TYPE(CGRP_STORAGE))
#define OWNED	 (TYPE(HASH) | TYPE(LRU_HASH) | TYPE(ARRAY))
#define PERCPU	 (TYPE(PERCPU_HASH) | TYPE(LRU_PERCPU_HASH) | TYPE(PERCPU_ARRAY))

/* In the values of which maps a special field may stand; the others are refused with EOPNOTSUPP. */
static const u64 field_maps[NR_BTF_FIELDS] = {
	[BTF_FIELD_INDEX_SPIN_LOCK]     = TYPE(HASH) | TYPE(ARRAY) | TYPE(CGROUP_STORAGE) | STORAGES,
	[BTF_FIELD_INDEX_RES_SPIN_LOCK] = TYPE(HASH) | TYPE(ARRAY) | TYPE(CGROUP_STORAGE) | STORAGES,
	[BTF_FIELD_INDEX_TIMER]         = OWNED,
	[BTF_FIELD_INDEX_WQ]            = OWNED,
	[BTF_FIELD_INDEX_TASK_WORK]     = OWNED,
	[BTF_FIELD_INDEX_LIST_HEAD]     = OWNED,
	[BTF_FIELD_INDEX_RB_ROOT]       = OWNED,
	[BTF_FIELD_INDEX_REFCOUNT]      = OWNED | PERCPU | STORAGES,
	[BTF_FIELD_INDEX_KPTR_UNREF]    = OWNED | PERCPU | STORAGES,
	[BTF_FIELD_INDEX_KPTR_REF]      = OWNED | PERCPU | STORAGES,
	[BTF_FIELD_INDEX_KPTR_PERCPU]   = OWNED | PERCPU | STORAGES,
	[BTF_FIELD_INDEX_UPTR]          = TYPE(TASK_STORAGE),
};
/* clang-format on */

#define MAP_FIELDS (((1u << NR_BTF_FIELDS) - 1) & ~(BTF_FIELD_LIST_NODE | BTF_FIELD_RB_NODE))

/* What user space lends a program is a page at most, of a type that the kernel does not have. */
static int check_user_pointers(const struct btf_record *rec, const struct btf *btf)
{
	for (u32 i = 0; i < rec->nr; i++) {
		const struct btf_field *f = &rec->fields[i];
		s64 size;

		if (f->type != BTF_FIELD_UPTR)
			continue;
		size = f->of_kernel ? 0 : skep__btf_size(btf, f->target);
		if (size <= 0)
			return -EINVAL;
		if (size > 4096)
			return -E2BIG;
	}
	return 0;
}

/* A value whose fields are wrong has none, as in the kernel: programs then see bytes. */
static int find_fields(struct world *w, struct map_object *m)
{
	struct btf_budget budget = { BTF_SEARCH_BUDGET };
	const struct map_def *def = &m->map->def;
	int err = skep__btf_fields(m->btf->btf, m->btf_value_type_id, MAP_FIELDS, def->value_size,
				   &budget, &m->record);

	if (!err && m->record.mask & (BTF_FIELD_KPTRS | BTF_FIELD_UPTR))
		err = skep__btf_resolve_kptrs(&m->record, m->btf->btf, skep__world_kernel_btf(w));
	if (err)
		m->record.nr = 0;
	if (!m->record.nr)
		return err == -ENOMEM ? err : 0;
	if (def->flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG))
		return -EACCES;
	for (u32 i = 0; i < NR_BTF_FIELDS; i++) {
		if (m->record.mask >> i & 1 && !(field_maps[i] >> def->type & 1))
			return -EOPNOTSUPP;
	}
	return check_user_pointers(&m->record, m->btf->btf);
}

bool skep__map_needs_btf(u32 type)
{
	return type < 64 && STORAGES >> type & 1;
}

int skep__map_check_btf(struct world *w, struct map_object *m)
{
	const struct btf *btf = m->btf->btf;
	const struct map_def *def = &m->map->def;
	u32 key = m->btf_key_type_id, value = m->btf_value_type_id;
	int err;

	if (key && skep__btf_size(btf, key) != def->key_size)
		return -EINVAL;
	if (skep__btf_size(btf, value) != def->value_size)
		return -EINVAL;
	err = find_fields(w, m);
	return err ? err : check_types(def, btf, key, value);
}
