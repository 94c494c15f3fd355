/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC-32 by table, a byte at a time; the table is made at the first run. */
#include "program.h"

static u32 table[256];

static inline void make_table(void)
{
	for (u32 i = 0; i < 256; i++) {
		u32 c = i;

		for (u32 k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ 0xedb88320 : c >> 1;
		table[i & 255] = c;
	}
}

PROGRAM(crc32)
{
	const u8 *p = DATA(ctx), *end = DATA_END(ctx);
	u32 crc = ~0u;

	if (!table[1])
		make_table();
	for (u32 i = 0; i < PACKET_BYTES; i++) {
		if (p + 1 > end)
			break;
		crc = table[(crc ^ *p++) & 255] ^ crc >> 8;
	}
	return ~crc;
}
