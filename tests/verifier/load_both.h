/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads of one program by skep's verifier and by the kernel's, with calls of kernel functions by
 * name: the errno, the sentence that refuses, and how many instructions were processed.
 */
#ifndef TESTS_VERIFIER_LOAD_BOTH_H
#define TESTS_VERIFIER_LOAD_BOTH_H

#include "btf/btf.h"
#include "diff/door.h"

struct verdict {
	int err;
	unsigned processed;
	char line[256]; /* the last one but the statistics */
};

struct load_both {
	struct door skep, kernel;
	struct btf *btf; /* the kernel's */
	bool has_kernel;
};

/* false: this machine has no BTF of its kernel. */
bool load_both_open(struct load_both *b);
void load_both_close(struct load_both *b);

struct load_program {
	u32 type, attach_type, flags;
	const char *attach_to; /* "bpf_iter_task", "btf_trace_task_newtask"; NULL: nothing */
	const struct bpf_insn *insns;
	u32 len;
	const char *license; /* NULL: GPL */
};

s64 load_both_kfunc(const struct load_both *b, const char *name); /* BTF id */
void load_ask(const struct load_both *b, const struct door *d, const struct load_program *p,
	      struct verdict *v);

#endif
