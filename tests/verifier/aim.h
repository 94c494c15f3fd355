/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random programs that aim at the verifier: numbers from packets and maps are bounded or nearly,
 * copied, spilled and filled, and then moved into pointers to the stack, to packets, to map values,
 * to records and to what dynptrs show, which are read and written through; in loops, in iterators,
 * in subprograms and callbacks. About half of them are refused. The same seed gives the same
 * program, where the kernel functions are the same.
 */
#ifndef TESTS_VERIFIER_AIM_H
#define TESTS_VERIFIER_AIM_H

#include "diff/gen.h"

#define AIM_KFUNCS(K)                                                                              \
	K(bpf_iter_num_new)                                                                        \
	K(bpf_iter_num_next)                                                                       \
	K(bpf_iter_num_destroy)                                                                    \
	K(bpf_dynptr_from_xdp)                                                                     \
	K(bpf_dynptr_slice)                                                                        \
	K(bpf_dynptr_adjust)                                                                       \
	K(bpf_dynptr_size)                                                                         \
	K(bpf_rcu_read_lock)                                                                       \
	K(bpf_rcu_read_unlock)                                                                     \
	K(bpf_preempt_disable)                                                                     \
	K(bpf_preempt_enable)

/* Their ids in the kernel's BTF. */
struct aim_kfuncs {
#define K(name) s32 name;
	AIM_KFUNCS(K)
#undef K
};

/* kfuncs: NULL where they are not known. */
void aim_program(struct gen *g, u64 seed, const struct aim_kfuncs *kfuncs);

#endif
