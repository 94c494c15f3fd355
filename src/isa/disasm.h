/* SPDX-License-Identifier: BSD-2-Clause */
/* One instruction as text, in the notation of the kernel's verifier log and of bpftool. */
#ifndef SKEP_ISA_DISASM_H
#define SKEP_ISA_DISASM_H

#include "base/strbuf.h"
#include "isa/insn.h"

/*
 * Names for what instructions refer to by number, from those who know them. Every function may be NULL, adds its
 * text, and returns false (having added nothing) when it knows no name.
 */
struct disasm_names {
	bool (*helper)(void *opaque, u32 number, struct strbuf *out); /* "bpf_map_lookup_elem" */
	bool (*kfunc)(void *opaque, const struct insn *insn, struct strbuf *out);
	/* A subprogram, by the instruction it starts at. */
	bool (*subprog)(void *opaque, u32 target, struct strbuf *out);
	/* Maps, functions. */
	bool (*immediate)(void *opaque, const struct insn *insn, struct strbuf *out);
	void *opaque;
};

/* Adds "(b7) r0 = 1", without a newline. index: the instruction's own, for targets. names may be NULL. */
void skep__disasm(const struct insn *insn, u32 index, const struct disasm_names *names,
		  struct strbuf *out);

#endif
