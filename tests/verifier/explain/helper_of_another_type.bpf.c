// SPDX-License-Identifier: BSD-2-Clause
#include "mistake.h"

SEC("socket")
int program(struct __sk_buff *skb)
{
	return bpf_redirect(1, 0);
}
