/* SPDX-License-Identifier: BSD-2-Clause */
/* Subprograms: found by who refers to them, then checked to keep their jumps to themselves. */
#include <stdlib.h>

#include "base/alloc.h"
#include "verify/log_level.h"
#include "verify/passes.h"

static bool is_ldimm64(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

static bool is_local_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL;
}

static bool is_kfunc_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_KFUNC_CALL;
}

static bool is_func_load(const struct bpf_insn *insn)
{
	return is_ldimm64(insn) && insn->src_reg == BPF_PSEUDO_FUNC;
}

bool skep__prep_jump_target(const struct bpf_insn *insn, u32 i, s64 *target)
{
	u8 cls = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	if ((cls != BPF_JMP && cls != BPF_JMP32) || op == BPF_CALL || op == BPF_EXIT)
		return false;
	*target = (s64)i + 1 + (insn->code == (BPF_JMP32 | BPF_JA) ? insn->imm : insn->off);
	return true;
}

static struct subprog *find(struct prep *p, u32 start)
{
	for (u32 i = 0; i < p->nr_subprogs; i++) {
		if (p->subprogs[i].start == start)
			return &p->subprogs[i];
	}
	return NULL;
}

static int add(struct prep *p, s64 start, bool is_callback)
{
	struct subprog *sub;

	if (start < 0 || start >= p->in->len)
		return skep__prep_fail(p, -EINVAL, "call to invalid destination\n");
	sub = find(p, start);
	if (!sub) {
		if (p->nr_subprogs >= MAX_SUBPROGS)
			return skep__prep_fail(p, -E2BIG, "too many subprograms\n");
		sub = &p->subprogs[p->nr_subprogs++];
		*sub = (struct subprog){ .start = start, .stack_depth = MAX_BPF_STACK };
	}
	sub->is_callback |= is_callback;
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct subprog *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static int add_exception_callback(struct prep *p)
{
	u32 start;
	int err = skep__prep_exception_callback(p, &start);

	if (err || !start)
		return err;
	err = add(p, start, true);
	if (!err)
		find(p, start)->is_exception_callback = true;
	return err;
}

int skep__prep_find_subprogs(struct prep *p)
{
	const struct bpf_insn *insns = p->in->insns;
	int err;

	p->subprogs = skep__zalloc_array(MAX_SUBPROGS, sizeof(*p->subprogs));
	if (!p->subprogs)
		return -ENOMEM;
	err = add(p, 0, false);
	for (u32 i = 0; i < p->in->len && !err; i++) {
		if (is_local_call(&insns[i]) || is_func_load(&insns[i]))
			err = add(p, (s64)i + insns[i].imm + 1, is_func_load(&insns[i]));
		else if (is_kfunc_call(&insns[i]))
			err = skep__prep_kfunc(p, &insns[i]);
	}
	if (!err)
		err = add_exception_callback(p);
	if (err)
		return err;
	qsort(p->subprogs, p->nr_subprogs, sizeof(*p->subprogs), by_start);
	for (u32 i = 0; i < p->nr_subprogs; i++)
		p->subprogs[i].end = i + 1 < p->nr_subprogs ? p->subprogs[i + 1].start : p->in->len;
	for (u32 i = 0; p->in->log_level & LOG_ALL && i < p->nr_subprogs; i++)
		skep__strbuf_printf(p->log, "func#%u @%u\n", i, p->subprogs[i].start);
	return 0;
}

static bool ends_well(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_EXIT) || insn->code == (BPF_JMP | BPF_JA) ||
	       insn->code == (BPF_JMP32 | BPF_JA);
}

int skep__prep_check_jumps(struct prep *p)
{
	const struct subprog *sub = p->subprogs;

	for (u32 i = 0; i < p->in->len; i++) {
		const struct bpf_insn *insn = &p->in->insns[i];
		s64 target;

		if (skep__prep_jump_target(insn, i, &target) &&
		    (target < sub->start || target >= sub->end))
			return skep__prep_fail(p, -EINVAL,
					       "jump out of range from insn %u to %lld\n", i,
					       (long long)target);
		if (i != sub->end - 1)
			continue;
		/* Falling off the end of a subprogram would run into the next one. */
		if (!ends_well(insn))
			return skep__prep_fail(p, -EINVAL, "last insn is not an exit or jmp\n");
		sub++;
	}
	return 0;
}
