// SPDX-License-Identifier: BSD-2-Clause
/* Becomes a light skeleton: a syscall program that loads all this with bpf_sys_bpf. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

const volatile int factor = 1;
long sum = 5;

SEC("raw_tp/light")
int light(void *ctx)
{
	__u32 key = 3;
	__u64 one = 1, *found = bpf_map_lookup_elem(&counts, &key);

	if (found)
		*found += 1;
	else
		bpf_map_update_elem(&counts, &key, &one, 0);
	sum += factor;
	return sum;
}

char LICENSE[] SEC("license") = "GPL";
