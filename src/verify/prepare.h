/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first steps of PROG_LOAD, which need no abstract interpretation: decode every instruction,
 * resolve map references, find subprograms, check that control flow stays inside them. The
 * verdicts, errnos and closing log lines are those of the kernel's passes of the same name
 * (check_subprogs, resolve_pseudo_ldimm64, check_cfg, bpf_check's struct checks).
 */
#ifndef SKEP_VERIFY_PREPARE_H
#define SKEP_VERIFY_PREPARE_H

#include "base/strbuf.h"
#include "btf/btf.h"
#include "exec/prog.h"

/* What the loader of a program brings along. */
struct prepare_input {
	const struct bpf_insn *insns; /* raw */
	u32 len;
	u32 prog_type, expected_attach_type;
	u32 log_level; /* BPF_LOG_* */
	bool gpl, capable; /* its licence; CAP_BPF of the loader */
	const struct btf *btf; /* the program's own; NULL: none */
	const void *func_info, *line_info; /* as in bpf_attr, record sizes already the kernel's */
	u32 nr_func_info, nr_line_info;
	/* The map behind an fd (or index into fd_array); NULL with *err when there is none. */
	struct map *(*map_of_fd)(void *opaque, int fd, int *err);
	struct map *(*map_of_index)(void *opaque, u32 index, int *err);
	const struct btf *(*kernel_btf)(void *opaque); /* types of the kernel; NULL: not known */
	/* Is there a BTF at that index of fd_array? 0, or -errno; -EPROTO: no fd_array. */
	int (*btf_at_index)(void *opaque, u32 index);
	void *opaque;
	/* The verifier comes next: what cannot be decoded is left to it as OP_INVALID, with the opcode byte
	 * in `flags`, to be refused where a path gets to it. */
	bool keeps_invalid;
};

/*
 * Builds the program image. Returns 0 and fills *out, whose arrays the caller frees with
 * skep__prepare_free; or -errno with the reason on the log's last line. The maps that the program
 * uses are out->maps: the caller takes its references there.
 */
int skep__prepare(const struct prepare_input *in, struct prog *out, struct strbuf *log);
void skep__prepare_free(struct prog *prog);

/* The verifier has accepted the program: what is still OP_INVALID is never executed, and becomes an exit. */
void skep__prepare_bury(struct prog *prog);

#endif
