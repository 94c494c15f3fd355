/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * First pass: every record by itself, as the kernel's btf_check_all_metas() does it. A check
 * returns the bytes that follow struct btf_type, or -errno; ids are only range-checked, following
 * them comes later.
 */
#include "btf/check.h"

#define BTF_INFO_MASK 0x9f00ffffU
#define BTF_INT_MASK 0x0fffffffU
#define BITS_MAX 128U

static bool id_in_range(u32 id)
{
	return id <= BTF_MAX_TYPE;
}

static bool named(struct check *c, const struct btf_type *t)
{
	return t->name_off && skep__btf_identifier_ok(c->btf, t->name_off);
}

static bool has_text(struct check *c, const struct btf_type *t)
{
	return skep__btf_str(c->btf, t->name_off)[0];
}

static int too_short(struct check *c, const struct btf_type *t, u32 left, u32 need)
{
	return bad_basic(c, t, "meta_left:%u meta_needed:%u", left, need);
}

static int no_vlen(struct check *c, const struct btf_type *t)
{
	return btf_vlen(t) ? bad_type(c, t, "vlen != 0") : 0;
}

static int no_kind_flag(struct check *c, const struct btf_type *t)
{
	return BTF_INFO_KFLAG(t->info) ? bad_type(c, t, "Invalid btf_info kind_flag") : 0;
}

static int no_vlen_no_flag(struct check *c, const struct btf_type *t)
{
	int err = no_vlen(c, t);

	return err ? err : no_kind_flag(c, t);
}

static int accept(struct check *c, const struct btf_type *t, u32 need)
{
	skep__btf_log_type(c, t, NULL);
	return need;
}

static int meta_int(struct check *c, const struct btf_type *t, u32 left)
{
	u32 data, bits;
	int err;

	if (left < sizeof(data))
		return too_short(c, t, left, sizeof(data));
	err = no_vlen_no_flag(c, t);
	if (err)
		return err;
	data = btf_int_data(t);
	if (data & ~BTF_INT_MASK)
		return bad_basic(c, t, "Invalid int_data:%x", data);
	bits = BTF_INT_BITS(data) + BTF_INT_OFFSET(data);
	if (bits > BITS_MAX)
		return bad_type(c, t, "nr_bits exceeds %u", BITS_MAX);
	if ((bits + 7) / 8 > t->size)
		return bad_type(c, t, "nr_bits exceeds type_size");
	switch (BTF_INT_ENCODING(data)) {
	case 0:
	case BTF_INT_SIGNED:
	case BTF_INT_CHAR:
	case BTF_INT_BOOL:
		return accept(c, t, sizeof(data));
	default:
		skep__btf_log_type(c, t, "Unsupported encoding");
		return -ENOTSUPP;
	}
}

/* PTR, TYPEDEF, VOLATILE, CONST, RESTRICT, TYPE_TAG. Since 6.15 a type tag may carry the flag. */
static int meta_ref(struct check *c, const struct btf_type *t, u32 left)
{
	u32 kind = btf_kind(t);
	bool name_ok;
	int err = no_vlen(c, t);

	if (!err && kind != BTF_KIND_TYPE_TAG)
		err = no_kind_flag(c, t);
	if (err)
		return err;
	if (!id_in_range(t->type))
		return bad_type(c, t, "Invalid type_id");
	if (kind == BTF_KIND_TYPEDEF)
		name_ok = named(c, t);
	else if (kind == BTF_KIND_TYPE_TAG)
		name_ok = has_text(c, t);
	else
		name_ok = !t->name_off;
	return name_ok ? accept(c, t, 0) : bad_type(c, t, "Invalid name");
}

static int meta_fwd(struct check *c, const struct btf_type *t, u32 left)
{
	int err = no_vlen(c, t);

	if (err)
		return err;
	if (t->type)
		return bad_type(c, t, "type != 0");
	return named(c, t) ? accept(c, t, 0) : bad_type(c, t, "Invalid name");
}

static int meta_array(struct check *c, const struct btf_type *t, u32 left)
{
	const struct btf_array *array = btf_array(t);
	int err;

	if (left < sizeof(*array))
		return too_short(c, t, left, sizeof(*array));
	if (t->name_off)
		return bad_type(c, t, "Invalid name");
	err = no_vlen_no_flag(c, t);
	if (err)
		return err;
	if (t->size)
		return bad_type(c, t, "size != 0");
	if (!array->type || !id_in_range(array->type))
		return bad_type(c, t, "Invalid elem");
	if (!array->index_type || !id_in_range(array->index_type))
		return bad_type(c, t, "Invalid index");
	return accept(c, t, sizeof(*array));
}

static int meta_member(struct check *c, const struct btf_type *t, const struct btf_member *m,
		       u32 *last_off)
{
	u32 off = btf_member_bit_offset(t, m);
	bool is_union = btf_kind(t) == BTF_KIND_UNION;

	if (!skep__btf_name_off_ok(c->btf, m->name_off))
		return bad_member(c, t, m, "Invalid member name_offset:%u", m->name_off);
	if (m->name_off && !skep__btf_identifier_ok(c->btf, m->name_off))
		return bad_member(c, t, m, "Invalid name");
	if (!m->type || !id_in_range(m->type))
		return bad_member(c, t, m, "Invalid type_id");
	if ((is_union && off) || *last_off > off)
		return bad_member(c, t, m, "Invalid member bits_offset");
	if (off / 8 + !!(off % 8) > t->size)
		return bad_member(c, t, m, "Member bits_offset exceeds its struct size");
	skep__btf_log_member(c, t, m, NULL);
	*last_off = off;
	return 0;
}

static int meta_struct(struct check *c, const struct btf_type *t, u32 left)
{
	const struct btf_member *members = btf_members(t);
	u32 nr = btf_vlen(t), need = nr * sizeof(*members), last_off = 0;

	if (left < need)
		return too_short(c, t, left, need);
	if (t->name_off && !named(c, t))
		return bad_type(c, t, "Invalid name");
	skep__btf_log_type(c, t, NULL);
	for (u32 i = 0; i < nr; i++) {
		int err = meta_member(c, t, &members[i], &last_off);

		if (err)
			return err;
	}
	return need;
}

/* Up to the values. */
static int enum_head(struct check *c, const struct btf_type *t, u32 left, u32 need)
{
	if (left < need)
		return too_short(c, t, left, need);
	if (t->size > 8 || t->size == 0 || (t->size & (t->size - 1)))
		return bad_type(c, t, "Unexpected size");
	if (t->name_off && !named(c, t))
		return bad_type(c, t, "Invalid name");
	return accept(c, t, need);
}

static int enum_name(struct check *c, const struct btf_type *t, u32 name_off)
{
	if (!skep__btf_name_off_ok(c->btf, name_off)) {
		skep__btf_log(c, "\tInvalid name_offset:%u", name_off);
		return -EINVAL;
	}
	if (!name_off || !skep__btf_identifier_ok(c->btf, name_off))
		return bad_type(c, t, "Invalid name");
	return 0;
}

static int meta_enum(struct check *c, const struct btf_type *t, u32 left)
{
	bool is_signed = BTF_INFO_KFLAG(t->info);
	u32 each =
		btf_kind(t) == BTF_KIND_ENUM ? sizeof(struct btf_enum) : sizeof(struct btf_enum64);
	int need = enum_head(c, t, left, btf_vlen(t) * each);

	for (u32 i = 0; need >= 0 && i < btf_vlen(t); i++) {
		struct btf_enumerator e = btf_enumerator(t, i);
		int err = enum_name(c, t, e.name_off);

		if (err)
			return err;
		skep__btf_log(c, is_signed ? "\t%s val=%lld\n" : "\t%s val=%llu\n",
			      skep__btf_str(c->btf, e.name_off), (long long)e.value);
	}
	return need;
}

static int meta_func_proto(struct check *c, const struct btf_type *t, u32 left)
{
	u32 need = btf_vlen(t) * sizeof(struct btf_param);
	int err;

	if (left < need)
		return too_short(c, t, left, need);
	if (t->name_off)
		return bad_type(c, t, "Invalid name");
	err = no_kind_flag(c, t);
	return err ? err : accept(c, t, need);
}

static int meta_func(struct check *c, const struct btf_type *t, u32 left)
{
	enum { FUNC_STATIC, FUNC_GLOBAL, FUNC_EXTERN };
	int err;

	if (!named(c, t))
		return bad_type(c, t, "Invalid name");
	if (btf_vlen(t) > FUNC_GLOBAL)
		return bad_type(c, t, "Invalid func linkage");
	err = no_kind_flag(c, t);
	return err ? err : accept(c, t, 0);
}

static int meta_var(struct check *c, const struct btf_type *t, u32 left)
{
	const struct btf_var *var = (const void *)(t + 1);
	int err;

	if (left < sizeof(*var))
		return too_short(c, t, left, sizeof(*var));
	err = no_vlen_no_flag(c, t);
	if (err)
		return err;
	if (!named(c, t))
		return bad_type(c, t, "Invalid name");
	if (!t->type || !id_in_range(t->type))
		return bad_type(c, t, "Invalid type_id");
	if (var->linkage != BTF_VAR_STATIC && var->linkage != BTF_VAR_GLOBAL_ALLOCATED)
		return bad_type(c, t, "Linkage not supported");
	return accept(c, t, sizeof(*var));
}

static int meta_secinfo(struct check *c, const struct btf_type *t, const struct btf_var_secinfo *v,
			u64 *end)
{
	if (!v->type || !id_in_range(v->type))
		return bad_var(c, t, v, "Invalid type_id");
	if (v->offset < *end || v->offset >= t->size)
		return bad_var(c, t, v, "Invalid offset");
	if (!v->size || v->size > t->size)
		return bad_var(c, t, v, "Invalid size");
	/* The kernel adds in 32 bits here. With size <= t->size the sum wraps only near 4 GiB. */
	*end = (u32)(v->offset + v->size);
	if (*end > t->size)
		return bad_var(c, t, v, "Invalid offset+size");
	skep__btf_log_var(c, t, v, NULL);
	return 0;
}

static int meta_datasec(struct check *c, const struct btf_type *t, u32 left)
{
	const struct btf_var_secinfo *vars = (const void *)(t + 1);
	u32 nr = btf_vlen(t), need = nr * sizeof(*vars);
	u64 end = 0, sum = 0;
	int err;

	if (left < need)
		return too_short(c, t, left, need);
	if (!t->size)
		return bad_type(c, t, "size == 0");
	err = no_kind_flag(c, t);
	if (err)
		return err;
	if (!t->name_off || !skep__btf_section_name_ok(c->btf, t->name_off))
		return bad_type(c, t, "Invalid name");
	skep__btf_log_type(c, t, NULL);
	for (u32 i = 0; i < nr; i++) {
		err = meta_secinfo(c, t, &vars[i], &end);
		if (err)
			return err;
		sum += vars[i].size;
	}
	return sum > t->size ? bad_type(c, t, "Invalid btf_info size") : (int)need;
}

static int meta_float(struct check *c, const struct btf_type *t, u32 left)
{
	int err = no_vlen_no_flag(c, t);

	if (err)
		return err;
	switch (t->size) {
	case 2:
	case 4:
	case 8:
	case 12:
	case 16:
		return accept(c, t, 0);
	default:
		return bad_type(c, t, "Invalid type_size");
	}
}

static int meta_decl_tag(struct check *c, const struct btf_type *t, u32 left)
{
	const struct btf_decl_tag *tag = (const void *)(t + 1);
	int err;

	if (left < sizeof(*tag))
		return too_short(c, t, left, sizeof(*tag));
	if (!has_text(c, t))
		return bad_type(c, t, "Invalid value");
	err = no_vlen(c, t);
	if (err)
		return err;
	if (tag->component_idx < -1)
		return bad_type(c, t, "Invalid component_idx");
	return accept(c, t, sizeof(*tag));
}

typedef int meta_fn(struct check *c, const struct btf_type *t, u32 left);

static meta_fn *const metas[NR_BTF_KINDS] = {
#define KIND(name, flags, meta, details, resolve, member, bitfield) [BTF_KIND_##name] = meta_##meta,
#include "btf/kinds.def"
};

/* Bytes that the record takes in all, or -errno. */
static int check_meta(struct check *c, const struct btf_type *t, u32 left)
{
	int tail;

	if (left < sizeof(*t)) {
		skep__btf_log(c, "[%u] meta_left:%u meta_needed:%zu", c->log_id, left, sizeof(*t));
		return -EINVAL;
	}
	if (t->info & ~BTF_INFO_MASK) {
		skep__btf_log(c, "[%u] Invalid btf_info:%x", c->log_id, t->info);
		return -EINVAL;
	}
	if (btf_kind(t) > BTF_KIND_MAX || btf_kind(t) == BTF_KIND_UNKN) {
		skep__btf_log(c, "[%u] Invalid kind:%u", c->log_id, btf_kind(t));
		return -EINVAL;
	}
	if (!skep__btf_name_off_ok(c->btf, t->name_off)) {
		skep__btf_log(c, "[%u] Invalid name_offset:%u", c->log_id, t->name_off);
		return -EINVAL;
	}
	tail = metas[btf_kind(t)](c, t, left - sizeof(*t));
	return tail < 0 ? tail : (int)sizeof(*t) + tail;
}

int skep__btf_check_metas(struct check *c)
{
	struct btf *btf = c->btf;
	const struct btf_header *h = &btf->hdr;
	const u8 *cur = btf->aligned ? btf->aligned : btf->raw + h->hdr_len + h->type_off;
	const u8 *end = cur + h->type_len;

	c->log_id = btf->base ? btf->start_id : 1;
	while (cur < end) {
		const struct btf_type *t = (const void *)cur;
		int size = check_meta(c, t, end - cur);

		if (size < 0)
			return size;
		/* Types past the last id are dropped, and the kernel does not mind. */
		if (btf->start_id + btf->nr_types < BTF_MAX_TYPE)
			btf->types[btf->nr_types++] = t;
		else
			skep__btf_log(c, "Exceeded max num of types");
		cur += size;
		c->log_id++;
	}
	return 0;
}
