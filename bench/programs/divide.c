/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers in decimal (division by constants), greatest common divisors (by variables). */
#include "program.h"

PROGRAM(divide)
{
	const u32 *p = DATA(ctx), *end = DATA_END(ctx);
	u64 sum = 0;

	for (u32 i = 0; i < 64; i++) {
		u32 x, a, b;

		if (p + 1 > end)
			break;
		x = *p++;
		for (u32 n = x, k = 0; k < 10 && n; k++, n /= 10)
			sum = sum * 7 + n % 10;
		sum += (sum % 1000003) + x / 641;
		a = x | 1;
		b = (x >> 7) | 1;
		for (u32 k = 0; k < 24 && b; k++) {
			u32 t = a % b;

			a = b;
			b = t;
		}
		sum += a;
	}
	return sum ^ sum >> 32;
}
