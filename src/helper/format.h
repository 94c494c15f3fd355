/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's format language for programs (bpf_snprintf, bpf_trace_printk and kin): %c %d %i %u
 * %x %X with l and ll, %s %ps %pS %pB %p %pK %px %pks %pus %pi4 %pI4 %pi6 %pI6, widths and the
 * flags "0+- ".
 *
 * As there, it works in two steps. The first checks the format and packs the arguments, texts and
 * addresses already rendered, into 512 bytes; only then does the second write anything, so a bad
 * format leaves the output untouched.
 */
#ifndef SKEP_HELPER_FORMAT_H
#define SKEP_HELPER_FORMAT_H

#include "base/types.h"

#define FORMAT_MAX_ARGS 12
#define FORMAT_PACK_SIZE 512

struct format_pack {
	u32 len;
	u32 fmt_len; /* of the format that was checked */
	const struct known_memory *known; /* where texts may be */
	u8 bytes[FORMAT_PACK_SIZE] __attribute__((aligned(8)));
};

/*
 * Checks a format of at most size bytes against nr arguments and packs them: 0, -EINVAL (format not
 * terminated, conversion unknown or without argument, unprintable character) or -ENOSPC.
 */
int skep__format_pack(struct format_pack *pack, const struct known_memory *known, const char *fmt,
		      u32 size, const u64 *args, u32 nr);

/* Only checks it: 0 or -EINVAL. What the verifier asks of a constant format. */
int skep__format_check(const char *fmt, u32 size, u32 nr);

/*
 * Writes the text and a NUL into to[size] and returns the length it would have without the limit.
 * The pack is the format's own; if somebody changed the format since, the text is wrong and nothing
 * else.
 */
u32 skep__format_render(char *to, u32 size, const char *fmt, const struct format_pack *pack);

#endif
