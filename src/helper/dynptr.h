/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A dynptr: memory whose size is known only when the program runs, behind 16 bytes of the program's
 * stack that it hands to helpers and never touches. The layout is the kernel's. A dynptr without
 * data answers every request with an error.
 */
#ifndef SKEP_HELPER_DYNPTR_H
#define SKEP_HELPER_DYNPTR_H

#include "base/types.h"
#include "base/uapi.h"

#define DYNPTR_MAX_SIZE ((1u << 24) - 1)
#define DYNPTR_RDONLY (1u << 31)

enum dynptr_kind {
	DYNPTR_INVALID,
	DYNPTR_LOCAL,
	DYNPTR_RINGBUF,
	DYNPTR_SKB,
	DYNPTR_XDP,
	DYNPTR_SKB_META,
};

struct dynptr {
	u8 *data; /* NULL: none */
	u32 size; /* 24 bits; the kind from bit 28 on; DYNPTR_RDONLY */
	u32 offset; /* of the first byte in data */
};
static_assert(sizeof(struct dynptr) == 16, "the size of struct bpf_dynptr");

static inline struct dynptr dynptr_of(void *data, enum dynptr_kind kind, u32 size)
{
	return (struct dynptr){ .data = data, .size = size | (u32)kind << 28 };
}

static inline u32 dynptr_size(const struct dynptr *ptr)
{
	return ptr->size & DYNPTR_MAX_SIZE;
}

static inline enum dynptr_kind dynptr_kind(const struct dynptr *ptr)
{
	return ptr->size >> 28 & 7;
}

#endif
