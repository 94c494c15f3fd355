/* SPDX-License-Identifier: BSD-2-Clause */
/* Dynptrs as arguments of kernel functions, and the slices that are taken of them. */
#include "verify/dynptr.h"
#include "verify/kfunc.h"

/* What the function makes: its own kind; of a clone, the original's, with its reference. */
static int fill_made(const struct kcall *k, struct dynptr_arg *arg)
{
	switch (k->id) {
	case KFUNC_bpf_dynptr_from_skb:
		arg->kind = DYNPTR_SKB;
		return 0;
	case KFUNC_bpf_dynptr_from_xdp:
		arg->kind = DYNPTR_XDP;
		return 0;
	case KFUNC_bpf_dynptr_from_skb_meta:
		arg->kind = DYNPTR_SKB_META;
		return 0;
	case KFUNC_bpf_dynptr_clone:
		arg->kind = k->call.dynptr.dyn.kind;
		arg->ref_id = k->call.dynptr.ref_id;
		return 0;
	default:
		return skep__vfail_later(k->env, "functions that make dynptrs of this kind");
	}
}

int skep__karg_dynptr(struct kcall *k, struct karg *a)
{
	struct dynptr_arg arg = { .use = a->reg->cls == REG_DYNPTR ? USE_READ : USE_CHANGE };
	int err = 0;

	if (skep__karg_has_suffix(a, "__uninit")) {
		arg.use = USE_MAKE;
		err = fill_made(k, &arg);
	}
	if (!err)
		err = skep__check_dynptr(k->env, a->regno, &arg);
	if (!err && arg.use != USE_MAKE)
		k->call.dynptr = *skep__dynptr_behind(k->env, a->regno);
	return err;
}

/* Slices have no reference: those of records are written through bpf_dynptr_data. */
int skep__kfunc_return_slice(struct kcall *k, struct reg *r0)
{
	const struct reg *dynptr = &k->call.dynptr;
	u16 flags;

	if (k->id != KFUNC_bpf_dynptr_slice && k->id != KFUNC_bpf_dynptr_slice_rdwr)
		return 1;
	flags = skep__slice_flag(dynptr->dyn.kind);
	if (k->id == KFUNC_bpf_dynptr_slice)
		flags |= REG_RDONLY;
	else if (!skep__may_touch_packet(k->env, true, NULL))
		return skep__vfail(k->env, -EINVAL,
				   "the prog does not allow writes to packet data\n");
	skep__reg_pointer(r0, REG_MEM, flags);
	r0->mem.size = (u32)k->const_arg;
	r0->mem.dynptr_id = dynptr->id;
	return 0;
}
