/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs of a type see as their context, beside what is behind it (bpf_cast_to_kern_ctx
 * gives that). */
#ifndef SKEP_BTF_OWN_CONTEXTS_H
#define SKEP_BTF_OWN_CONTEXTS_H

#include "btf/own/bpf.h"

struct bpf_perf_event_data {
	bpf_user_pt_regs_t regs;
	__u64 sample_period;
	__u64 addr;
};

#define CONTEXT(type, seen, behind)                                                                \
	seen BPF_PROG_TYPE_##type##_prog;                                                          \
	behind BPF_PROG_TYPE_##type##_kern;

/* clang-format off */
struct bpf_ctx_convert {
	CONTEXT(SOCKET_FILTER,           struct __sk_buff,               struct sk_buff)
	CONTEXT(SCHED_CLS,               struct __sk_buff,               struct sk_buff)
	CONTEXT(SCHED_ACT,               struct __sk_buff,               struct sk_buff)
	CONTEXT(XDP,                     struct xdp_md,                  struct xdp_buff)
	CONTEXT(CGROUP_SKB,              struct __sk_buff,               struct sk_buff)
	CONTEXT(CGROUP_SOCK,             struct bpf_sock,                struct sock)
	CONTEXT(CGROUP_SOCK_ADDR,        struct bpf_sock_addr,           struct bpf_sock_addr_kern)
	CONTEXT(LWT_IN,                  struct __sk_buff,               struct sk_buff)
	CONTEXT(LWT_OUT,                 struct __sk_buff,               struct sk_buff)
	CONTEXT(LWT_XMIT,                struct __sk_buff,               struct sk_buff)
	CONTEXT(LWT_SEG6LOCAL,           struct __sk_buff,               struct sk_buff)
	CONTEXT(SOCK_OPS,                struct bpf_sock_ops,            struct bpf_sock_ops_kern)
	CONTEXT(SK_SKB,                  struct __sk_buff,               struct sk_buff)
	CONTEXT(SK_MSG,                  struct sk_msg_md,               struct sk_msg)
	CONTEXT(FLOW_DISSECTOR,          struct __sk_buff,               struct bpf_flow_dissector)
	CONTEXT(KPROBE,                  bpf_user_pt_regs_t,             struct pt_regs)
	CONTEXT(TRACEPOINT,              __u64,                          u64)
	CONTEXT(PERF_EVENT,              struct bpf_perf_event_data,     struct bpf_perf_event_data_kern)
	CONTEXT(RAW_TRACEPOINT,          struct bpf_raw_tracepoint_args, u64)
	CONTEXT(RAW_TRACEPOINT_WRITABLE, struct bpf_raw_tracepoint_args, u64)
	CONTEXT(TRACING,                 void *,                         void *)
	CONTEXT(CGROUP_DEVICE,           struct bpf_cgroup_dev_ctx,      struct bpf_cgroup_dev_ctx)
	CONTEXT(CGROUP_SYSCTL,           struct bpf_sysctl,              struct bpf_sysctl_kern)
	CONTEXT(CGROUP_SOCKOPT,          struct bpf_sockopt,             struct bpf_sockopt_kern)
	CONTEXT(SK_REUSEPORT,            struct sk_reuseport_md,         struct sk_reuseport_kern)
	CONTEXT(SK_LOOKUP,               struct bpf_sk_lookup,           struct bpf_sk_lookup_kern)
	CONTEXT(STRUCT_OPS,              void *,                         void *)
	CONTEXT(EXT,                     void *,                         void *)
	CONTEXT(LSM,                     void *,                         void *)
	CONTEXT(SYSCALL,                 void *,                         void *)
	CONTEXT(NETFILTER,               struct bpf_nf_ctx,              struct bpf_nf_ctx)
};
/* clang-format on */

#endif
