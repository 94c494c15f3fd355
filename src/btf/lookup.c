/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading checked BTF: by id, by name, by what a type comes down to. Nothing here can meet a bad
 * offset or a loop any more.
 */
#include "btf/parsed.h"

#include <string.h>

#include "base/alloc.h"

const void *skep__btf_raw(const struct btf *btf, u32 *size)
{
	*size = btf->raw_size;
	return btf->raw;
}

u32 skep__btf_nr_types(const struct btf *btf)
{
	return btf->start_id + btf->nr_types;
}

const struct btf_type *skep__btf_type(const struct btf *btf, u32 id)
{
	return id ? btf_type_at(btf, id) : NULL;
}

const char *skep__btf_str(const struct btf *btf, u32 off)
{
	while (off < btf->start_str)
		btf = btf->base;
	off -= btf->start_str;
	return off < btf->hdr.str_len ? btf->strings + off : NULL;
}

const char *skep__btf_name(const struct btf *btf, const struct btf_type *t)
{
	const char *name = skep__btf_str(btf, t->name_off);

	return name ? name : "";
}

const char *skep__btf_kind_name(u32 kind)
{
	return kind < NR_BTF_KINDS ? skep__btf_kinds[kind].name : "UNKNOWN";
}

u32 skep__btf_resolved_id(const struct btf *btf, u32 id)
{
	while (id < btf->start_id)
		btf = btf->base;
	return btf->resolved_ids[id - btf->start_id];
}

static u32 resolved_size(const struct btf *btf, u32 id)
{
	while (id < btf->start_id)
		btf = btf->base;
	return btf->resolved_sizes[id - btf->start_id];
}

const struct btf_type *skep__btf_sized(const struct btf *btf, u32 *id, u32 *size)
{
	const struct btf_type *t = btf_type_at(btf, *id);
	u32 at = *id, bytes;

	if (t && (btf_is(t, MODIFIER) || btf_kind(t) == BTF_KIND_VAR)) {
		at = skep__btf_resolved_id(btf, at);
		t = btf_type_at(btf, at);
	}
	if (!t || btf_is_sizeless(t))
		return NULL;
	if (btf_is(t, SIZED))
		bytes = t->size;
	else if (btf_kind(t) == BTF_KIND_ARRAY)
		bytes = resolved_size(btf, at);
	else if (btf_kind(t) == BTF_KIND_PTR)
		bytes = sizeof(u64);
	else
		return NULL;
	*id = at;
	if (size)
		*size = bytes;
	return t;
}

s64 skep__btf_size(const struct btf *btf, u32 id)
{
	u32 size;

	return skep__btf_sized(btf, &id, &size) ? (s64)size : -EINVAL;
}

const struct btf_type *skep__btf_strip(const struct btf *btf, u32 *id)
{
	const struct btf_type *t = btf_type_at(btf, *id);

	if (t && btf_is(t, MODIFIER)) {
		*id = skep__btf_resolved_id(btf, *id);
		t = btf_type_at(btf, *id);
	}
	return t && btf_kind(t) != BTF_KIND_UNKN ? t : NULL;
}

/* FNV-1a. Names that collide on purpose cost their own author time and nothing else. */
static u32 hash_name(const char *name)
{
	u32 h = 2166136261u;

	for (; *name; name++)
		h = (h ^ (u8)*name) * 16777619u;
	return h ^ h >> 15;
}

int skep__btf_index_names(struct btf *btf)
{
	u32 nr_buckets = 16;

	while (nr_buckets < btf->nr_types)
		nr_buckets *= 2;
	btf->bucket_mask = nr_buckets - 1;
	btf->buckets = skep__zalloc_array(nr_buckets, sizeof(u32));
	btf->chain = skep__zalloc_array(btf->nr_types, sizeof(u32));
	if (!btf->buckets || !btf->chain)
		return -ENOMEM;
	/* From the last to the first, so that chains begin with the lowest id. */
	for (u32 i = btf->nr_types; i-- > (btf->base ? 0 : 1);) {
		const char *name = skep__btf_name(btf, btf->types[i]);
		u32 *bucket = &btf->buckets[hash_name(name) & btf->bucket_mask];

		if (!*name)
			continue;
		btf->chain[i] = *bucket;
		*bucket = btf->start_id + i;
	}
	return 0;
}

static s64 find_from(const struct btf *btf, u32 id, const char *name, u32 kind)
{
	for (; id; id = btf->chain[id - btf->start_id]) {
		const struct btf_type *t = btf->types[id - btf->start_id];

		if (btf_kind(t) == kind && !strcmp(skep__btf_name(btf, t), name))
			return id;
	}
	return -ENOENT;
}

s64 skep__btf_find(const struct btf *btf, const char *name, u32 kind)
{
	if (btf->base) {
		s64 in_base = skep__btf_find(btf->base, name, kind);

		if (in_base > 0)
			return in_base;
	}
	return find_from(btf, btf->buckets[hash_name(name) & btf->bucket_mask], name, kind);
}

s64 skep__btf_find_next(const struct btf *btf, u32 id, const char *name, u32 kind)
{
	s64 next;

	if (id >= btf->start_id)
		return find_from(btf, btf->chain[id - btf->start_id], name, kind);
	next = skep__btf_find_next(btf->base, id, name, kind);
	return next > 0 ? next
			: find_from(btf, btf->buckets[hash_name(name) & btf->bucket_mask], name,
				    kind);
}
