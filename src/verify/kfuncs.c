/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel functions that a program calls, found in BTF before anything is followed. The refusals
 * are the kernel's add_kfunc_call's.
 */
#include "base/alloc.h"
#include "helper/kfunc.h"
#include "verify/passes.h"

#define MAX_KFUNCS 256

/* Functions of modules: their BTF is named by an index into fd_array, and no world has any. */
static int refuse_module(struct prep *p, s16 off)
{
	int err;

	if (off < 0)
		return skep__prep_fail(
			p, -EINVAL, "negative offset disallowed for kernel module function call\n");
	err = p->in->btf_at_index ? p->in->btf_at_index(p->in->opaque, off) : -EPROTO;
	if (err == -EPROTO)
		return skep__prep_fail(p, err, "kfunc offset > 0 without fd_array is invalid\n");
	if (err == -EFAULT)
		return err;
	if (err)
		return skep__prep_fail(p, err, "invalid module BTF fd specified\n");
	return skep__prep_fail(p, -EINVAL, "BTF fd for kfunc is not a module BTF\n");
}

int skep__prep_kfunc_index(const struct prep *p, const struct bpf_insn *insn)
{
	for (u32 i = 0; i < p->nr_kfuncs; i++) {
		if (p->kfuncs[i].btf_id == (u32)insn->imm)
			return i;
	}
	return -1;
}

static int add(struct prep *p, const struct btf *btf, u32 id)
{
	const struct btf_type *func = skep__btf_type(btf, id), *proto;
	struct prog_kfunc *k;

	if (p->nr_kfuncs == MAX_KFUNCS)
		return skep__prep_fail(p, -E2BIG, "too many different kernel function calls\n");
	if (!func || btf_kind(func) != BTF_KIND_FUNC)
		return skep__prep_fail(p, -EINVAL, "kernel btf_id %u is not a function\n", id);
	proto = skep__btf_type(btf, func->type);
	if (!proto || btf_kind(proto) != BTF_KIND_FUNC_PROTO)
		return skep__prep_fail(
			p, -EINVAL, "kernel function btf_id %u does not have a valid func_proto\n",
			id);
	k = &p->kfuncs[p->nr_kfuncs++];
	k->btf_id = id;
	k->name = skep__btf_name(btf, func);
	k->id = skep__kfunc_find(k->name);
	switch (k->id) {
	case KFUNC_bpf_xdp_metadata_rx_hash:
	case KFUNC_bpf_xdp_metadata_rx_timestamp:
	case KFUNC_bpf_xdp_metadata_rx_vlan_tag:
		return skep__prep_fail(p, -EINVAL,
				       "metadata kfuncs require device-bound program\n");
	default:
		return 0;
	}
}

int skep__prep_kfunc(struct prep *p, const struct bpf_insn *insn)
{
	const struct btf *btf;
	int err;

	if (!p->in->capable)
		return skep__prep_fail(
			p, -EPERM,
			"loading/calling other bpf or kernel functions are allowed for "
			"CAP_BPF and CAP_SYS_ADMIN\n");
	btf = p->in->kernel_btf ? p->in->kernel_btf(p->in->opaque) : NULL;
	if (!btf)
		return skep__prep_fail(p, -ENOTSUPP,
				       "calling kernel function is not supported without "
				       "CONFIG_DEBUG_INFO_BTF\n");
	if (!p->in->gpl)
		return skep__prep_fail(
			p, -EINVAL,
			"cannot call kernel function from non-GPL compatible program\n");
	/* A weak function that no BTF had: fine as long as nobody calls it. */
	if (!insn->imm && !insn->off)
		return 0;
	if (insn->off) {
		err = refuse_module(p, insn->off);
		return skep__prep_fail(p, err, "failed to find BTF for kernel function\n");
	}
	if (!p->kfuncs)
		p->kfuncs = skep__zalloc_array(MAX_KFUNCS, sizeof(*p->kfuncs));
	if (!p->kfuncs)
		return -ENOMEM;
	return skep__prep_kfunc_index(p, insn) >= 0 ? 0 : add(p, btf, insn->imm);
}
