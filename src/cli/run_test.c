/* SPDX-License-Identifier: BSD-2-Clause */
/* One test run, and the report of a program that checked mode stopped. */
#include "cli/run.h"

#include <bpf/bpf.h>

#include "cli/kernel.h"

enum outcome run_test(struct run *r, struct bpf_test_run_opts *opts, int *err)
{
	const char *fault;

	*err = -bpf_prog_test_run_opts(bpf_program__fd(r->prog), opts);
	fault = kernel_world() ? skep_world_fault(kernel_world()) : NULL;
	if (fault) {
		complain("%s: stopped:\n%s", r->obj.path, fault);
		json_object_object_add(r->json, "fault", json_object_new_string(fault));
		return PROGRAM_FAILED;
	}
	return *err ? BAD_INPUT : GOOD;
}
