/* SPDX-License-Identifier: BSD-2-Clause */
/* As array, with a counter for each CPU. */
#include "program.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, u64);
} counters SEC(".maps");

HELPER_PROGRAM(percpu)
{
	const u8 *p = DATA(ctx), *end = DATA_END(ctx);

	for (u32 i = 0; i < 100; i++, p++) {
		if (p + 1 > end)
			break;
		u32 key = *p;
		u64 *counter = bpf_map_lookup_elem(&counters, &key);

		if (counter)
			++*counter;
	}
	return 0;
}
