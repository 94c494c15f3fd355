/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs are given in test runs, when nobody knows what they are for: packets of several
 * kinds and contents, contexts, and elements of their maps. */
#ifndef TESTS_VERIFIER_TEST_INPUTS_H
#define TESTS_VERIFIER_TEST_INPUTS_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/types.h"

/* Test run `nr` of a program of the type, counted from 0; *opts points to memory that is there
 * until the next call. False: there are no more. */
bool test_input(enum bpf_prog_type type, u32 nr, struct bpf_test_run_opts *opts);

/* Writes an element with arbitrary content into each map of the object that may have one, and the
 * program itself where it makes tail calls. */
void fill_maps(struct bpf_object *obj, int prog_fd);

#endif
