/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tunnel metadata: skb_get_ and skb_set_tunnel_key and _opt. Setting a key replaces whatever the
 * packet came with; reading it back gives remote and local from the receiver's point of view.
 */
#include <linux/if_tunnel.h>
#include <string.h>

#include "helper/net/skb.h"

/* if_tunnel.h has these as big-endian words; here they are numbers. */
#define FLAG(f) ntohs(f)
#define OPTS_PRESENT                                                                               \
	(FLAG(TUNNEL_GENEVE_OPT) | FLAG(TUNNEL_VXLAN_OPT) | FLAG(TUNNEL_ERSPAN_OPT) | 0x8000)
#define FLOW_LABEL 0xfffff

/* Sizes that struct bpf_tunnel_key had in its life; others are refused. */
static bool is_old_size(u32 size)
{
	return size == offsetof(struct bpf_tunnel_key, remote_ipv6[1]) ||
	       size == offsetof(struct bpf_tunnel_key, tunnel_ext) ||
	       size == offsetof(struct bpf_tunnel_key, tunnel_label) ||
	       size == offsetof(struct bpf_tunnel_key, local_ipv6[0]);
}

static void fill_key(struct bpf_tunnel_key *key, const struct skb_tunnel *tunnel, u64 flags)
{
	u32 addr;

	memset(key, 0, sizeof(*key));
	key->tunnel_id = tunnel->id;
	key->tunnel_tos = tunnel->tos;
	key->tunnel_ttl = tunnel->ttl;
	if (flags & BPF_F_TUNINFO_FLAGS)
		key->tunnel_flags = htons(tunnel->flags);
	if (tunnel->ipv6) {
		memcpy(key->remote_ipv6, tunnel->src, 16);
		memcpy(key->local_ipv6, tunnel->dst, 16);
		key->tunnel_label = tunnel->label;
		return;
	}
	memcpy(&addr, tunnel->src, 4);
	key->remote_ipv4 = ntohl(addr);
	memcpy(&addr, tunnel->dst, 4);
	key->local_ipv4 = ntohl(addr);
}

static int get_key(const struct skb_tunnel *tunnel, void *to, u32 size, u64 flags)
{
	struct bpf_tunnel_key key;

	if (tunnel->mode == TUNNEL_NONE || flags & ~(u64)(BPF_F_TUNINFO_IPV6 | BPF_F_TUNINFO_FLAGS))
		return -EINVAL;
	if (tunnel->ipv6 != !!(flags & BPF_F_TUNINFO_IPV6))
		return -EPROTO;
	if (size != sizeof(key) && !is_old_size(size))
		return -EINVAL;
	if (size == offsetof(struct bpf_tunnel_key, remote_ipv6[1]) && tunnel->ipv6)
		return -EINVAL;
	fill_key(&key, tunnel, flags);
	memcpy(to, &key, size);
	return 0;
}

DEFINE_HELPER(skb_get_tunnel_key)
{
	u32 size = (u32)r3;
	int err = get_key(&arg_skb(r1)->tunnel, arg_ptr(r2), size, r4);

	if (err)
		memset(arg_ptr(r2), 0, size);
	return result(err);
}

static u16 key_flags(u64 flags)
{
	u16 out = 0x2000; /* not to be kept in a route cache */

	out |= flags & BPF_F_DONT_FRAGMENT ? FLAG(TUNNEL_DONT_FRAGMENT) : 0;
	out |= flags & BPF_F_ZERO_CSUM_TX ? 0 : FLAG(TUNNEL_CSUM);
	out |= flags & BPF_F_SEQ_NUMBER ? FLAG(TUNNEL_SEQ) : 0;
	out |= flags & BPF_F_NO_TUNNEL_KEY ? 0 : FLAG(TUNNEL_KEY);
	return out;
}

DEFINE_HELPER(skb_set_tunnel_key)
{
	const u64 known = BPF_F_TUNINFO_IPV6 | BPF_F_ZERO_CSUM_TX | BPF_F_DONT_FRAGMENT |
			  BPF_F_SEQ_NUMBER | BPF_F_NO_TUNNEL_KEY;
	struct skb_tunnel *tunnel = &arg_skb(r1)->tunnel;
	struct bpf_tunnel_key key = { 0 };
	u32 size = (u32)r3, addr;
	u64 flags = r4;

	if (flags & ~known || (size != sizeof(key) && !is_old_size(size)))
		return result(-EINVAL);
	memcpy(&key, arg_ptr(r2), size);
	if ((!(flags & BPF_F_TUNINFO_IPV6) && key.tunnel_label) || key.tunnel_ext)
		return result(-EINVAL);
	memset(tunnel, 0, sizeof(*tunnel));
	tunnel->mode = TUNNEL_TX;
	tunnel->flags = key_flags(flags);
	tunnel->id = key.tunnel_id;
	tunnel->tos = key.tunnel_tos;
	tunnel->ttl = key.tunnel_ttl;
	if (flags & BPF_F_TUNINFO_IPV6) {
		tunnel->ipv6 = true;
		memcpy(tunnel->dst, key.remote_ipv6, 16);
		memcpy(tunnel->src, key.local_ipv6, 16);
		tunnel->label = key.tunnel_label & FLOW_LABEL;
		return 0;
	}
	addr = htonl(key.remote_ipv4);
	memcpy(tunnel->dst, &addr, 4);
	addr = htonl(key.local_ipv4);
	memcpy(tunnel->src, &addr, 4);
	return 0;
}

/* Returns the options' length. */
DEFINE_HELPER(skb_get_tunnel_opt)
{
	const struct skb_tunnel *tunnel = &arg_skb(r1)->tunnel;
	u8 *to = arg_ptr(r2);
	u32 size = (u32)r3;
	int err = 0;

	if (tunnel->mode == TUNNEL_NONE || !(tunnel->flags & OPTS_PRESENT))
		err = -ENOENT;
	else if (size < tunnel->opts_len)
		err = -ENOMEM;
	memset(to, 0, size);
	if (err)
		return result(err);
	memcpy(to, tunnel->opts, tunnel->opts_len);
	return tunnel->opts_len;
}

DEFINE_HELPER(skb_set_tunnel_opt)
{
	struct skb_tunnel *tunnel = &arg_skb(r1)->tunnel;
	u32 size = (u32)r3;

	if (tunnel->mode != TUNNEL_TX || size & 3)
		return result(-EINVAL);
	if (size > TUNNEL_OPTS_MAX)
		return result(-ENOMEM);
	tunnel->opts_len = size;
	if (size) {
		memcpy(tunnel->opts, arg_ptr(r2), size);
		tunnel->flags |= OPTS_PRESENT;
	}
	return 0;
}
