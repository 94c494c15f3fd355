// SPDX-License-Identifier: BSD-2-Clause
#include "mistake.h"

struct task {
	struct task *parent;
	int pid;
};

SEC("raw_tp")
int program(struct bpf_raw_tracepoint_args *ctx)
{
	struct task *task = (void *)ctx->args[0];

	return task->parent->pid;
}
