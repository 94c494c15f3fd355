// SPDX-License-Identifier: BSD-2-Clause
#include "mistake.h"

SEC("socket")
int program(struct __sk_buff *skb)
{
	return skb->data_meta;
}
