/* SPDX-License-Identifier: BSD-2-Clause */
/* One instruction of the path: by its form to whoever knows it. */
#include "verify/explore.h"
#include "verify/jump.h"
#include "verify/kfunc.h"
#include "verify/memory.h"
#include "verify/operand.h"
#include "verify/ref.h"

/* What a wide load gives: a number, a map, a place in its value, a function. */
static int check_wide(struct verify_env *env, const struct insn *insn)
{
	const struct verify_map *map;
	struct reg *dst;
	int err = skep__will_write(env, insn->dst);

	if (err)
		return err;
	dst = cur_reg(env, insn->dst);
	switch (insn->op) {
	case OP_LDIMM64:
		skep__reg_const(dst, insn->imm);
		dst->precise = !env->capable;
		return 0;
	case OP_LDMAP:
	case OP_LDMAPVAL:
		map = &env->in->maps[insn->imm];
		if (insn->op == OP_LDMAPVAL && map->def->type == BPF_MAP_TYPE_ARENA) {
			skep__reg_unknown(dst);
			return 0;
		}
		skep__reg_pointer(dst, insn->op == OP_LDMAP ? REG_MAP_PTR : REG_MAP_VALUE, 0);
		dst->map.map = map;
		dst->off = insn->op == OP_LDMAPVAL ? insn->off : 0;
		return 0;
	case OP_LDFUNC:
		if (!env->in->nr_func_info)
			return skep__vfail(env, -EINVAL, "missing btf func_info\n");
		if (env->subs[insn->imm].linkage != LINK_STATIC)
			return skep__vfail(env, -EINVAL, "callback function not static\n");
		if (insn->imm == 0)
			return skep__vfail(env, -EINVAL,
					   "callback function cannot be the main program\n");
		skep__reg_pointer(dst, REG_FUNC, 0);
		dst->func.subprog = insn->imm;
		return 0;
	default:
		skep__reg_pointer(dst, REG_MEM, REG_RDONLY); /* a function of the kernel's */
		return 0;
	}
}

static bool may_load_packet(u32 prog_type)
{
	return prog_type == BPF_PROG_TYPE_SOCKET_FILTER || prog_type == BPF_PROG_TYPE_SCHED_CLS ||
	       prog_type == BPF_PROG_TYPE_SCHED_ACT;
}

/* The classic loads: a bad offset ends the function with 0, as a path of its own. */
static int check_packet_load(struct verify_env *env, const struct insn *insn)
{
	bool indirect = BPF_MODE(insn_desc(insn)->code) == BPF_IND;
	struct reg zero;
	int err;

	if (!may_load_packet(env->prog->type))
		return skep__vfail(
			env, -EINVAL,
			"BPF_LD_[ABS|IND] instructions not allowed for this program type\n");
	err = skep__need_reg(env, BPF_REG_6);
	if (err)
		return err;
	err = skep__check_leaks(env, false, true, "BPF_LD_[ABS|IND]");
	if (err)
		return err;
	if (!reg_plain(cur_reg(env, BPF_REG_6), REG_CTX))
		return skep__vfail(env, -EINVAL,
				   "at the time of BPF_LD_ABS|IND R6 != pointer to skb\n");
	if (indirect) {
		err = skep__need_reg(env, insn->src);
		if (err)
			return err;
	}
	err = skep__check_plain_offset(env, cur_reg(env, BPF_REG_6), BPF_REG_6, false);
	if (err)
		return err;
	skep__clear_caller_saved(env);
	skep__reg_unknown(cur_reg(env, BPF_REG_0));
	cur_reg(env, BPF_REG_0)->precise = !env->capable;
	if (env->cur->cur) {
		skep__reg_const(&zero, 0);
		return skep__exit_early(env, zero);
	}
	env->insn++;
	return 0;
}

static bool may_call_locked(const struct verify_env *env, const struct insn *insn)
{
	const struct kfunc *kfunc = skep__kfunc(skep__env_kfunc_id(env, insn));

	if (insn->op == OP_CALL_HELPER)
		return insn->imm == BPF_FUNC_spin_unlock;
	return insn->op == OP_CALL_LOCAL || (kfunc && kfunc->flags & KFUNC_LOCKED);
}

static int check_call(struct verify_env *env, const struct insn *insn)
{
	int err;

	env->jumps_processed++;
	if (env->cur->active_locks && !may_call_locked(env, insn))
		return skep__vfail(env, -EINVAL,
				   "function calls are not allowed while holding a lock\n");
	if (insn->op == OP_CALL_HELPER)
		err = skep__check_helper_call(env, insn);
	else if (insn->op == OP_CALL_LOCAL)
		err = skep__check_local_call(env, insn);
	else
		err = skep__check_kfunc_call(env, insn);
	if (!err)
		mark_scratched(env, BPF_REG_0);
	return err;
}

/* An atomic operation that is none, or none of that width. */
static int refuse_atomic(struct verify_env *env, struct bpf_insn raw)
{
	struct insn wider;

	raw.code = BPF_STX | BPF_ATOMIC | BPF_DW;
	if (skep__insn_decode(&raw, 1, &wider, NULL) > 0)
		return skep__vfail(env, -EINVAL, "invalid atomic operand size\n");
	return skep__vfail(env, -EINVAL, "BPF_ATOMIC uses invalid atomic opcode %02x\n",
			   (u32)raw.imm);
}

/* What was not decoded, with the kernel's sentence: reserved fields come before registers, which
 * are looked at as operands are. */
static int refuse_invalid(struct verify_env *env, const struct insn *insn)
{
	u8 class = BPF_CLASS(insn->flags);
	bool bad_dst = insn->dst > BPF_REG_10, bad_src = insn->src > BPF_REG_10;
	bool dst_first = class == BPF_JMP || class == BPF_JMP32;
	struct bpf_insn raw[2] = { {
		.code = insn->flags,
		.dst_reg = bad_dst ? BPF_REG_10 : insn->dst,
		.src_reg = bad_src ? BPF_REG_10 : insn->src,
		.off = (s16)insn->off,
		.imm = (s32)insn->imm,
	} };
	struct insn decoded;
	const char *why;

	if (skep__insn_decode(raw, 2, &decoded, &why) > 0)
		return skep__vfail(env, -EINVAL, "R%u is invalid\n",
				   bad_dst && (dst_first || !bad_src) ? insn->dst : insn->src);
	if (class == BPF_STX && BPF_MODE(insn->flags) == BPF_ATOMIC)
		return refuse_atomic(env, raw[0]);
	return skep__vfail(env, -EINVAL, "%s\n", why);
}

int skep__check_insn(struct verify_env *env)
{
	const struct insn *insn = env_insn(env, env->insn);
	int err;

	switch (insn_desc(insn)->form) {
	case FORM_JMP_X:
	case FORM_JMP_K:
		return skep__check_jump(env, insn);
	case FORM_MAY_GOTO:
		return skep__check_may_goto(env, insn);
	case FORM_JA:
	case FORM_GOTOL:
		env->jumps_processed++;
		env->insn += 1 + insn->off;
		return 0;
	case FORM_CALL_HELPER:
	case FORM_CALL_LOCAL:
	case FORM_CALL_KFUNC:
		return check_call(env, insn);
	case FORM_EXIT:
		env->jumps_processed++;
		return skep__check_exit(env, false);
	case FORM_LDPKT:
		return check_packet_load(env, insn);
	case FORM_LDIMM:
		err = check_wide(env, insn);
		env->insn += err ? 0 : 2;
		return err;
	case FORM_LDX:
		err = skep__check_load(env, insn, false);
		break;
	case FORM_STX:
		err = skep__check_store(env, insn, false);
		break;
	case FORM_ST:
		err = skep__check_store_const(env, insn);
		break;
	case FORM_ATOMIC:
	case FORM_FETCH:
	case FORM_CMPXCHG:
	case FORM_LDACQ:
	case FORM_STREL:
		err = skep__check_atomic(env, insn);
		break;
	case FORM_NONE:
		return refuse_invalid(env, insn);
	default:
		err = skep__check_alu(env, insn);
		break;
	}
	env->insn += err ? 0 : 1;
	return err;
}
