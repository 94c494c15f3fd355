/* SPDX-License-Identifier: BSD-2-Clause */
/* The Internet checksum of the packet, 16 bits at a time. */
#include "program.h"

PROGRAM(checksum)
{
	const u16 *p = DATA(ctx);
	u32 sum = 0;

	for (u32 i = 0; i < PACKET_BYTES / 2; i++) {
		if ((void *)(p + 1) > DATA_END(ctx))
			break;
		sum += *p++;
	}
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}
