/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes BTF for tests, good or bad: records are written as given, nothing is checked. */
#ifndef TESTS_BTF_BUILD_H
#define TESTS_BTF_BUILD_H

#include <stdarg.h>
#include <string.h>

#include "base/types.h"
#include "base/uapi.h"

enum { MAX_TEST_WORDS = 65536, MAX_TEST_STRINGS = 65536 };

struct btf_build {
	u32 words[MAX_TEST_WORDS]; /* the type section */
	u32 nr_words, nr_types;
	char strings[MAX_TEST_STRINGS];
	u32 str_len;
	u32 start_id, start_str; /* of a split BTF; else 0 */
	u8 image[sizeof(struct btf_header) + MAX_TEST_WORDS * 4 + MAX_TEST_STRINGS];
};

#define BTF_INFO(kind, flag, vlen) ((u32)(flag) << 31 | (u32)(kind) << 24 | (vlen))
#define INT_DATA(encoding, off, bits) ((u32)(encoding) << 24 | (off) << 16 | (bits))
#define BITFIELD(bits, off) ((u32)(bits) << 24 | (off))

static inline void build_init(struct btf_build *b)
{
	b->nr_words = b->nr_types = b->start_id = b->start_str = 0;
	b->strings[0] = '\0';
	b->str_len = 1;
}

static inline u32 build_name(struct btf_build *b, const char *name)
{
	u32 off = b->str_len, len = strlen(name) + 1;

	if (!len || !*name)
		return 0;
	assert(off + len <= MAX_TEST_STRINGS);
	memcpy(b->strings + off, name, len);
	b->str_len += len;
	return b->start_str + off;
}

static inline void build_word(struct btf_build *b, u32 word)
{
	assert(b->nr_words < MAX_TEST_WORDS);
	b->words[b->nr_words++] = word;
}

/* A record, and its id. */
static inline u32 build_raw(struct btf_build *b, u32 name_off, u32 info, u32 size)
{
	build_word(b, name_off);
	build_word(b, info);
	build_word(b, size);
	b->nr_types++;
	return b->start_id ? b->start_id + b->nr_types - 1 : b->nr_types;
}

static inline u32 build_type(struct btf_build *b, const char *name, u32 info, u32 size)
{
	return build_raw(b, build_name(b, name), info, size);
}

static inline u32 build_int(struct btf_build *b, const char *name, u32 size, u32 data)
{
	u32 id = build_type(b, name, BTF_INFO(BTF_KIND_INT, 0, 0), size);

	build_word(b, data);
	return id;
}

static inline u32 build_array(struct btf_build *b, u32 type, u32 index, u32 nr)
{
	u32 id = build_type(b, "", BTF_INFO(BTF_KIND_ARRAY, 0, 0), 0);

	build_word(b, type);
	build_word(b, index);
	build_word(b, nr);
	return id;
}

/* Follows a STRUCT, UNION, DATASEC (no name) or ENUM64. */
static inline void build_3(struct btf_build *b, u32 x, u32 y, u32 z)
{
	build_word(b, x);
	build_word(b, y);
	build_word(b, z);
}

static inline void build_member(struct btf_build *b, const char *name, u32 type, u32 off)
{
	build_3(b, build_name(b, name), type, off);
}

/* Follows an ENUM or FUNC_PROTO. */
static inline void build_pair(struct btf_build *b, const char *name, u32 x)
{
	build_word(b, build_name(b, name));
	build_word(b, x);
}

/* The whole thing, in b->image. Returns its size. */
static inline u32 build_finish(struct btf_build *b)
{
	struct btf_header h = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(h),
		.type_len = b->nr_words * 4,
		.str_off = b->nr_words * 4,
		.str_len = b->str_len,
	};

	memcpy(b->image, &h, sizeof(h));
	memcpy(b->image + sizeof(h), b->words, h.type_len);
	memcpy(b->image + sizeof(h) + h.type_len, b->strings, h.str_len);
	return sizeof(h) + h.type_len + h.str_len;
}

/* One or more of every kind, referring to each other in every way that is allowed. */
static inline u32 build_everything(struct btf_build *b)
{
	u32 integer, character, u64_id, p, s, proto, fn, var, enum_id, fl;

	build_init(b);
	integer = build_int(b, "int", 4, INT_DATA(BTF_INT_SIGNED, 0, 32)); /* 1 */
	character = build_int(b, "char", 1, INT_DATA(BTF_INT_CHAR, 0, 8));
	u64_id = build_int(b, "unsigned long long", 8, INT_DATA(0, 0, 64));
	b->words[b->nr_words - 4] = build_name(b, "u64");
	build_int(b, "bits", 4, INT_DATA(0, 3, 5));
	p = build_type(b, "", BTF_INFO(BTF_KIND_PTR, 0, 0), 6);
	build_type(b, "", BTF_INFO(BTF_KIND_CONST, 0, 0), character); /* 6 */
	build_array(b, character, integer, 16);
	build_type(b, "name_t", BTF_INFO(BTF_KIND_TYPEDEF, 0, 0), 7);
	build_type(b, "", BTF_INFO(BTF_KIND_VOLATILE, 0, 0), 8);
	build_type(b, "", BTF_INFO(BTF_KIND_RESTRICT, 0, 0), p); /* 10 */
	enum_id = build_type(b, "colour", BTF_INFO(BTF_KIND_ENUM, 1, 3), 4);
	build_pair(b, "RED", -1);
	build_pair(b, "GREEN", 0);
	build_pair(b, "BLUE", 7);
	build_type(b, "big", BTF_INFO(BTF_KIND_ENUM64, 0, 1), 8); /* 12 */
	build_3(b, build_name(b, "HUGE"), 1, 0x80000000);
	build_type(b, "later", BTF_INFO(BTF_KIND_FWD, 1, 0), 0);
	build_type(b, "", BTF_INFO(BTF_KIND_PTR, 0, 0), 13);
	fl = build_type(b, "double", BTF_INFO(BTF_KIND_FLOAT, 0, 0), 8); /* 15 */
	s = build_type(b, "flow", BTF_INFO(BTF_KIND_STRUCT, 1, 6), 64); /* 16 */
	build_member(b, "next", 17, 0);
	build_member(b, "name", 9, 64);
	build_member(b, "low", integer, BITFIELD(3, 192));
	build_member(b, "colour", enum_id, BITFIELD(5, 195));
	build_member(b, "weight", fl, 256);
	build_member(b, "", 18, 320);
	build_type(b, "", BTF_INFO(BTF_KIND_PTR, 0, 0), s); /* 17 */
	build_type(b, "", BTF_INFO(BTF_KIND_UNION, 0, 3), 16); /* 18 */
	build_member(b, "wide", u64_id, 0);
	build_member(b, "big", 12, 0);
	build_member(b, "text", 10, 0);
	proto = build_type(b, "", BTF_INFO(BTF_KIND_FUNC_PROTO, 0, 3), integer); /* 19 */
	build_pair(b, "flow", 17);
	build_pair(b, "fmt", p);
	build_pair(b, "", 0);
	fn = build_type(b, "count", BTF_INFO(BTF_KIND_FUNC, 0, 1), proto);
	var = build_type(b, "total", BTF_INFO(BTF_KIND_VAR, 0, 0), u64_id); /* 21 */
	build_word(b, BTF_VAR_GLOBAL_ALLOCATED);
	build_type(b, ".bss", BTF_INFO(BTF_KIND_DATASEC, 0, 1), 8); /* 22 */
	build_3(b, var, 0, 8);
	build_type(b, "a tag", BTF_INFO(BTF_KIND_DECL_TAG, 0, 0), s);
	build_word(b, 1);
	build_type(b, "another", BTF_INFO(BTF_KIND_DECL_TAG, 0, 0), fn);
	build_word(b, -1);
	build_type(b, "user", BTF_INFO(BTF_KIND_TYPE_TAG, 0, 0), 6); /* 25 */
	build_type(b, "", BTF_INFO(BTF_KIND_PTR, 0, 0), 25);
	return build_finish(b);
}

#endif
