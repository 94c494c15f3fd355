/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last column of helpers.def: sets of program types as bit masks, bit n for BPF_PROG_TYPE
 * number n, and of attach types likewise. A set has a name where the kernel's own lists fall into
 * such groups (its base list, its networking list, and so on). Only helper.c includes this: the
 * names are short.
 *
 * BPF_PROG_TYPE_EXT is in no set: a replacement has the list of the program that it replaces.
 */
#ifndef SKEP_HELPER_TYPE_SETS_H
#define SKEP_HELPER_TYPE_SETS_H

#include "base/uapi.h"

#define TYPE(name) (1ull << BPF_PROG_TYPE_##name)
#define AT(name) (1ull << BPF_##name)

/* clang-format off */
#define SKF            TYPE(SOCKET_FILTER)
#define KPROBE         TYPE(KPROBE)
#define TRACEPOINT     TYPE(TRACEPOINT)
#define XDP            TYPE(XDP)
#define PERF_EVENT     TYPE(PERF_EVENT)
#define CGROUP_SKB     TYPE(CGROUP_SKB)
#define CGROUP_SOCK    TYPE(CGROUP_SOCK)
#define LWT_XMIT       TYPE(LWT_XMIT)
#define LWT_IN         TYPE(LWT_IN)
#define LWT_SEG6       TYPE(LWT_SEG6LOCAL)
#define SOCK_OPS       TYPE(SOCK_OPS)
#define SK_SKB         TYPE(SK_SKB)
#define CGROUP_DEVICE  TYPE(CGROUP_DEVICE)
#define SK_MSG         TYPE(SK_MSG)
#define SOCK_ADDR      TYPE(CGROUP_SOCK_ADDR)
#define LIRC           TYPE(LIRC_MODE2)
#define SK_REUSEPORT   TYPE(SK_REUSEPORT)
#define FLOW           TYPE(FLOW_DISSECTOR)
#define CGROUP_SYSCTL  TYPE(CGROUP_SYSCTL)
#define SOCKOPT        TYPE(CGROUP_SOCKOPT)
#define TRACING        TYPE(TRACING)
#define STRUCT_OPS     TYPE(STRUCT_OPS)
#define LSM            TYPE(LSM)
#define SK_LOOKUP      TYPE(SK_LOOKUP)
#define SYSCALL        TYPE(SYSCALL)
#define NETFILTER      TYPE(NETFILTER)

#define TC             (TYPE(SCHED_CLS) | TYPE(SCHED_ACT))
#define RAW_TP         (TYPE(RAW_TRACEPOINT) | TYPE(RAW_TRACEPOINT_WRITABLE))
#define LWT            (LWT_IN | TYPE(LWT_OUT) | LWT_XMIT | LWT_SEG6)
#define CGROUP         (CGROUP_SOCK | CGROUP_DEVICE | SOCK_ADDR | CGROUP_SYSCTL | SOCKOPT)
#define BTF_TRACE      (TRACING | LSM | SYSCALL)
#define TRACE          (KPROBE | TRACEPOINT | PERF_EVENT | RAW_TP | BTF_TRACE)

/* The kernel's base list: every type but infrared decoding, whose list stands alone. */
#define ALL            (SKF | TC | XDP | LWT | CGROUP | CGROUP_SKB | SOCK_OPS | SK_SKB | SK_MSG | \
			SK_REUSEPORT | FLOW | SK_LOOKUP | NETFILTER | STRUCT_OPS | TRACE)
/* Types that may cast socket pointers; that get coarse time; that may write perf events. */
#define SKC_CAST       (ALL & ~(KPROBE | TRACEPOINT | PERF_EVENT | RAW_TP | CGROUP_SOCK | CGROUP_DEVICE | \
			CGROUP_SYSCTL | SOCKOPT | SK_REUSEPORT | NETFILTER | STRUCT_OPS))
#define COARSE         (ALL & ~(TRACE | CGROUP_DEVICE | SOCKOPT | NETFILTER))
#define OUTPUT         (ALL & ~(SK_REUSEPORT | FLOW | NETFILTER | STRUCT_OPS))

/* Attach types whose program runs behind a trampoline; cgroup attach types without a return value. */
#define TRAMPOLINE     (AT(TRACE_FENTRY) | AT(TRACE_FEXIT) | AT(MODIFY_RETURN))
#define NO_RETVAL      (AT(CGROUP_INET_INGRESS) | AT(CGROUP_INET_EGRESS) | AT(CGROUP_SOCK_OPS) | \
			AT(CGROUP_UDP4_RECVMSG) | AT(CGROUP_UDP6_RECVMSG) | AT(CGROUP_UNIX_RECVMSG) | \
			AT(CGROUP_INET4_GETPEERNAME) | AT(CGROUP_INET6_GETPEERNAME) | \
			AT(CGROUP_UNIX_GETPEERNAME) | AT(CGROUP_INET4_GETSOCKNAME) | \
			AT(CGROUP_INET6_GETSOCKNAME) | AT(CGROUP_UNIX_GETSOCKNAME))
/* clang-format on */

static_assert(__MAX_BPF_PROG_TYPE <= 64 && __MAX_BPF_ATTACH_TYPE <= 64, "sets fit a word");

#endif
