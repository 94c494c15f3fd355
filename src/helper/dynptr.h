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

struct run;

#define DYNPTR_MAX_SIZE ((1u << 24) - 1)
#define DYNPTR_RDONLY (1u << 31)

/* The kernel's enum bpf_dynptr_type. */
enum dynptr_kind {
	DYNPTR_INVALID,
	DYNPTR_LOCAL,
	DYNPTR_RINGBUF,
	DYNPTR_SKB,
	DYNPTR_XDP,
	DYNPTR_SKB_META,
};

struct dynptr {
	void *data; /* memory, or the packet's context; NULL: none */
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

static inline bool dynptr_has(const struct dynptr *ptr, u32 off, u32 len)
{
	u32 size = dynptr_size(ptr);

	return len <= size && off <= size - len;
}

/* How the bytes of a kind are reached, `off` counted from the start of `data`. */
struct dynptr_ops {
	s64 (*read)(void *data, u32 off, void *to, u32 len, struct run *run); /* 0 or -errno */
	s64 (*write)(void *data, u32 off, const void *from, u32 len, u64 flags, struct run *run);
	/* The bytes in place, or a copy in buf (NULL: none wanted), or NULL. */
	void *(*slice)(void *data, u32 off, void *buf, u32 len);
};

extern const struct dynptr_ops skep__dynptr_skb, skep__dynptr_skb_meta,
	skep__dynptr_xdp; /* net/dynptr.c */

/* The same of a dynptr, whose bounds are kept. */
s64 skep__dynptr_read(const struct dynptr *ptr, u32 off, void *to, u32 len, u64 flags,
		      struct run *run);
s64 skep__dynptr_write(const struct dynptr *ptr, u32 off, const void *from, u32 len, u64 flags,
		       struct run *run);
void *skep__dynptr_slice(const struct dynptr *ptr, u32 off, void *buf, u32 len);

#endif
