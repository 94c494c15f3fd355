/* SPDX-License-Identifier: BSD-2-Clause */
/* The registers as tracing programs see them: an ABI. */
#ifndef SKEP_BTF_OWN_REGS_H
#define SKEP_BTF_OWN_REGS_H

#include "btf/own/basic.h"

struct pt_regs {
	unsigned long r15;
	unsigned long r14;
	unsigned long r13;
	unsigned long r12;
	unsigned long bp;
	unsigned long bx;
	unsigned long r11;
	unsigned long r10;
	unsigned long r9;
	unsigned long r8;
	unsigned long ax;
	unsigned long cx;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
	unsigned long ip;
	union {
		u16 cs;
		u64 csx;
	};
	unsigned long flags;
	unsigned long sp;
	union {
		u16 ss;
		u64 ssx;
	};
};

typedef struct pt_regs bpf_user_pt_regs_t;

#endif
