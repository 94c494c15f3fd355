/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/btf_check.h"

#include <bpf/btf.h>
#include <linux/btf.h>
#include <string.h>

struct section {
	const char *path;
	uint64_t at; /* of the types, in the file */
	const unsigned char *types;
	uint32_t type_len, str_len, nr_types;
	uint32_t id, off; /* of the record under inspection */
};

static enum outcome wrong(const struct section *s, const char *why)
{
	return complain("%s: byte %llu: .BTF, type [%u]: %s", s->path,
			(unsigned long long)(s->at + s->off), s->id, why);
}

/* Which words behind struct btf_type are names (N) and which are ids (T); '.' is neither. */
static const struct kind {
	const char *fixed, *each; /* once, and vlen times */
	char ref; /* 'T': the record's third word is an id */
} kinds[] = {
	[BTF_KIND_INT] = { ".", "", '.' },         [BTF_KIND_PTR] = { "", "", 'T' },
	[BTF_KIND_ARRAY] = { "TT.", "", '.' },     [BTF_KIND_STRUCT] = { "", "NT.", '.' },
	[BTF_KIND_UNION] = { "", "NT.", '.' },     [BTF_KIND_ENUM] = { "", "N.", '.' },
	[BTF_KIND_FWD] = { "", "", '.' },          [BTF_KIND_TYPEDEF] = { "", "", 'T' },
	[BTF_KIND_VOLATILE] = { "", "", 'T' },     [BTF_KIND_CONST] = { "", "", 'T' },
	[BTF_KIND_RESTRICT] = { "", "", 'T' },     [BTF_KIND_FUNC] = { "", "", 'T' },
	[BTF_KIND_FUNC_PROTO] = { "", "NT", 'T' }, [BTF_KIND_VAR] = { ".", "", 'T' },
	[BTF_KIND_DATASEC] = { "", "T..", '.' },   [BTF_KIND_FLOAT] = { "", "", '.' },
	[BTF_KIND_DECL_TAG] = { ".", "", 'T' },    [BTF_KIND_TYPE_TAG] = { "", "", 'T' },
	[BTF_KIND_ENUM64] = { "", "N..", '.' },
};

/* The kind, or NULL with a complaint when it is none or its record does not fit. */
static const struct kind *kind_at(const struct section *s, size_t *len)
{
	const struct btf_type *t = (const void *)(s->types + s->off);
	const struct kind *k;

	if (s->type_len - s->off < sizeof(*t)) {
		wrong(s, "the section ends inside it");
		return NULL;
	}
	k = &kinds[btf_kind(t) < COUNT(kinds) ? btf_kind(t) : 0];
	if (!k->fixed) {
		complain("%s: byte %llu: .BTF, type [%u]: there is no kind %u", s->path,
			 (unsigned long long)(s->at + s->off), s->id, btf_kind(t));
		return NULL;
	}
	*len = sizeof(*t) + 4 * (strlen(k->fixed) + strlen(k->each) * btf_vlen(t));
	if (s->type_len - s->off < *len) {
		wrong(s, "the section ends inside it");
		return NULL;
	}
	return k;
}

static enum outcome count_types(struct section *s)
{
	for (s->off = 0, s->id = 1; s->off < s->type_len; s->id++) {
		size_t len;

		if (!kind_at(s, &len))
			return BAD_INPUT;
		s->off += len;
	}
	s->nr_types = s->id;
	return GOOD;
}

static enum outcome check_words(const struct section *s, const char *roles, const uint32_t *words)
{
	for (unsigned int i = 0; roles[i]; i++) {
		if (roles[i] == 'N' && words[i] >= s->str_len)
			return wrong(s, "a name outside the strings");
		if (roles[i] == 'T' && words[i] >= s->nr_types)
			return wrong(s, "it refers to a type that is not there");
	}
	return GOOD;
}

static enum outcome check_records(struct section *s)
{
	for (s->off = 0, s->id = 1; s->off < s->type_len; s->id++) {
		const struct btf_type *t = (const void *)(s->types + s->off);
		const uint32_t *words = (const uint32_t *)(t + 1);
		size_t len = 0;
		const struct kind *k = kind_at(s, &len);
		enum outcome ret = check_words(s, "N", &t->name_off);

		if (!ret && k->ref == 'T')
			ret = check_words(s, "T", &t->type);
		if (!ret)
			ret = check_words(s, k->fixed, words);
		for (unsigned int i = 0; !ret && *k->each && i < btf_vlen(t); i++)
			ret = check_words(s, k->each, words + i * strlen(k->each));
		if (ret)
			return ret;
		s->off += len;
	}
	return GOOD;
}

enum outcome btf_check(const char *path, uint64_t at, const void *data, size_t size)
{
	const struct btf_header *h = data;
	struct section s = { .path = path };
	uint64_t types, strings;
	enum outcome ret;

	if (size < sizeof(*h))
		return complain("%s: byte %llu: .BTF of %zu bytes is shorter than its header", path,
				(unsigned long long)at, size);
	if (h->magic != BTF_MAGIC || h->version != BTF_VERSION || h->hdr_len < sizeof(*h))
		return complain("%s: byte %llu: .BTF does not begin with a header of version %d",
				path, (unsigned long long)at, BTF_VERSION);
	types = (uint64_t)h->hdr_len + h->type_off;
	strings = (uint64_t)h->hdr_len + h->str_off;
	if (types % 4 || types + h->type_len > size || strings + h->str_len > size ||
	    h->str_len == 0)
		return complain("%s: byte %llu: .BTF: types at %llu (%u bytes) and strings at %llu "
				"(%u bytes) "
				"are not inside its %zu bytes",
				path, (unsigned long long)at, (unsigned long long)types,
				h->type_len, (unsigned long long)strings, h->str_len, size);
	if (((const char *)data)[strings] || ((const char *)data)[strings + h->str_len - 1])
		return complain("%s: byte %llu: .BTF: its strings do not begin and end with a NUL",
				path, (unsigned long long)(at + strings));
	s.at = at + types;
	s.types = (const unsigned char *)data + types;
	s.type_len = h->type_len;
	s.str_len = h->str_len;
	ret = count_types(&s);
	return ret ? ret : check_records(&s);
}
