/* SPDX-License-Identifier: BSD-2-Clause */
/* Which registers are still wanted after each instruction: backwards, again and again, until
 * nothing changes. */
#include <string.h>

#include "base/alloc.h"
#include "jit/flow.h"

#define MAX_ROUNDS                                                                                 \
	40 /* nesting depth of loops that is worth following; past it everything is live */

bool skep__insn_is_dead(const struct flow *flow, const struct insn *insn, u32 at)
{
	switch (insn_desc(insn)->form) {
	case FORM_ALU_X:
	case FORM_ALU_K:
	case FORM_ALU_1:
	case FORM_MOVSX:
	case FORM_END:
	case FORM_LDX:
	case FORM_LDIMM:
		return !(skep__insn_writes(insn) & flow->live[at]);
	default:
		return false;
	}
}

/* What only dead instructions read is not wanted. */
u16 skep__live_before(const struct flow *flow, const struct insn *insn, u32 at)
{
	if (skep__insn_is_dead(flow, insn, at))
		return flow->live[at];
	return (flow->live[at] & ~skep__insn_writes(insn)) | skep__insn_reads(insn);
}

static bool round_over(struct flow *flow, const struct prog *prog)
{
	bool changed = false;
	u16 next = 0; /* live before the instruction at i + 1 */

	for (u32 i = prog->len; i-- > 0;) {
		const struct insn *insn = &prog->insns[i];
		u16 live = insn_falls_through(insn) ? next : 0;

		if (insn_jumps(insn)) {
			u32 target = jump_target(i, insn);

			live |= skep__live_before(flow, &prog->insns[target], target);
		}
		changed |= live != flow->live[i];
		flow->live[i] = live;
		next = skep__live_before(flow, insn, i);
	}
	return changed;
}

void skep__flow_live_again(struct flow *flow, const struct prog *prog)
{
	u32 rounds = 0;

	memset(flow->live, 0, prog->len * sizeof(*flow->live));
	while (round_over(flow, prog)) {
		if (++rounds < MAX_ROUNDS)
			continue;
		memset(flow->live, 0xff, prog->len * sizeof(*flow->live));
		break;
	}
}

int skep__flow_live(struct flow *flow, const struct prog *prog)
{
	flow->live = skep__zalloc_array(prog->len, sizeof(*flow->live));
	if (!flow->live)
		return -ENOMEM;
	skep__flow_live_again(flow, prog);
	return 0;
}
