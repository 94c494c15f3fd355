/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions from text, in the notation that disasm.h writes: one a line, "name:" makes a label, '#' (at the start of a
 * line or behind a blank) begins a comment. Beyond that notation: jumps and local calls may name a label, a helper call may be
 * written "call #1", and a 64-bit immediate ends in "ll" (r1 = 0x5 ll), since r1 = 5 is the 32-bit one.
 */
#ifndef SKEP_ISA_ASM_H
#define SKEP_ISA_ASM_H

#include "base/strbuf.h"
#include "isa/insn.h"

/*
 * Assembles text into out, which has room for cap slots. Returns the slots used, or -EINVAL with a sentence in why that
 * names the line; -E2BIG when there is no room.
 */
int skep__asm(const char *text, struct bpf_insn *out, u32 cap, struct strbuf *why);

#endif
