/* SPDX-License-Identifier: BSD-2-Clause */
/* One `skep run`: the object in its world, and what comes out of it. */
#ifndef SKEP_CLI_RUN_H
#define SKEP_CLI_RUN_H

#include <json-c/json.h>

#include "cli/events.h"
#include "cli/object.h"
#include "cli/options.h"

struct run {
	struct options opts;
	struct object obj;
	struct bpf_program *prog;
	struct events *events;
	json_object *json; /* the results, also when they are printed as text */
	json_object *trace; /* lines of bpf_trace_printk, with --json */
	FILE *to; /* where text goes: stdout, or stderr when stdout carries data */
};

/* The two ways to run; both fill r->json, and print when it is text that is wanted. */
enum outcome run_once(struct run *r);
enum outcome run_capture(struct run *r);

/*
 * One BPF_PROG_TEST_RUN and what came of it: GOOD, or PROGRAM_FAILED when checked mode stopped the
 * program, with its report shown, or BAD_INPUT with opts' errno as *err when the run was refused
 * (nothing is shown).
 */
enum outcome run_test(struct run *r, struct bpf_test_run_opts *opts, int *err);

#endif
