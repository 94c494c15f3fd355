/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the programs of aim.h are put together from. R6 keeps the context (in functions that are
 * called: 64 bytes of numbers on their caller's stack); R7 to R9 are numbers; R0 to R5 are for the
 * moment. Everything bad goes to where the innermost scope ends, which gives up what was taken.
 */
#ifndef TESTS_VERIFIER_AIM_PARTS_H
#define TESTS_VERIFIER_AIM_PARTS_H

#include "aim.h"

/* Of the stack, below R10. */
#define SLOTS 6 /* for spills, 8 bytes each */
#define BUFFER (-SLOTS * 8 - 64) /* 64 bytes that always hold numbers */
#define KEY_AT (BUFFER - 8)
#define COUNT_AT (KEY_AT - 8) /* of a loop */
#define RECORD_AT (COUNT_AT - 8) /* a pointer to a ring buffer's record */
#define DYNPTR_AT (RECORD_AT - 16)
#define ITER_AT (DYNPTR_AT - 8)

#define MAX_OUTS 256
#define MAX_CALLS 16

/* Functions of the program itself, by what hands them their arguments. */
enum aim_function { AIM_SUBPROGRAM, AIM_LOOPED, AIM_EACH };

struct aim {
	struct gen *g;
	const struct aim_kfuncs *kfuncs;
	u32 outs[MAX_OUTS], nr_outs; /* jumps to where the innermost scope ends */
	bool is_main;
	u32 depth; /* of regions */
	u32 busy; /* 1 << slot, of things on the stack that there is one place for */
	struct {
		u32 insn;
		enum aim_function what;
	} calls[MAX_CALLS]; /* whose function is to be made */
	u32 nr_calls;
};

u32 aim_below(struct aim *a, u32 n);
s32 aim_small(struct aim *a); /* edges of small numbers */
s32 aim_any(struct aim *a);
u8 aim_number(struct aim *a); /* one of R7 to R9 */
u8 aim_size(struct aim *a, u32 *log);

void aim_emit(struct aim *a, u8 code, u8 dst, u8 src, s16 off, s32 imm);
void aim_out(struct aim *a, u8 code, u8 dst, u8 src, s32 imm); /* a jump out of the scope */
void aim_set(struct aim *a, u8 dst, s32 imm);
void aim_copy(struct aim *a, u8 dst, u8 src);
void aim_stack_at(struct aim *a, u8 dst, s32 off); /* dst = R10 + off */
void aim_map_at(struct aim *a, u8 dst, u32 map);
void aim_call(struct aim *a, s32 helper);
void aim_call_kernel(struct aim *a, s32 id);

/* A forward jump lands here. */
void aim_land(struct aim *a, u32 from);
static inline u32 aim_open_scope(const struct aim *a)
{
	return a->nr_outs;
}
void aim_close_scope(struct aim *a, u32 scope);

/* Bounds as careful programs have them. */
void aim_bound(struct aim *a, u8 reg, s32 limit);
/* Reads or writes a number through R1; R1 points to the start of `room` bytes. */
void aim_touch(struct aim *a, s16 off);
void aim_move_and_touch(struct aim *a, s32 room);
/* A number up to the limit, mostly, in an argument register. */
void aim_argument(struct aim *a, u8 dst, s32 limit);
/* R0: a value of one of the two maps, not NULL. */
void aim_lookup(struct aim *a);

void aim_step(struct aim *a); /* aim.c: anything but a loop */

/* aim_objects.c: what is taken and must be given up. */
void aim_use_record(struct aim *a);
void aim_use_dynptr(struct aim *a);
void aim_use_iterator(struct aim *a);
void aim_use_section(struct aim *a);

/* aim_calls.c */
void aim_use_function(struct aim *a);
void aim_use_bytes(struct aim *a); /* helpers that are handed memory and its size */
void aim_functions(struct aim *a); /* those that were called: after everything else */

#endif
