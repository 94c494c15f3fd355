/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Program types and what their context gives a program: the rows of prog_types.def and fields.def.
 *
 * In memory a context is laid out exactly as the UAPI struct that programs are compiled against, so
 * no access is ever rewritten: `data`, `data_end` and `data_meta` are 32 bits wide there, and hold
 * real addresses because packets live below 4 GiB (lowmem.h). What skep itself needs stands after
 * the struct.
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
	CTX_SOCK, /* struct bpf_sock * of a full socket */
	CTX_SOCK_OR_NULL,
	CTX_SOCK_COMMON_OR_NULL, /* the same struct, of which only the first fields may be read */
	CTX_FLOW_KEYS,
	CTX_TP_BUFFER, /* the writable buffer of a tracepoint */
	CTX_BTF, /* pointer to the kernel type that the field's `type` names */
};

/* Sizes of accesses, or-ed: each must be naturally aligned and lie within the field. */
#define CTX_SIZES 0xf /* 1, 2, 4, 8 */
#define CTX_AT_START 0x10 /* and start where the field starts */
#define CTX_HALF 0x20 /* stores only: of 4 bytes the kernel keeps 2, so store those */

struct ctx_field {
	const char *name;
	const char *type; /* CTX_BTF: "sk_buff"; else NULL */
	u16 off;
	u32 size;
	u8 kind; /* enum ctx_kind */
	u8 loads, stores; /* sizes allowed */
	u64 readers, writers; /* bit n: programs of type n may */
	u64 attach_types; /* bit n: and this expected attach type is one that may */
};

/* What a program may do with packet memory by direct access. */
enum ctx_packet { PACKET_NONE, PACKET_READ, PACKET_WRITE };

/* How BPF_PROG_TEST_RUN runs programs of a type (hook/test_run). */
enum test_run_kind {
	TEST_RUN_NONE, /* not at all: -ENOTSUPP */
	TEST_RUN_SKB,
	TEST_RUN_XDP,
	TEST_RUN_FLOW,
	TEST_RUN_SK_LOOKUP,
	TEST_RUN_NETFILTER,
	TEST_RUN_RAW_TP,
	TEST_RUN_SYSCALL,
	TEST_RUN_OPS, /* functions of a struct of the kernel's that is there for tests */
	TEST_RUN_BTF, /* the kernel has it; here not before there are kernel types */
};

struct prog_type {
	const char *name; /* libbpf's spelling: "xdp", "sched_cls" */
	const char *ctx_name; /* "xdp_md"; NULL when the context is described by BTF */
	u32 ctx_size; /* 0: described by BTF */
	const struct ctx_field *fields; /* sorted by off; a field may have several rows */
	u32 nr_fields;
	u8 packet; /* enum ctx_packet */
	u8 test_run; /* enum test_run_kind */
	const char *since;
};

/* The row of a program type number, or NULL when there is no such type. */
const struct prog_type *skep__prog_type(u32 type);

/*
 * May a program of the type touch [off, off + size) of its context? The field, or NULL when it may
 * not. The answers are those of the kernel's is_valid_access. Two remarks: a sign-extending load is
 * refused when the field's kind is not CTX_SCALAR; and contexts described by BTF (ctx_size 0) have
 * no fields here.
 */
const struct ctx_field *skep__ctx_access(u32 prog_type, u32 attach_type, s64 off, u32 size,
					 bool write);

/* Values that a program may return; false: any. (What BTF limits, of tracing and LSM hooks, is not
 * here.) */
struct ret_range {
	s32 min, max;
};
bool skep__prog_ret_range(u32 prog_type, u32 attach_type, struct ret_range *range);

/* PROG_LOAD's expected_attach_type: what it means when it is absent, and whether it is fine. */
u32 skep__prog_attach_default(u32 prog_type, u32 attach_type);
bool skep__prog_attach_ok(u32 prog_type, u32 attach_type);

/* Only who has CAP_PERFMON may load it. */
bool skep__prog_needs_perfmon(u32 prog_type);

#endif
