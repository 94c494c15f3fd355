// SPDX-License-Identifier: BSD-2-Clause
#include "mistake.h"

static __attribute__((noinline)) int depth(__u32 n)
{
	volatile __u32 left = n;

	return left ? depth(left - 1) + 1 : 0;
}

SEC("tc")
int program(struct __sk_buff *skb)
{
	return depth(skb->len & 3);
}
