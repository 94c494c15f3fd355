// SPDX-License-Identifier: BSD-2-Clause
#include "mistake.h"

static __attribute__((noinline)) int inner(struct __sk_buff *skb)
{
	char text[300];

	bpf_skb_load_bytes(skb, 0, text, sizeof(text));
	return text[1];
}

SEC("tc")
int program(struct __sk_buff *skb)
{
	char text[300];

	bpf_skb_load_bytes(skb, 0, text, sizeof(text));
	return inner(skb) + text[0];
}
