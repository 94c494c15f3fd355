/* SPDX-License-Identifier: BSD-2-Clause */
/* bpf(2) of the kernel and of skep side by side; libbpf's goes where bpf_call_use() says. */
#ifndef BENCH_BPF_CALL_H
#define BENCH_BPF_CALL_H

#include "base/uapi.h"
#include "skep/skep.h"

void bpf_call_use(struct skep_world *world); /* NULL: the kernel */
long bpf_call(struct skep_world *world, int cmd, union bpf_attr *attr); /* result or -errno */

#endif
