/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log of BTF_LOAD: a line for every record that passed, and the reason on the line of the one
 * that did not. The kernel formats through a buffer of 1,024 bytes, which shortens long tags; so do
 * we.
 */
#include "btf/check.h"

#include <stdio.h>

static void vlog(struct check *c, const char *fmt, va_list ap)
{
	char piece[1024];
	int n = vsnprintf(piece, sizeof(piece), fmt, ap);

	skep__strbuf_add(c->log, piece, min((size_t)max(n, 0), sizeof(piece) - 1));
}

void skep__btf_log(struct check *c, const char *fmt, ...)
{
	va_list ap;

	if (!c->log)
		return;
	va_start(ap, fmt);
	vlog(c, fmt, ap);
	va_end(ap);
}

static const char *log_name(struct check *c, u32 off)
{
	const char *name;

	if (!off)
		return "(anon)";
	name = skep__btf_str(c->btf, off);
	return name ? name : "(invalid-name-offset)";
}

static const char *encoding_name(u32 encoding)
{
	switch (encoding) {
	case 0:
		return "(none)";
	case BTF_INT_SIGNED:
		return "SIGNED";
	case BTF_INT_CHAR:
		return "CHAR";
	case BTF_INT_BOOL:
		return "BOOL";
	default:
		return "UNKN";
	}
}

static void details_int(struct check *c, const struct btf_type *t)
{
	u32 data = btf_int_data(t);

	skep__btf_log(c, "size=%u bits_offset=%u nr_bits=%u encoding=%s", t->size,
		      BTF_INT_OFFSET(data), BTF_INT_BITS(data),
		      encoding_name(BTF_INT_ENCODING(data)));
}

static void details_ref(struct check *c, const struct btf_type *t)
{
	skep__btf_log(c, "type_id=%u", t->type);
}

static void details_array(struct check *c, const struct btf_type *t)
{
	const struct btf_array *array = btf_array(t);

	skep__btf_log(c, "type_id=%u index_type_id=%u nr_elems=%u", array->type, array->index_type,
		      array->nelems);
}

static void details_struct(struct check *c, const struct btf_type *t)
{
	skep__btf_log(c, "size=%u vlen=%u", t->size, btf_vlen(t));
}

static void details_fwd(struct check *c, const struct btf_type *t)
{
	skep__btf_log(c, "%s", BTF_INFO_KFLAG(t->info) ? "union" : "struct");
}

static void details_func_proto(struct check *c, const struct btf_type *t)
{
	const struct btf_param *args = (const void *)(t + 1);
	u32 nr = btf_vlen(t);

	skep__btf_log(c, "return=%u args=(", t->type);
	if (!nr)
		skep__btf_log(c, "void");
	for (u32 i = 0; i < nr; i++) {
		const char *comma = i ? ", " : "";

		if (i == nr - 1 && !args[i].type)
			skep__btf_log(c, "%svararg", comma);
		else
			skep__btf_log(c, "%s%u %s", comma, args[i].type,
				      log_name(c, args[i].name_off));
	}
	skep__btf_log(c, ")");
}

static void details_var(struct check *c, const struct btf_type *t)
{
	const struct btf_var *var = (const void *)(t + 1);

	skep__btf_log(c, "type_id=%u linkage=%u", t->type, var->linkage);
}

static void details_float(struct check *c, const struct btf_type *t)
{
	skep__btf_log(c, "size=%u", t->size);
}

static void details_decl_tag(struct check *c, const struct btf_type *t)
{
	const struct btf_decl_tag *tag = (const void *)(t + 1);

	skep__btf_log(c, "type=%u component_idx=%d", t->type, tag->component_idx);
}

typedef void details_fn(struct check *c, const struct btf_type *t);

static details_fn *const details[NR_BTF_KINDS] = {
#define KIND(name, flags, meta, det, resolve, member, bitfield) [BTF_KIND_##name] = details_##det,
#include "btf/kinds.def"
};

static void log_head(struct check *c, const struct btf_type *t)
{
	skep__btf_log(c, "[%u] %s %s", c->log_id, skep__btf_kinds[btf_kind(t)].name,
		      log_name(c, t->name_off));
}

static void log_tail(struct check *c, const char *fmt, va_list ap)
{
	if (fmt && *fmt) {
		skep__btf_log(c, " ");
		vlog(c, fmt, ap);
	}
	skep__btf_log(c, "\n");
}

void skep__btf_log_type(struct check *c, const struct btf_type *t, const char *fmt, ...)
{
	va_list ap;

	if (!c->log)
		return;
	log_head(c, t);
	skep__btf_log(c, " ");
	details[btf_kind(t)](c, t);
	va_start(ap, fmt);
	log_tail(c, fmt, ap);
	va_end(ap);
}

void skep__btf_log_basic(struct check *c, const struct btf_type *t, const char *fmt, ...)
{
	va_list ap;

	if (!c->log)
		return;
	log_head(c, t);
	va_start(ap, fmt);
	log_tail(c, fmt, ap);
	va_end(ap);
}

void skep__btf_log_member(struct check *c, const struct btf_type *t, const struct btf_member *m,
			  const char *fmt, ...)
{
	va_list ap;

	if (!c->log)
		return;
	if (c->resolving)
		skep__btf_log_type(c, t, NULL);
	if (BTF_INFO_KFLAG(t->info))
		skep__btf_log(c, "\t%s type_id=%u bitfield_size=%u bits_offset=%u",
			      log_name(c, m->name_off), m->type,
			      BTF_MEMBER_BITFIELD_SIZE(m->offset),
			      BTF_MEMBER_BIT_OFFSET(m->offset));
	else
		skep__btf_log(c, "\t%s type_id=%u bits_offset=%u", log_name(c, m->name_off),
			      m->type, m->offset);
	va_start(ap, fmt);
	log_tail(c, fmt, ap);
	va_end(ap);
}

void skep__btf_log_var(struct check *c, const struct btf_type *t, const struct btf_var_secinfo *v,
		       const char *fmt, ...)
{
	va_list ap;

	if (!c->log)
		return;
	if (c->resolving)
		skep__btf_log_type(c, t, NULL);
	skep__btf_log(c, "\t type_id=%u offset=%u size=%u", v->type, v->offset, v->size);
	va_start(ap, fmt);
	log_tail(c, fmt, ap);
	va_end(ap);
}
