/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/ctx_words.h"

#include "ctx/ctx.h"

enum { NAMED = 4 }; /* program types; the others are "others" */

/* The rows of a field, for each set of attach types one, follow each other. */
static const struct ctx_field *field_at(const struct ctx_touch *t)
{
	const struct prog_type *type = skep__prog_type(t->prog_type);

	for (u32 i = 0; type && i < type->nr_fields; i++) {
		const struct ctx_field *f = &type->fields[i];

		if (t->off >= f->off && t->off < (long long)f->off + f->size)
			return f;
	}
	return NULL;
}

void ctx_field_words(const struct ctx_touch *t, struct strbuf *out)
{
	const struct ctx_field *f = field_at(t);

	if (f && f->name)
		skep__strbuf_printf(out, "`%s`", f->name);
	else
		skep__strbuf_puts(out, "these bytes");
}

/* All who may, by any row of the field. */
static u64 allowed(const struct ctx_touch *t, const struct ctx_field *field, u8 *sizes)
{
	const struct prog_type *type = skep__prog_type(t->prog_type);
	const struct ctx_field *end = type->fields + type->nr_fields;
	u64 who = 0;

	*sizes = 0;
	for (const struct ctx_field *f = field; f < end && f->off == field->off; f++) {
		u64 by = t->write ? f->writers : f->readers;

		who |= by;
		if (by >> t->prog_type & 1)
			*sizes |= t->write ? f->stores : f->loads;
	}
	return who;
}

static void put_sizes(u8 sizes, struct strbuf *out)
{
	const char *sep = "only in pieces of ";

	for (u32 size = 1; size <= 8; size *= 2) {
		if (!(sizes & size))
			continue;
		skep__strbuf_printf(out, "%s%u", sep, size);
		sep = " or ";
	}
	skep__strbuf_puts(out, sizes & CTX_AT_START ? " bytes, from the field's start"
						    : " bytes, at a multiple of that");
}

static void put_types(u64 who, struct strbuf *out)
{
	const char *sep = "programs of type ";
	u32 nr = 0;

	for (u32 n = 0; n < 64; n++) {
		const struct prog_type *type = who >> n & 1 ? skep__prog_type(n) : NULL;

		if (!type)
			continue;
		if (nr++ == NAMED) {
			skep__strbuf_puts(out, " and others");
			break;
		}
		skep__strbuf_printf(out, "%s%s", sep, type->name);
		sep = ", ";
	}
	skep__strbuf_puts(out, " may");
}

void ctx_who_words(const struct ctx_touch *t, struct strbuf *out)
{
	const struct ctx_field *f = field_at(t);
	u8 sizes;
	u64 who;

	if (!f) {
		skep__strbuf_puts(out, "there is no field");
		return;
	}
	who = allowed(t, f, &sizes);
	if (!who)
		skep__strbuf_puts(out, "no program may");
	else if (who >> t->prog_type & 1)
		put_sizes(sizes, out);
	else
		put_types(who, out);
}
