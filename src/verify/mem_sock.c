/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets as programs see them: struct bpf_sock and its relatives, read only, field by field. */
#include "verify/memory.h"
#include "verify/operand.h"

static bool narrow_ok(u32 size, u32 whole)
{
	return size <= whole && !(size & (size - 1));
}

#define IN(off, first, last)                                                                       \
	((off) >= offsetof(struct bpf_sock, first) &&                                              \
	 (off) < offsetof(struct bpf_sock, last) + sizeof(((struct bpf_sock *)0)->last))
#define AT(off, field) ((off) == offsetof(struct bpf_sock, field))

static bool sock_ok(u32 off, u32 size)
{
	if (off >= sizeof(struct bpf_sock) || off % size)
		return false;
	if (AT(off, state) || AT(off, family) || AT(off, type) || AT(off, protocol) ||
	    AT(off, src_port) || AT(off, rx_queue_mapping) || IN(off, src_ip4, src_ip4) ||
	    IN(off, src_ip6, src_ip6) || IN(off, dst_ip4, dst_ip4) || IN(off, dst_ip6, dst_ip6))
		return narrow_ok(size, 4);
	if (IN(off, dst_port, dst_port)) /* two bytes, which may be read as four */
		return narrow_ok(size, size == 4 ? 4 : 2);
	if (off > offsetof(struct bpf_sock, dst_port) && off < offsetof(struct bpf_sock, dst_ip4))
		return false; /* the gap */
	return size == 4;
}

static bool tcp_sock_ok(u32 off, u32 size)
{
	if (off >= sizeof(struct bpf_tcp_sock) || off % size)
		return false;
	if (off == offsetof(struct bpf_tcp_sock, bytes_received) ||
	    off == offsetof(struct bpf_tcp_sock, bytes_acked))
		return size == 8;
	return size == 4;
}

static bool field_ok(u8 cls, s32 off, u32 size)
{
	if (off < 0)
		return false;
	switch (cls) {
	case REG_SOCK_COMMON:
		return !IN((u32)off, type, priority) && sock_ok(off, size);
	case REG_SOCKET:
		return sock_ok(off, size);
	case REG_TCP_SOCK:
		return tcp_sock_ok(off, size);
	default:
		return off == offsetof(struct bpf_xdp_sock, queue_id) && size == 4;
	}
}

int skep__access_sock(const struct access *a)
{
	struct class_name name;

	if (a->write)
		return skep__vfail(a->env, -EACCES, "R%u cannot write into %s\n", a->regno,
				   skep__class_name(a->ptr, &name));
	if (a->ptr->n.smin < 0)
		return skep__vfail(a->env, -EACCES,
				   "R%u min value is negative, either use unsigned index or do a "
				   "if (index >=0) check.\n",
				   a->regno);
	if (!field_ok(a->ptr->cls, a->off, a->size))
		return skep__vfail(a->env, -EACCES, "R%u invalid %s access off=%d size=%d\n",
				   a->regno, skep__class_name(a->ptr, &name), a->off, a->size);
	set_loaded(a);
	return 0;
}
