/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One source, two compilations: for BPF, where it is an XDP program, and for this machine, where it
 * is a function that the benchmark calls. The packet has WORDS random words; global arrays are the
 * scratch.
 */
#ifndef BENCH_PROGRAM_H
#define BENCH_PROGRAM_H

#include <linux/bpf.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;

#define PACKET_BYTES 1408

#ifdef __bpf__
#include <bpf/bpf_helpers.h>
#define PROGRAM(name) SEC("xdp") int name(struct xdp_md *ctx)
#define HELPER_PROGRAM(name) PROGRAM(name) /* for BPF alone */
#define NOINLINE static __attribute__((noinline))
char LICENSE[] SEC("license") = "Dual BSD/GPL";
#else
#define PROGRAM(name)                                                                              \
	int bench_##name(struct xdp_md *ctx);                                                      \
	int bench_##name(struct xdp_md *ctx)
#define NOINLINE static __attribute__((noinline))
#endif

/* The packet's bytes; a program that wants them checks the end first. */
#define DATA(ctx) ((void *)(long)(ctx)->data)
#define DATA_END(ctx) ((void *)(long)(ctx)->data_end)

#endif
