/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Program types and what their context gives a program: the rows of prog_types.def and fields.def.
 *
 * In memory a context is laid out exactly as the UAPI struct that programs are compiled against, so no
 * access is ever rewritten: `data`, `data_end` and `data_meta` are 32 bits wide there, and hold real
 * addresses because packets live below 4 GiB (lowmem.h). What skep itself needs stands after the struct.
 */
#ifndef SKEP_CTX_CTX_H
#define SKEP_CTX_CTX_H

#include "base/types.h"
#include "base/uapi.h"

/* What a load of a field yields. */
enum ctx_kind {
	CTX_SCALAR,
	CTX_PKT, /* start of packet data */
	CTX_PKT_END,
	CTX_PKT_META, /* start of the metadata before it */
	CTX_SOCK, CTX_SOCK_COMMON, /* struct bpf_sock *, or NULL */
	CTX_FLOW_KEYS,
	CTX_MEM, /* a pointer to memory of a size that the type knows */
};

#define CTX_READ   0x1
#define CTX_WRITE  0x2
#define CTX_NARROW 0x4 /* loads of a part of it are fine (1, 2, 4 bytes, naturally aligned) */

struct ctx_field {
	const char *name;
	u16 off, size;
	u8 kind, access;
};

struct prog_type {
	const char *name; /* libbpf's spelling: "xdp", "sched_cls" */
	const char *ctx_name; /* "xdp_md"; NULL when the context is plain memory or none */
	u32 ctx_size;
	const struct ctx_field *fields; /* sorted by off */
	u32 nr_fields;
	bool has_packet;
	const char *since;
};

/* The row of a program type number, or NULL when there is no such type. */
const struct prog_type *skep__prog_type(u32 type);

/*
 * May a program of the type touch [off, off + size) of its context? The field, or NULL when it may not.
 * Same answers as the kernel's is_valid_access for the types that skep executes.
 */
const struct ctx_field *skep__ctx_access(u32 prog_type, u32 attach_type, s64 off, u32 size, bool write);

#endif
