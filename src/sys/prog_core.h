/* SPDX-License-Identifier: BSD-2-Clause */
/* CO-RE relocations that come with PROG_LOAD, as light skeletons leave them to the kernel. */
#ifndef SKEP_SYS_PROG_CORE_H
#define SKEP_SYS_PROG_CORE_H

#include "base/strbuf.h"
#include "btf/btf.h"

/* Where the instructions are, and the types of both sides. */
struct core_input {
	struct bpf_insn *insns;
	u32 len;
	const struct btf *local, *kernel; /* kernel NULL: nothing is known, so nothing is found */
};

/* Changes the instruction that a relocation is about. 0 or -errno, with a line in the log. */
int skep__core_apply(const struct core_input *in, u32 i, const struct bpf_core_relo *relo,
		     struct strbuf *log);

#endif
