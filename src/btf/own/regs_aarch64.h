/* SPDX-License-Identifier: BSD-2-Clause */
/* The registers as tracing programs see them: an ABI. */
#ifndef SKEP_BTF_OWN_REGS_H
#define SKEP_BTF_OWN_REGS_H

#include "btf/own/basic.h"

struct user_pt_regs {
	u64 regs[31];
	u64 sp;
	u64 pc;
	u64 pstate;
};

struct pt_regs {
	union {
		struct user_pt_regs user_regs;
		struct {
			u64 regs[31];
			u64 sp;
			u64 pc;
			u64 pstate;
		};
	};
	u64 orig_x0;
	s32 syscallno;
};

typedef struct user_pt_regs bpf_user_pt_regs_t;

#endif
