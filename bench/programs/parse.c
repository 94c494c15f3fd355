/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A chain of type-length-value records, as in options and extension headers: unaligned fields, byte order,
 * a switch per record.
 */
#include "program.h"

struct record {
	u8 type, len;
	u8 value[8]; /* unaligned */
};

static inline u32 be32(const u8 *p)
{
	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

static inline u32 be16(const u8 *p)
{
	return (u32)p[0] << 8 | p[1];
}

PROGRAM(parse)
{
	const u8 *p = DATA(ctx), *end = DATA_END(ctx);
	u32 ports = 0, addrs = 0, marks = 0, other = 0;

	for (u32 i = 0; i < 200; i++) {
		const struct record *r = (const void *)p;

		if ((const u8 *)(r + 1) > end)
			break;
		switch (r->type & 7) {
		case 0:
		case 5:
			ports += be16(r->value);
			ports ^= be16(r->value + 2);
			break;
		case 1:
			addrs ^= be32(r->value) & 0xffffff00;
			break;
		case 2:
		case 3:
			marks += be32(r->value + 1) >> 3;
			break;
		case 4:
			if (be16(r->value) == 0x0800)
				other++;
			break;
		default:
			other += r->len;
		}
		p += 2 + (r->len & 7);
	}
	return ports + addrs * 3 + marks * 5 + other * 7;
}
