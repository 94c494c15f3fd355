/* SPDX-License-Identifier: BSD-2-Clause */
#include "jit/check.h"

#include "jit/flow.h"

struct verdict {
	int err;
	const char *why;
};

#define FINE ((struct verdict){ 0, NULL })
#define REFUSE(errno, why) ((struct verdict){ -(errno), why })

static const struct subprog *subprog_at(const struct prog *prog, s64 start)
{
	for (u32 i = 0; i < prog->nr_subprogs; i++) {
		if (prog->subprogs[i].start == start)
			return &prog->subprogs[i];
	}
	return NULL;
}

static struct verdict check_jump(const struct subprog *sub, u32 at, const struct insn *insn)
{
	s64 target = (s64)at + 1 + insn->off;

	if (target < sub->start || target >= sub->end)
		return REFUSE(EINVAL, "jump out of the subprogram");
	return FINE;
}

static struct verdict check_wide(const struct prog *prog, const struct insn *insn)
{
	switch (insn->op) {
	case OP_LDIMM64:
	case OP_LDBTFVAR:
		return FINE;
	case OP_LDMAP:
	case OP_LDMAPVAL:
		if (insn->imm < 0 || insn->imm >= prog->nr_maps)
			return REFUSE(EINVAL, "no such map in the program's table");
		return FINE;
	case OP_LDFUNC:
		if (insn->imm <= 0 || insn->imm >= prog->nr_subprogs)
			return REFUSE(EINVAL, "no such subprogram");
		if (!prog->subprogs[insn->imm].is_callback)
			return REFUSE(EINVAL, "address of a subprogram that is no callback");
		return FINE;
	default:
		return REFUSE(EINVAL, "map reference that was not resolved");
	}
}

static struct verdict check_insn(const struct prog *prog, const struct subprog *sub, u32 at)
{
	const struct insn *insn = &prog->insns[at];

	if (skep__insn_writes(insn) & REG_BIT(BPF_REG_10))
		return REFUSE(EINVAL, "frame pointer is read only");
	if (insn_jumps(insn))
		return check_jump(sub, at, insn);
	switch (insn_desc(insn)->form) {
	case FORM_NONE:
		if (insn->op == OP_LDIMM_HI && at > sub->start &&
		    insn_desc(insn - 1)->form == FORM_LDIMM)
			return FINE;
		return REFUSE(EINVAL, "not an instruction");
	case FORM_CALL_LOCAL:
		if (!subprog_at(prog, (s64)at + 1 + insn->off))
			return REFUSE(EINVAL, "call of something that is no subprogram");
		return FINE;
	case FORM_LDIMM:
		return check_wide(prog, insn);
	case FORM_CASTAS:
		if (prog->arena && !(insn->flags & INSN_ARENA))
			return REFUSE(EINVAL, "which accesses go to the arena is known of verified "
					      "programs only");
		return FINE;
	default:
		return FINE;
	}
}

/* Control must not run off the end of a subprogram. */
static struct verdict check_end(const struct prog *prog, const struct subprog *sub)
{
	if (insn_falls_through(&prog->insns[sub->end - 1]))
		return REFUSE(EINVAL, "last instruction of a subprogram is not an exit or a jump");
	return FINE;
}

static struct verdict check_subprog(const struct prog *prog, u32 s, u32 *at)
{
	const struct subprog *sub = &prog->subprogs[s];
	u32 expected = s ? prog->subprogs[s - 1].end : 0;
	struct verdict v = FINE;

	*at = expected;
	if (sub->start != expected || sub->end <= sub->start || sub->end > prog->len)
		return REFUSE(EINVAL, "subprograms do not cover the program");
	for (u32 i = sub->start; i < sub->end && !v.err; i++) {
		*at = i;
		v = check_insn(prog, sub, i);
	}
	return v.err ? v : check_end(prog, sub);
}

int skep__jit_check(const struct prog *prog, const char **why, u32 *at)
{
	struct verdict v = FINE;

	*at = 0;
	if (!prog->len || !prog->nr_subprogs ||
	    prog->subprogs[prog->nr_subprogs - 1].end != prog->len)
		v = REFUSE(EINVAL, "subprograms do not cover the program");
	for (u32 s = 0; s < prog->nr_subprogs && !v.err; s++)
		v = check_subprog(prog, s, at);
	*why = v.why;
	return v.err;
}
