/* SPDX-License-Identifier: BSD-2-Clause */
/* What the mistakes share: maps to make them with. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64[4]);
} table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

#ifndef NOT_GPL
char LICENSE[] SEC("license") = "GPL";
#endif
