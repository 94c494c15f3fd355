// SPDX-License-Identifier: BSD-2-Clause
#include "mistake.h"

SEC("cgroup_skb/egress")
int program(struct __sk_buff *skb)
{
	if (skb->len > 1500)
		return -1;
	return 1;
}
