/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Machine code under construction: bytes in order, labels, and between them the places (fixups)
 * whose encoding depends on where labels and the table end up. Bytes between fixups never change;
 * the machine's linker gives every fixup its size and joins all. Running out of memory sets err,
 * and everything after it is ignored.
 */
#ifndef SKEP_JIT_CODE_H
#define SKEP_JIT_CODE_H

#include "base/types.h"

enum fixup_kind {
	FIX_JUMP, /* to label `target` */
	FIX_BRANCH, /* the same under condition `arg` */
	FIX_CALL,
	FIX_ADDR, /* distance to label `target` as the last field of an instruction */
	FIX_SLOT, /* distance to table slot `target`, likewise */
	FIX_ALIGN, /* to a multiple of `target`, unless that takes more than `arg` bytes */
};

struct fixup {
	u32 at; /* bytes before it that are not fixups' */
	u32 target;
	u32 before; /* the linker's: bytes of all fixups before it */
	u8 kind; /* enum fixup_kind */
	u8 arg;
	u8 size; /* the linker's */
};

struct label {
	u32 at; /* bytes before it that are not fixups' */
	u32 fixups; /* fixups before it */
};
#define LABEL_UNBOUND UINT32_MAX

struct code {
	u8 *bytes;
	u32 len, cap;
	struct fixup *fixups;
	u32 nr_fixups, cap_fixups;
	struct label *labels;
	u32 nr_labels, cap_labels;
	bool has_pool; /* the program's prog->code_pool: decides where the table is */
	int err; /* 0 or -ENOMEM */
};

void skep__code_init(struct code *c);
void skep__code_fini(struct code *c);

/* Makes room for n more bytes; false when there is none. */
bool skep__code_reserve(struct code *c, u32 n);
void skep__code_put(struct code *c, const void *bytes, u32 n);

/* n new labels, not bound yet; returns the first, and the others count up from it. */
u32 skep__code_labels(struct code *c, u32 n);
void skep__code_bind(struct code *c, u32 label); /* to here */
void skep__code_fixup(struct code *c, enum fixup_kind kind, u8 arg, u32 target);

static inline void code_byte(struct code *c, u8 byte)
{
	if (likely(c->len < c->cap) || skep__code_reserve(c, 1))
		c->bytes[c->len++] = byte;
}

/* Little-endian. */
static inline void code_word(struct code *c, u64 value, u32 bytes)
{
	for (u32 i = 0; i < bytes; i++)
		code_byte(c, value >> (8 * i));
}

#endif
