/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From bytes to a BTF object: the header, where the sections lie, then the passes of check.h.
 * Mirrors the kernel's btf_parse(), whose order decides which of several faults is reported.
 */
#include "btf/check.h"

#include <string.h>

#include "base/alloc.h"

#define fail(c, err, ...) (skep__btf_log(c, __VA_ARGS__), err)

const struct btf_kind_desc skep__btf_kinds[NR_BTF_KINDS] = {
	[BTF_KIND_UNKN] = { .name = "UNKNOWN" },
#define KIND(kind, flag_set, meta, details, resolve, member, bitfield)                             \
	[BTF_KIND_##kind] = { .name = #kind, .flags = flag_set },
#include "btf/kinds.def"
};

static const struct btf_type btf_void;

static void log_header(struct check *c)
{
	const struct btf_header *h = &c->btf->hdr;

	skep__btf_log(c, "magic: 0x%x\n", h->magic);
	skep__btf_log(c, "version: %u\n", h->version);
	skep__btf_log(c, "flags: 0x%x\n", h->flags);
	skep__btf_log(c, "hdr_len: %u\n", h->hdr_len);
	skep__btf_log(c, "type_off: %u\n", h->type_off);
	skep__btf_log(c, "type_len: %u\n", h->type_len);
	skep__btf_log(c, "str_off: %u\n", h->str_off);
	skep__btf_log(c, "str_len: %u\n", h->str_len);
	skep__btf_log(c, "btf_total_size: %u\n", c->btf->raw_size);
}

struct section {
	u32 off, len;
};

/* The two sections lie behind the header without gap, overlap or anything else. */
static int check_sections(struct check *c)
{
	const struct btf_header *h = &c->btf->hdr;
	struct section secs[] = { { h->type_off, h->type_len }, { h->str_off, h->str_len } };
	u32 total = 0, expected = c->btf->raw_size - h->hdr_len;
	s32 order = (s32)(secs[0].off - secs[1].off);

	if (!order)
		order = (s32)(secs[0].len - secs[1].len);
	for (u32 i = 0; i < ARRAY_SIZE(secs); i++) {
		const struct section *s = &secs[order > 0 ? 1 - i : i];

		if (expected < s->off)
			return fail(c, -EINVAL, "Invalid section offset");
		if (total < s->off)
			return fail(c, -EINVAL, "Unsupported section found");
		if (total > s->off)
			return fail(c, -EINVAL, "Section overlap found");
		if (expected - total < s->len)
			return fail(c, -EINVAL, "Total section length too long");
		total += s->len;
	}
	return total == expected ? 0 : fail(c, -EINVAL, "Unsupported section found");
}

static int check_header(struct check *c)
{
	struct btf *btf = c->btf;
	struct btf_header *h = &btf->hdr;
	u32 hdr_len;

	if (btf->raw_size < offsetof(struct btf_header, hdr_len) + sizeof(hdr_len))
		return fail(c, -EINVAL, "hdr_len not found");
	memcpy(&hdr_len, btf->raw + offsetof(struct btf_header, hdr_len), sizeof(hdr_len));
	if (btf->raw_size < hdr_len)
		return fail(c, -EINVAL, "btf_header not found");
	for (u32 i = sizeof(*h); i < hdr_len; i++)
		if (btf->raw[i])
			return fail(c, -E2BIG, "Unsupported btf_header");
	/* A shorter header than ours means zeros for the rest. */
	memcpy(h, btf->raw, min((size_t)hdr_len, sizeof(*h)));
	log_header(c);
	if (h->magic != BTF_MAGIC)
		return fail(c, -EINVAL, "Invalid magic");
	if (h->version != BTF_VERSION)
		return fail(c, -ENOTSUPP, "Unsupported version");
	if (h->flags)
		return fail(c, -ENOTSUPP, "Unsupported flags");
	if (!btf->base && btf->raw_size == h->hdr_len)
		return fail(c, -EINVAL, "No data");
	return check_sections(c);
}

static int check_strings(struct check *c)
{
	struct btf *btf = c->btf;
	const struct btf_header *h = &btf->hdr;
	const char *start = (const char *)btf->raw + h->hdr_len + h->str_off;

	if (h->hdr_len + h->str_off + h->str_len != btf->raw_size)
		return fail(c, -EINVAL, "String section is not at the end");
	btf->strings = start;
	if (btf->base && !h->str_len)
		return 0;
	if (!h->str_len || h->str_len - 1 > BTF_MAX_NAME_OFFSET || start[h->str_len - 1])
		return fail(c, -EINVAL, "Invalid string section");
	if (!btf->base && start[0])
		return fail(c, -EINVAL, "Invalid string section");
	return 0;
}

/* Room for as many types as the section can hold; records are read in place when they are aligned.
 */
static int make_room(struct btf *btf)
{
	const u8 *types = btf->raw + btf->hdr.hdr_len + btf->hdr.type_off;
	size_t most = btf->hdr.type_len / sizeof(struct btf_type) + 1;

	btf->types = skep__alloc(most * sizeof(*btf->types));
	if (!btf->types)
		return -ENOMEM;
	if ((uintptr_t)types % sizeof(u32)) {
		btf->aligned = skep__dup(types, btf->hdr.type_len);
		if (!btf->aligned)
			return -ENOMEM;
	}
	if (!btf->base)
		btf->types[btf->nr_types++] = &btf_void;
	return 0;
}

static int check_types(struct check *c)
{
	struct btf *btf = c->btf;
	int err;

	if (btf->hdr.type_off % sizeof(u32))
		return fail(c, -EINVAL, "Unaligned type_off");
	if (!btf->base && !btf->hdr.type_len)
		return fail(c, -EINVAL, "No type found");
	err = make_room(btf);
	if (!err)
		err = skep__btf_check_metas(c);
	if (err)
		return err;
	btf->resolved_ids = skep__zalloc_array(btf->nr_types, sizeof(u32));
	btf->resolved_sizes = skep__zalloc_array(btf->nr_types, sizeof(u32));
	c->visits = skep__zalloc_array(btf->nr_types, sizeof(u8));
	if (!btf->resolved_ids || !btf->resolved_sizes || !c->visits)
		return -ENOMEM;
	err = skep__btf_check_types(c);
	return err ? err : skep__btf_check_tags(c);
}

static int parse(struct check *c, const void *raw, u32 size)
{
	struct btf *btf = c->btf;
	int err;

	btf->raw = skep__dup(raw, size);
	if (!btf->raw)
		return -ENOMEM;
	btf->raw_size = size;
	err = check_header(c);
	if (!err)
		err = check_strings(c);
	if (!err)
		err = check_types(c);
	if (!err)
		err = skep__btf_index_names(btf);
	return err ? err : skep__btf_make_records(btf);
}

struct btf *skep__btf_parse(const void *raw, u32 size, const struct btf *base, struct strbuf *log,
			    int *err)
{
	struct check c = { .log = log };

	*err = -E2BIG;
	if (size > BTF_MAX_SIZE)
		return NULL;
	*err = -ENOMEM;
	c.btf = skep__zalloc(sizeof(*c.btf));
	if (!c.btf)
		return NULL;
	if (base) {
		c.btf->base = base;
		c.btf->start_id = skep__btf_nr_types(base);
		c.btf->start_str = base->start_str + base->hdr.str_len;
	}
	*err = parse(&c, raw, size);
	skep__free(c.visits);
	if (!*err)
		return c.btf;
	skep__btf_free(c.btf);
	return NULL;
}

void skep__btf_free(struct btf *btf)
{
	if (!btf)
		return;
	skep__free(btf->raw);
	skep__free(btf->aligned);
	skep__free(btf->types);
	skep__free(btf->resolved_ids);
	skep__free(btf->resolved_sizes);
	skep__free(btf->buckets);
	skep__free(btf->chain);
	skep__free(btf->records);
	skep__free(btf);
}
