/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts words, lines and digits in the packet's bytes, and looks for a four-byte text. */
#include "program.h"

PROGRAM(scan)
{
	const u8 *p = DATA(ctx), *end = DATA_END(ctx);
	u32 words = 0, lines = 0, digits = 0, found = 0, last = 0;
	int inside = 0;

	for (u32 i = 0; i < PACKET_BYTES; i++) {
		u8 ch;

		if (p + 1 > end)
			break;
		ch = *p++;
		last = last << 8 | ch;
		if (last == 0x47455420) /* "GET " */
			found++;
		if (ch == '\n')
			lines++;
		if (ch >= '0' && ch <= '9')
			digits++;
		if (ch <= ' ') {
			inside = 0;
		} else if (!inside) {
			inside = 1;
			words++;
		}
	}
	return words ^ lines << 10 ^ digits << 16 ^ found << 24;
}
