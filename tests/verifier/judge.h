/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who answers bpf(2) in the programs that compare verdicts: judge.c defines syscall(), which libbpf
 * calls, for a world (WITH_SKEP) or for the kernel, and tells what came of each call and how long
 * it took.
 */
#ifndef TESTS_VERIFIER_JUDGE_H
#define TESTS_VERIFIER_JUDGE_H

#include <linux/bpf.h>
#include <stdbool.h>

/* 0, or -errno. perfmon: programs are loaded as by someone who has CAP_PERFMON. */
int judge_start(bool perfmon);

/* How many ways to run programs there are; their names; and one is chosen. The kernel has its own. */
int judge_modes(void);
const char *judge_mode(int mode);

/* Why the last run was stopped, or NULL. */
const char *judge_fault(void);

/* Given by the program: called after each bpf(2). ret is 0 or more, or -errno. */
void judge_saw(long cmd, const union bpf_attr *attr, long ret, double usec);

#endif
