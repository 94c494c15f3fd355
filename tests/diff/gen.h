/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random programs that the kernel's verifier mostly accepts: straight-line arithmetic on registers that are
 * always initialised, branches and bounded loops around it, the stack, packets behind bounds checks, maps behind
 * NULL checks, atomics, helpers with one answer, subprograms. The same seed gives the same program.
 */
#ifndef TESTS_DIFF_GEN_H
#define TESTS_DIFF_GEN_H

#include "base/types.h"
#include "base/uapi.h"

#define GEN_MAX_INSNS 2048

/* The maps that programs use, by their place in gen_maps. */
#define GEN_ARRAY 0
#define GEN_HASH 1
#define GEN_NR_MAPS 2
#define GEN_RING 2 /* for those who have one (tests/verifier/aim.h) */
#define GEN_KEY_SIZE 4
#define GEN_VALUE_SIZE 32
#define GEN_MAX_ENTRIES 8

struct gen {
	u64 rng;
	u32 prog_type; /* BPF_PROG_TYPE_XDP or _SCHED_CLS */
	struct bpf_insn insns[GEN_MAX_INSNS];
	u32 len;
	struct {
		u32 insn, map;
	} map_refs[GEN_MAX_INSNS / 2]; /* where a map's fd belongs */
	u32 nr_map_refs;
	u32 calls[16], nr_calls; /* local calls whose target is not known yet */
};

/* Makes a program; map fds are put in with gen_set_maps before each load. */
void gen_program(struct gen *g, u64 seed);
void gen_set_maps(struct gen *g, const int *fds);

u64 gen_random(struct gen *g); /* the generator's own numbers, for inputs */

#endif
