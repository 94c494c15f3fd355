/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pointer plus or minus a number. Constants go to the fixed offset; everything else becomes a
 * variable part, and a packet pointer is then a new one, of which no bytes are known to be there.
 */
#include "verify/operand.h"
#include "verify/speculate.h"

/* Offsets stay so small that no later sum can overflow. */
static bool is_sane(struct verify_env *env, const struct reg *r, const struct reg *named)
{
	struct class_name name;
	s64 value = (s64)reg_const(r), low = r->n.smin;

	skep__class_name(named, &name);
	if (num_is_const(&r->n) && (value >= MAX_VAR_OFFSET || value <= -MAX_VAR_OFFSET)) {
		skep__vlog(env, "math between %s pointer and %lld is not allowed\n", name.text,
			   (long long)value);
		return false;
	}
	if (r->off >= MAX_VAR_OFFSET || r->off <= -MAX_VAR_OFFSET) {
		skep__vlog(env, "%s pointer offset %d is not allowed\n", name.text, r->off);
		return false;
	}
	if (low == INT64_MIN) {
		skep__vlog(env,
			   "math between %s pointer and register with unbounded min value is not "
			   "allowed\n",
			   name.text);
		return false;
	}
	if (low >= MAX_VAR_OFFSET || low <= -MAX_VAR_OFFSET) {
		skep__vlog(env, "value %lld makes %s pointer be out of bounds\n", (long long)low,
			   name.text);
		return false;
	}
	return true;
}

/* Which pointers may be added to at all. */
static bool allows_math(const struct reg *ptr, const struct reg *off, u8 op)
{
	bool known = num_is_const(&off->n);

	switch (ptr->cls) {
	case REG_CTX:
	case REG_MAP_VALUE:
	case REG_MAP_KEY:
	case REG_STACK:
	case REG_PACKET_META:
	case REG_PACKET:
	case REG_TP_BUFFER:
	case REG_BTF:
	case REG_MEM:
	case REG_BUF:
	case REG_FUNC:
	case REG_DYNPTR:
		return true;
	case REG_FLOW_KEYS:
		return known || (known && !off->n.smin && op == BPF_ADD);
	default:
		/* Adding nothing to a map is what a compiler may do with a struct's first member.
		 */
		return ptr->cls == REG_MAP_PTR && known && off->n.smin == 0 && op == BPF_ADD;
	}
}

static bool is_packet(const struct reg *r)
{
	return r->cls == REG_PACKET || r->cls == REG_PACKET_META;
}

static void add(struct verify_env *env, struct reg *dst, const struct reg *ptr,
		const struct reg *off)
{
	s64 sum = (s64)ptr->off + off->n.smin;

	if (num_is_const(&off->n) && sum == (s32)sum) {
		dst->off = (s32)sum;
		return;
	}
	skep__num_add64(&dst->n, &off->n);
	if (is_packet(ptr)) {
		dst->id = new_id(env);
		dst->words[0] = dst->words[1] = 0;
	}
}

static void subtract(struct verify_env *env, struct reg *dst, const struct reg *ptr,
		     const struct reg *off)
{
	s64 difference = (s64)ptr->off - off->n.smin;

	if (num_is_const(&off->n) && difference == (s32)difference) {
		dst->off = (s32)difference;
		return;
	}
	skep__num_sub64(&dst->n, &off->n);
	if (is_packet(ptr)) {
		dst->id = new_id(env);
		if (off->n.smin < 0)
			dst->words[0] = dst->words[1] = 0;
	}
}

static int refuse_operator(struct verify_env *env, u32 dst, u8 op)
{
	if (op == BPF_AND || op == BPF_OR || op == BPF_XOR)
		return skep__vfail(env, -EACCES, "R%u bitwise operator %s on pointer prohibited\n",
				   dst, skep__alu_text(op));
	return skep__vfail(env, -EACCES, "R%u pointer arithmetic with %s operator prohibited\n",
			   dst, skep__alu_text(op));
}

static int compute(struct verify_env *env, const struct insn *insn, struct reg *dst,
		   const struct reg *ptr, const struct reg *off, bool swapped)
{
	u8 op = BPF_OP(insn_desc(insn)->code);
	struct reg named = *ptr;

	/* Ranges of 32 bits are not kept for pointers. */
	skep__num_forget32(&dst->n);
	switch (op) {
	case BPF_ADD:
		add(env, dst, &named, off);
		break;
	case BPF_SUB:
		if (swapped)
			return skep__vfail(env, -EACCES,
					   "R%u tried to subtract pointer from scalar\n",
					   insn->dst);
		if (reg_plain(&named, REG_STACK))
			return skep__vfail(env, -EACCES,
					   "R%u subtraction from stack pointer prohibited\n",
					   insn->dst);
		subtract(env, dst, &named, off);
		break;
	default:
		return refuse_operator(env, insn->dst, op);
	}
	if (!is_sane(env, dst, &named))
		return -EINVAL;
	skep__num_sync(&dst->n);
	return 0;
}

int skep__check_pointer_alu(struct verify_env *env, const struct insn *insn, const struct reg *ptr,
			    const struct reg *off)
{
	struct reg *dst = cur_reg(env, insn->dst);
	u8 code = insn_desc(insn)->code, op = BPF_OP(code);
	bool swapped = dst != ptr;
	struct ptr_sum sum = { .insn = insn, .off = off, .swapped = swapped };
	struct class_name name;
	int err;

	if (off->n.smin > off->n.smax || off->n.umin > off->n.umax) {
		skep__reg_unknown(dst); /* on a way that is never taken */
		return 0;
	}
	if (BPF_CLASS(code) != BPF_ALU64) {
		if (op == BPF_SUB && env->allow_ptr_leaks) {
			skep__reg_unknown(dst);
			return 0;
		}
		return skep__vfail(env, -EACCES, "R%u 32-bit pointer arithmetic prohibited\n",
				   insn->dst);
	}
	if (reg_maybe_null(ptr))
		return skep__vfail(env, -EACCES,
				   "R%u pointer arithmetic on %s prohibited, null-check it first\n",
				   insn->dst, skep__class_name(ptr, &name));
	/* Loads through it cannot fault: where it points to is not kept. */
	if (ptr->cls == REG_MEM && ptr->flags & REG_UNTRUSTED) {
		if (swapped)
			skep__reg_unknown(dst);
		return 0;
	}
	if (!allows_math(ptr, off, op))
		return skep__vfail(env, -EACCES, "R%u pointer arithmetic on %s prohibited\n",
				   insn->dst, skep__class_name(ptr, &name));
	if (swapped)
		*dst = *ptr;
	if (!is_sane(env, off, ptr) || !is_sane(env, dst, ptr))
		return -EINVAL;
	err = skep__speculate_sum(env, &sum, ptr);
	if (!err)
		err = compute(env, insn, dst, ptr, off, swapped);
	return err ? err : skep__speculate_sum_done(env, &sum, dst);
}
