/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helpers that say where a packet shall go. They only write it down as the fate of the run; the
 * hook sends the packet when the program returns the verdict that they returned. As in the kernel
 * the last call counts, and whether the interface exists is found out then and not here.
 */
#include <linux/pkt_cls.h>
#include <string.h>

#include "helper/arg.h"

DEFINE_HELPER(redirect)
{
	if (r2 & ~(u64)BPF_F_INGRESS)
		return TC_ACT_SHOT;
	run->fate = (struct fate){ .kind = FATE_IFINDEX, .ifindex = (u32)r1, .flags = r2 };
	return TC_ACT_REDIRECT;
}

DEFINE_HELPER(xdp_redirect)
{
	if (r2)
		return XDP_ABORTED;
	run->fate = (struct fate){ .kind = FATE_IFINDEX, .ifindex = (u32)r1 };
	return XDP_REDIRECT;
}

DEFINE_HELPER(redirect_peer)
{
	if (r2)
		return TC_ACT_SHOT;
	run->fate = (struct fate){ .kind = FATE_PEER, .ifindex = (u32)r1 };
	return TC_ACT_REDIRECT;
}

DEFINE_HELPER(redirect_neigh)
{
	u32 len = (u32)r3;
	struct bpf_redir_neigh params;

	if ((len && (s32)len < (s32)sizeof(params)) || r4)
		return TC_ACT_SHOT;
	run->fate = (struct fate){ .kind = FATE_NEIGH, .ifindex = (u32)r1 };
	if (len) {
		memcpy(&params, arg_ptr(r2), sizeof(params));
		run->fate.nh_family = (u8)params.nh_family;
		memcpy(run->fate.nh_addr, params.ipv6_nh, sizeof(run->fate.nh_addr));
	}
	return TC_ACT_REDIRECT;
}

DEFINE_HELPER(redirect_map)
{
	struct map *map = arg_map(r1);
	u64 verdict;

	if (!map->ops->redirect)
		return XDP_ABORTED;
	verdict = map->ops->redirect(map, r2, r3);
	if (verdict == XDP_REDIRECT)
		run->fate = (struct fate){
			.kind = FATE_MAP, .map_id = map->id, .index = r2, .flags = r3
		};
	return verdict;
}
