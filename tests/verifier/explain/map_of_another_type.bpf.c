// SPDX-License-Identifier: BSD-2-Clause
#include "mistake.h"

SEC("tc")
int program(struct __sk_buff *skb)
{
	__u64 value[4] = {};

	return bpf_map_push_elem(&table, value, 0);
}
