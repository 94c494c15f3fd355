// SPDX-License-Identifier: BSD-2-Clause
#include "mistake.h"

SEC("tc")
int program(struct __sk_buff *skb)
{
	__u32 sum = 0;

	for (__u32 i = 0; i < skb->len; i++) {
		if (bpf_get_prandom_u32() & 1)
			sum += i;
		else
			sum ^= i;
	}
	return sum;
}
