/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets as programs meet them here: the one behind a test run's packet, which is full,
 * unconnected and speaks no TCP. Beyond it a world has none, so lookups find nothing.
 */
#include "helper/arg.h"

#define ASSIGN_FLAGS                                                                               \
	3 /* BPF_SK_LOOKUP_F_REPLACE, _NO_REUSEPORT: macros, so not among the kernel's types */
#define NETNS_COOKIE                                                                               \
	1 /* of the first network namespace of a machine, and the only one of a world */

DEFINE_HELPER(sk_fullsock)
{
	return r1;
}

/* NULL: it is no TCP socket. */
DEFINE_HELPER(tcp_sock)
{
	return 0;
}

/* NULL: it does not listen, and was made by none that does. */
DEFINE_HELPER(get_listener_sock)
{
	return 0;
}

/* NULL: there is no such socket, whatever the tuple says; the kernel says the same to a bad one. */
DEFINE_HELPER(sk_lookup_none)
{
	return 0;
}

/* NULL: it is of none of the kinds that there are casts for. */
DEFINE_HELPER(skc_to_none)
{
	return 0;
}

/* A socket belongs to the control group of who made it: here, of who asked for the run. */
DEFINE_HELPER(sk_cgroup_id)
{
	return skep__cgroup_id(run, NULL);
}

DEFINE_HELPER(sk_ancestor_cgroup_id)
{
	const int level = (int)r2;

	return skep__cgroup_id(run, &level);
}

DEFINE_HELPER(sk_release)
{
	return 0;
}

/* The program may take its choice back; there is no socket that it could choose. */
DEFINE_HELPER(sk_lookup_assign)
{
	if (r3 & ~(u64)ASSIGN_FLAGS)
		return result(-EINVAL);
	return r2 ? result(-ESOCKTNOSUPPORT) : 0;
}

/* Packets of test runs did not come in through traffic control, where alone a socket may be given
 * them. */
DEFINE_HELPER(skb_sk_assign)
{
	return result(r3 ? -EINVAL : -EOPNOTSUPP);
}

DEFINE_HELPER(get_netns_cookie)
{
	return NETNS_COOKIE;
}
