/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a look at the whole program tells before any code is emitted: which registers an instruction
 * reads and writes, where jumps land, what each subprogram needs of its frame. Nothing here depends
 * on the machine.
 */
#ifndef SKEP_JIT_FLOW_H
#define SKEP_JIT_FLOW_H

#include "exec/prog.h"

/*
 * Registers of the JIT: the eleven of BPF, and some more for what passes find worth a register. All
 * sets of registers have one bit each.
 */
#define NR_JIT_REGS 16
#define NR_SPARES (NR_JIT_REGS - MAX_BPF_REG)
#define FIRST_SPARE MAX_BPF_REG

#define REG_BIT(r) (1u << (r))
#define REGS_CALL_CLOBBERED 0x3f /* R0-R5 */
#define REGS_CALLEE_SAVED 0x3c0 /* R6-R9 */

/*
 * What a call of a map helper comes to when the map is known, in src of the JIT's copy of the call;
 * off is then the map's index.
 */
enum map_call {
	MAP_CALL_NONE,
	MAP_CALL_INDEX, /* array lookup, no call at all */
	MAP_CALL_CPU_INDEX, /* likewise percpu_array, but it needs the run */
	MAP_CALL_LOOKUP,
	MAP_CALL_UPDATE,
	MAP_CALL_REMOVE,
	MAP_CALL_TAIL, /* bpf_tail_call: into the other program's code, without a call */
};

/* Per instruction. */
enum flow_flag {
	FLOW_TARGET = 1, /* some jump lands here */
	FLOW_LOOP = 2, /* one of them from below */
};

/* Machine registers that a subprogram leaves unused: register FIRST_SPARE + i of the JIT is
 * regs[i]. */
struct spares {
	u8 nr, nr_free; /* the first nr_free need not be saved */
	u8 taken;
	u8 regs[NR_SPARES];
};

struct sub_flow {
	u16 read, written; /* registers, by bit */
	bool uses_fp; /* R10 is read */
	bool fp_escapes; /*	otherwise than as the base of a load or store */
	bool calls; /* helpers or subprograms */
	bool unwinds; /* may end the program from wherever it is */
	bool may_gotos;
	bool divides; /* or has something else that takes many machine instructions and scratch
			 registers */
	u16 depth; /* bytes below R10 that it may touch */
	struct spares spares;
	struct insn pinned[NR_SPARES]; /* constants that are loaded once, on entry */
	u8 nr_pinned;
};

struct flow {
	u8 *flags; /* enum flow_flag, one an instruction */
	u8 *depth; /* loops around each instruction, as far as jumps back tell */
	u16 *live; /* registers wanted after each instruction, by bit */
	struct sub_flow *subs; /* one a subprogram */
	bool unwinds; /* the program may end from wherever it is */
};

/* Does the run, or the program, end at this call? Because skep does not have what is called. */
bool skep__call_stops(const struct prog *prog, const struct insn *insn);
/* May it end there? Because a helper may stop it, or because the function throws. */
bool skep__call_may_stop(const struct prog *prog, const struct insn *insn);

u16 skep__insn_reads(const struct insn *insn);
u16 skep__insn_writes(const struct insn *insn);

/* Index of the instruction that a jump goes to when taken; only for forms that jump. */
static inline u32 jump_target(u32 at, const struct insn *insn)
{
	return at + 1 + insn->off;
}

/* How often an instruction is guessed to run: 8 times for each loop around it. */
static inline u64 skep__flow_weight(const struct flow *flow, u32 at)
{
	return 1ull << 3 * min(flow->depth[at], 10);
}

#define COST_OF_SAVING 3 /* what must be gained by a register that has to be saved */

/* Is there a register left for something of this weight? */
static inline bool spare_pays(const struct spares *spares, u64 weight)
{
	return spares->taken < spares->nr &&
	       (spares->taken < spares->nr_free || weight >= COST_OF_SAVING);
}

static inline u8 take_spare(struct spares *spares)
{
	return FIRST_SPARE + spares->taken++;
}

/* Looks at one subprogram (again, after its instructions changed). */
void skep__flow_note(struct sub_flow *sub, const struct prog *prog, const struct subprog *range);

/* flow->flags and flow->subs. 0 or -ENOMEM, as for skep__flow_live. */
int skep__flow_init(struct flow *flow, const struct prog *prog);
u16 skep__live_before(const struct flow *flow, const struct insn *insn, u32 at);

/* Has it no effect but on registers that nobody wants afterwards? */
bool skep__insn_is_dead(const struct flow *flow, const struct insn *insn, u32 at);

int skep__flow_live(struct flow *flow, const struct prog *prog); /* flow->live */
void skep__flow_live_again(struct flow *flow, const struct prog *prog); /* for new instructions */
void skep__flow_fini(struct flow *flow);

#endif
