/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the target-independent part and a machine's folder know of each other: a compilation, and
 * the one function that a machine provides.
 */
#ifndef SKEP_JIT_TARGET_H
#define SKEP_JIT_TARGET_H

#include "jit/code.h"
#include "jit/flow.h"
#include "jit/image.h"

/*
 * An image starts with the entry that C calls (jit_fn), of this size. Behind it comes the body of
 * the first subprogram, which is where a tail call enters: like all bodies it takes R1-R5 as BPF
 * registers and has the run in a register that nothing changes.
 */
#define JIT_BODY 16

/* Optional parts of the machine's instruction set. */
enum jit_feature { JIT_X86_BMI2 = 1, JIT_X86_MOVBE = 2 };

struct compilation {
	const struct prog *prog; /* a copy: its instructions are insns */
	struct insn *insns;
	u32 features; /* enum jit_feature, or-ed */
	struct flow flow;
	struct code code;
	struct slot *slots;
	u32 nr_slots, cap_slots;
	u32 *starts; /* where the code of each subprogram begins: the machine's part finds out */
	u32 *lines; /* likewise for each of prog->lines */
};

/* The table slot for an address, shared with earlier uses where that is cheap to find out. */
u32 skep__jit_slot(struct compilation *jit, struct slot slot);

/* Marks calls of map helpers whose map is known (enum map_call); changes jit->insns. */
void skep__know_maps(struct compilation *jit);

/* Passes that put spare registers to use; they change jit->insns and flow.subs. */
void skep__move_slots(struct compilation *jit);
void skep__pin_constants(struct compilation *jit);

/*
 * Has fields that are put together from their bytes loaded as a whole: such a load has in imm, if
 * its bytes are in reversed order, over how many bytes they are; else 0, as all loads have
 * afterwards. true: flow.live is not what it was.
 */
bool skep__merge_fields(struct compilation *jit);

u32 skep__target_features(void); /* of the machine that this runs on */

/* As skep__jit_compile, for a machine with these features. */
int skep__jit_compile_for(struct prog *prog, u32 features);

/* Finds machine registers that a subprogram leaves unused, into flow.subs[sub].spares. */
void skep__target_spares(struct compilation *jit, u32 sub);

/* Machine code of the whole program, and jit->starts and lines: *image is the caller's to free. 0, -ENOMEM or
 * -ENOTSUPP. */
int skep__target_emit(struct compilation *jit, u8 **image, u32 *size);

#endif
