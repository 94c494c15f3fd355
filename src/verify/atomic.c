/* SPDX-License-Identifier: BSD-2-Clause */
/* Atomic instructions: a read and a write of the same memory, aligned, and not everywhere. */
#include "verify/memory.h"
#include "verify/operand.h"

static int check_class(struct verify_env *env, u32 regno)
{
	const struct reg *r = cur_reg(env, regno);
	struct class_name name;

	switch (r->cls) {
	case REG_CTX:
	case REG_PACKET:
	case REG_PACKET_META:
	case REG_FLOW_KEYS:
	case REG_SOCKET:
	case REG_SOCK_COMMON:
	case REG_TCP_SOCK:
	case REG_XDP_SOCK:
		return skep__vfail(env, -EACCES, "BPF_ATOMIC stores into R%u %s is not allowed\n",
				   regno, skep__class_name(r, &name));
	default:
		return 0;
	}
}

static int refuse_leak(struct verify_env *env, u32 regno)
{
	return skep__vfail(env, -EACCES, "R%u leaks addr into mem\n", regno);
}

static int need_operands(struct verify_env *env, const struct insn *insn)
{
	int err = skep__need_reg(env, insn->src);

	if (!err)
		err = skep__need_reg(env, insn->dst);
	if (!err && insn_desc(insn)->form == FORM_CMPXCHG) {
		err = skep__need_reg(env, BPF_REG_0);
		if (!err && is_secret(env, cur_reg(env, BPF_REG_0)))
			return refuse_leak(env, BPF_REG_0);
	}
	if (!err && is_secret(env, cur_reg(env, insn->src)))
		return refuse_leak(env, insn->src);
	return err ? err : check_class(env, insn->dst);
}

static int check_change(struct verify_env *env, const struct insn *insn)
{
	u8 form = insn_desc(insn)->form, size = insn_desc(insn)->size;
	int into = form == FORM_CMPXCHG ? BPF_REG_0 : form == FORM_FETCH ? insn->src : NO_REG;
	const struct reg *dst = cur_reg(env, insn->dst);
	int err = need_operands(env, insn);

	if (!err && into != NO_REG) {
		err = skep__will_write(env, into);
		if (!err) {
			skep__reg_unknown(cur_reg(env, into));
			cur_reg(env, into)->precise = !env->capable;
		}
	}
	if (!err)
		err = skep__check_access(env, insn->dst, insn->off, size, false, NO_REG, true,
					 false);
	if (!err && into != NO_REG)
		err = skep__check_access(env, insn->dst, insn->off, size, false, into, true, false);
	if (!err)
		err = skep__note_pointer(env, dst->cls, dst->flags, false);
	if (!err)
		err = skep__check_access(env, insn->dst, insn->off, size, true, NO_REG, true,
					 false);
	return err;
}

/* A load-acquire may overwrite its own pointer: its class is looked at first. */
static int check_ordered(struct verify_env *env, const struct insn *insn)
{
	bool load = insn_desc(insn)->form == FORM_LDACQ;
	int err = check_class(env, load ? insn->src : insn->dst);

	if (err)
		return err;
	return load ? skep__check_load(env, insn, true) : skep__check_store(env, insn, true);
}

int skep__check_atomic(struct verify_env *env, const struct insn *insn)
{
	u8 form = insn_desc(insn)->form;

	return form == FORM_LDACQ || form == FORM_STREL ? check_ordered(env, insn)
							: check_change(env, insn);
}
