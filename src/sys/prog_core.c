/* SPDX-License-Identifier: BSD-2-Clause */
#include "sys/prog_core.h"

#include <limits.h>
#include <string.h>

#include "base/alloc.h"
#include "btf/core.h"

#define BAD_RELO 195896080 /* 0xbad2310: libbpf knows a call of it in the log, and explains it */

struct relocation {
	const struct core_input *in;
	const struct bpf_core_relo *relo;
	struct core_spec local, target;
	struct core_value value;
};

/* Candidates that agree are as one. */
static int consider(struct relocation *r, u32 id, bool *found)
{
	struct core_spec target;
	struct core_value value;
	int err = skep__core_match(&r->local, r->in->kernel, id, &target);

	if (err <= 0)
		return err;
	err = skep__core_value(&r->local, &target, &value);
	if (err)
		return err;
	if (*found && (target.bit_offset != r->target.bit_offset ||
		       value.poison != r->value.poison || value.new != r->value.new))
		return -EINVAL;
	if (!*found) {
		r->target = target;
		r->value = value;
	}
	*found = true;
	return 0;
}

static int find_value(struct relocation *r)
{
	const struct btf_type *t = skep__btf_type(r->in->local, r->relo->type_id);
	const char *name = skep__btf_name(r->in->local, t);
	u32 len = skep__core_name_len(name);
	char plain[256];
	bool found = false;
	s64 id = -ENOENT;
	int err = 0;

	if (r->relo->kind == BPF_CORE_TYPE_ID_LOCAL) {
		r->value = (struct core_value){ .orig = r->local.root, .new = r->local.root };
		return 0;
	}
	if (!*name)
		return -EOPNOTSUPP;
	if (r->in->kernel && len < sizeof(plain)) {
		memcpy(plain, name, len);
		plain[len] = 0;
		id = skep__btf_find(r->in->kernel, plain, btf_kind(t));
	}
	for (; id > 0 && !err; id = skep__btf_find_next(r->in->kernel, (u32)id, plain, btf_kind(t)))
		err = consider(r, (u32)id, &found);
	if (!err && !found)
		err = skep__core_value(&r->local, NULL, &r->value);
	return err;
}

/* ---- the instruction ------------------------------------------------------------------------- */

static bool is_ldimm64(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

static void poison(struct bpf_insn *insn)
{
	*insn = (struct bpf_insn){ .code = BPF_JMP | BPF_CALL, .imm = BAD_RELO };
}

static int size_code(u32 bytes)
{
	switch (bytes) {
	case 1:
		return BPF_B;
	case 2:
		return BPF_H;
	case 4:
		return BPF_W;
	case 8:
		return BPF_DW;
	default:
		return -EINVAL;
	}
}

static int patch_memory(struct bpf_insn *insn, const struct core_value *v)
{
	int code = BPF_SIZE(insn->code);

	if (v->validate && (u64)insn->off != v->orig)
		return -EINVAL;
	if (v->new > SHRT_MAX)
		return -ERANGE;
	if (v->bad_size) {
		poison(insn);
		return 0;
	}
	if (v->orig_size != v->new_size) {
		if (code != size_code(v->orig_size))
			return -EINVAL;
		code = size_code(v->new_size);
		if (code < 0)
			return -EINVAL;
	}
	insn->off = (s16)v->new;
	insn->code = BPF_MODE(insn->code) | (u8)code | BPF_CLASS(insn->code);
	return 0;
}

static int patch_ldimm64(struct bpf_insn *insn, const struct core_value *v)
{
	if (!is_ldimm64(insn) || insn->src_reg || insn->off || insn[1].code || insn[1].src_reg ||
	    insn[1].dst_reg || insn[1].off)
		return -EINVAL;
	if (v->validate && ((u32)insn->imm | (u64)(u32)insn[1].imm << 32) != v->orig)
		return -EINVAL;
	insn->imm = (s32)v->new;
	insn[1].imm = (s32)(v->new >> 32);
	return 0;
}

static int patch(struct bpf_insn *insn, bool has_next, const struct core_value *v)
{
	if (is_ldimm64(insn) && !has_next)
		return -EINVAL;
	if (v->poison) {
		if (is_ldimm64(insn))
			poison(insn + 1);
		poison(insn);
		return 0;
	}
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		if (BPF_SRC(insn->code) != BPF_K || (v->validate && (u32)insn->imm != (u32)v->orig))
			return -EINVAL;
		insn->imm = (s32)v->new;
		return 0;
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		return patch_memory(insn, v);
	case BPF_LD:
		return patch_ldimm64(insn, v);
	default:
		return -EINVAL;
	}
}

static int apply(struct relocation *r)
{
	u32 at = r->relo->insn_off / sizeof(struct bpf_insn);
	int err = skep__core_spec(r->in->local, r->relo, &r->local);

	if (!err)
		err = find_value(r);
	return err ? err : patch(&r->in->insns[at], at + 1 < r->in->len, &r->value);
}

int skep__core_apply(const struct core_input *in, u32 i, const struct bpf_core_relo *relo,
		     struct strbuf *log)
{
	struct relocation *r;
	int err = -ENOMEM;

	if (relo->insn_off % sizeof(struct bpf_insn) ||
	    relo->insn_off / sizeof(struct bpf_insn) >= in->len) {
		skep__strbuf_printf(log, "Invalid core_relo[%u].insn_off:%u prog->len:%u\n", i,
				    relo->insn_off, in->len);
		return -EINVAL;
	}
	if (!skep__btf_type(in->local, relo->type_id)) {
		skep__strbuf_printf(log, "relo #%u: bad type id %u\n", i, relo->type_id);
		return -EINVAL;
	}
	r = skep__zalloc(sizeof(*r));
	if (r) {
		r->in = in;
		r->relo = relo;
		err = apply(r);
		skep__free(r);
	}
	if (err)
		skep__strbuf_printf(log, "relo #%u: cannot be applied: %d\n", i, err);
	return err;
}
