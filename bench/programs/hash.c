/* SPDX-License-Identifier: BSD-2-Clause */
/* A counter in a hash table of 64 elements with 8-byte keys, which the first run makes: 100 hits. */
#include "program.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 128);
	__type(key, u64);
	__type(value, u64);
} flows SEC(".maps");

HELPER_PROGRAM(hash)
{
	const u8 *p = DATA(ctx), *end = DATA_END(ctx);
	const u64 none = 0;

	for (u32 i = 0; i < 100; i++, p++) {
		if (p + 1 > end)
			break;
		u64 key = (*p & 63) * 0x9e3779b97f4a7c15;
		u64 *counter = bpf_map_lookup_elem(&flows, &key);

		if (counter)
			++*counter;
		else
			bpf_map_update_elem(&flows, &key, &none, BPF_ANY);
	}
	return 0;
}
