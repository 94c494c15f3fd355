/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What programs of netfilter hooks see: two pointers, where other programs see the packet's own
 * context. Behind them are structs of the kernel's to the program; which of their fields stand here
 * is said in verify/known_fields.c.
 */
#ifndef SKEP_CTX_NETFILTER_H
#define SKEP_CTX_NETFILTER_H

#include "ctx/packet.h"

/* The hook that the packet is at: the kernel's struct nf_hook_state. */
struct nf_hook {
	u8 hook, pf; /* enum nf_inet_hooks; NFPROTO_IPV4 or NFPROTO_IPV6 */
	u64 none; /* its pointers that are NULL in every test run */
};

/* As in the kernel's include/net/netfilter/nf_bpf_link.h: no UAPI header has it. */
struct bpf_nf_ctx {
	const struct nf_hook *state;
	struct skb_ctx *skb;
};

#endif
