/* SPDX-License-Identifier: BSD-2-Clause */
/* The functions of programs as tools see them: in a program's info, and in the list of symbols. */
#ifndef SKEP_SYS_PROG_SYMBOLS_H
#define SKEP_SYS_PROG_SYMBOLS_H

#include "sys/sys.h"

/* Over instructions as written, less what differs from load to load: which maps they name. -ENOMEM
 * or 0. */
int skep__prog_tag(const struct bpf_insn *insns, u32 len, u8 tag[BPF_TAG_SIZE]);

/* Calls of subprograms, as the kernel shows them: the distance in off, whose function it is in imm.
 */
void skep__show_local_calls(struct bpf_insn *insns, const struct prog *prog);

/* What a program's info has an element of for each function. */
struct prog_functions {
	u64 *addresses;
	u32 *sizes; /* of the machine code */
	u8 (*tags)[BPF_TAG_SIZE];
	u32 nr;
};
int skep__prog_functions(const struct prog_object *p, struct prog_functions *f); /* 0 or -ENOMEM */
void skep__prog_functions_free(struct prog_functions *f);

/*
 * What /proc/kallsyms has of a world's programs: as much as there is room for, and how much there
 * is is returned; or -errno.
 */
long skep__sys_symbols(struct skep_world *w, struct client *c, u64 addr, u32 room);

#endif
