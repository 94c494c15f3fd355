/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The passes of prepare, in the order the kernel makes them: the first failing check decides
 * verdict, errno and closing log line. Every pass may rely on the ones before it.
 */
#ifndef SKEP_VERIFY_PASSES_H
#define SKEP_VERIFY_PASSES_H

#include "verify/prepare.h"

/* A program on its way to an image. */
struct prep {
	const struct prepare_input *in;
	struct strbuf *log;
	struct insn *insns;
	u32 len;
	struct subprog *subprogs;
	u32 nr_subprogs, cap_subprogs;
	struct map **maps;
	u32 nr_maps;
	struct prog_kfunc *kfuncs;
	u32 nr_kfuncs;
	struct prog_line *lines;
	u32 nr_lines;
};

/* Where a raw instruction may jump to: *target, for everything but calls and exits. */
bool skep__prep_jump_target(const struct bpf_insn *insn, u32 i, s64 *target);

int skep__prep_find_subprogs(struct prep *p); /* starts of subprograms: local calls and callbacks */
/* exception.c: where the program's exception callback starts; 0: it has none. */
int skep__prep_exception_callback(struct prep *p, u32 *start);
/* kfuncs.c: remembers the kernel function that a call instruction means. */
int skep__prep_kfunc(struct prep *p, const struct bpf_insn *insn);
int skep__prep_ksym(struct prep *p, u32 i); /* ksyms.c: an address of the kernel's */
int skep__prep_kfunc_index(const struct prep *p,
			   const struct bpf_insn *insn); /* of it in the table */
int skep__prep_check_jumps(
	struct prep *p); /* jumps stay inside their subprogram, which ends well */
int skep__prep_debug_info(struct prep *p); /* func_info and line_info against BTF and subprograms */
int skep__prep_resolve(struct prep *p); /* opcodes exist; 64-bit immediates mean something; maps */
int skep__prep_check_flow(
	struct prep *p); /* every instruction can be reached, none ends in the void */
int skep__prep_decode(struct prep *p); /* reserved fields, registers; struct insn */

/* Adds to the log, and returns err. */
int skep__prep_fail(struct prep *p, int err, const char *fmt, ...) __fmt(3, 4);

#endif
