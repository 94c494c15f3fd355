/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses of the kernel's functions and variables, by their BTF id. A world has the kernel's
 * types and none of its memory: a function's address tells that there is such a function, and
 * nothing lies there; variables have none, as in kernels that keep no names of them.
 */
#include "verify/passes.h"

/* In the kernel's half of the address space, where a process has nothing: not canonical. */
#define FUNCTIONS (1ull << 63)

static int resolve(struct prep *p, const struct btf *btf, u32 id, struct insn *insn)
{
	const struct btf_type *t = id ? skep__btf_type(btf, id) : NULL;

	if (!t)
		return skep__prep_fail(p, -ENOENT, "ldimm64 insn specifies invalid btf_id %u.\n",
				       id);
	switch (btf_kind(t)) {
	case BTF_KIND_FUNC:
		insn->imm = (s64)(FUNCTIONS | (u64)id << 4);
		return 0;
	case BTF_KIND_VAR:
		return skep__prep_fail(
			p, -ENOENT, "ldimm64 failed to find the address for kernel symbol '%s'.\n",
			skep__btf_name(btf, t));
	default:
		return skep__prep_fail(p, -EINVAL,
				       "pseudo btf_id %u in ldimm64 isn't KIND_VAR or KIND_FUNC\n",
				       id);
	}
}

int skep__prep_ksym(struct prep *p, u32 i)
{
	const struct bpf_insn *raw = &p->in->insns[i];
	const struct btf *btf;

	if (raw[1].imm)
		return skep__prep_fail(p, -EINVAL, "invalid module BTF object FD specified.\n");
	btf = p->in->kernel_btf ? p->in->kernel_btf(p->in->opaque) : NULL;
	if (!btf)
		return skep__prep_fail(
			p, -EINVAL,
			"kernel is missing BTF, make sure CONFIG_DEBUG_INFO_BTF=y is "
			"specified in Kconfig.\n");
	p->insns[i] = (struct insn){
		.op = OP_LDBTFVAR,
		.dst = raw->dst_reg,
		.src = raw->src_reg,
	};
	return resolve(p, btf, (u32)raw->imm, &p->insns[i]);
}
