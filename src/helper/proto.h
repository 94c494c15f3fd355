/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the helper table (helpers.def) says of a helper: its C prototype in the verifier's terms.
 * Read by checked mode, the verifier, the disassembler, feature probing and docs.
 */
#ifndef SKEP_HELPER_PROTO_H
#define SKEP_HELPER_PROTO_H

#include "helper/run.h"

/* The kernel's argument classes (bpf.h's enum bpf_arg_type), in base form with modifiers beside. */
enum arg_type {
	ARG_NONE,
	ARG_ANYTHING, /* any initialised value */
	ARG_CONST_MAP_PTR,
	ARG_MAP_KEY, /* pointer to key_size bytes */
	ARG_MAP_VALUE, /* pointer to value_size bytes */
	ARG_MEM, /* pointer to memory whose size is the next argument, or fixed */
	ARG_CONST_SIZE, /* the size, above 0 */
	ARG_CONST_SIZE_OR_ZERO,
	ARG_ALLOC_SIZE, /* constant size of the memory returned */
	ARG_ALLOC_MEM, /* pointer returned by such a helper */
	ARG_CTX,
	ARG_SPIN_LOCK,
	ARG_TIMER,
	ARG_FUNC, /* subprogram address */
	ARG_STACK, /* pointer to own stack, or 0 */
	ARG_CONST_STR, /* NUL-terminated, in read-only map value */
	ARG_DYNPTR,
	ARG_KPTR,
	ARG_LONG,
	ARG_INT, /* pointers to 8 and 4 bytes */
	ARG_SOCKET, /* pointer to a full or common socket */
	ARG_BTF_ID, /* pointer to a kernel type, named in the row */
	ARG_PERCPU_BTF_ID,
	ARG_SOCK_COMMON,
	ARG_SCALAR, /* a number; no pointer */
	ARG_BTF_SOCK, /* a socket, as the context gives it or as a BTF pointer */
	/* of kernel functions only */
	ARG_OBJECT, /* the start of an allocated object, */
	ARG_LIST,
	ARG_TREE, /* a list's head or tree's root in a map value or object, */
	ARG_LIST_NODE,
	ARG_TREE_NODE, /* the node of an object */
	ARG_RES_LOCK, /* a struct bpf_res_spin_lock */
	ARG_WORK, /* the struct bpf_wq of a map value */
	/* an iterator on the stack, of ARG_FIXED bytes: begun (UNINIT), ended (RELEASE) */
	ARG_ITER,
};

/* Modifiers, or-ed above the class. */
#define ARG_CLASS(t) ((t)&0xff)
#define ARG_MAYBE_NULL 0x100
#define ARG_UNINIT 0x200 /* memory that the helper writes; need not be initialised */
#define ARG_RDONLY 0x400 /* memory that it only reads, also read-only regions */
#define ARG_WRITE 0x800 /* memory that it writes */
#define ARG_RELEASE 0x1000 /* gives up the reference */
#define ARG_DYN_LOCAL 0x2000 /* ARG_DYNPTR made over plain memory, */
#define ARG_DYN_RINGBUF 0x4000 /*	over a ring buffer record; else any kind */
#define ARG_OPTIONAL 0x8000 /* ARG_MEM that may be NULL whatever the size says */
#define ARG_FIXED(n) ((n) << 16) /* ARG_MEM, ARG_ITER of exactly n bytes, no size argument */

enum ret_type {
	RET_INTEGER,
	RET_VOID,
	RET_MAP_VALUE, /* pointer to value_size bytes */
	RET_SOCKET,
	RET_TCP_SOCK,
	RET_SOCK_COMMON,
	RET_ALLOC_MEM, /* pointer to as many bytes as the ARG_ALLOC_SIZE says */
	RET_DYNPTR_MEM, /* as many as the constant size argument says */
	RET_BTF_ID,
	RET_MEM_OR_BTF_ID,
	RET_INT_PTR, /* pointer to 4 bytes for reading */
	RET_OBJECT, /* pointer into an allocated object */
	RET_CAST, /* an address that may be read, faults caught */
	RET_NEVER, /* the helper does not return: tail_call */
};
#define RET_CLASS(t) ((t)&0xff)
#define RET_MAYBE_NULL 0x100
#define RET_TRUSTED 0x200
#define RET_RDONLY 0x400

/* Flags of a row. */
#define HELPER_GPL 0x1 /* programs with a GPL-compatible licence only */
#define HELPER_PKT 0x2 /* moves packet data: packet pointers are invalid afterwards */
#define HELPER_SLEEPS 0x4 /* sleepable programs only */
#define HELPER_PERFMON 0x8 /* needs CAP_PERFMON */
#define HELPER_CAPBPF 0x10 /* needs CAP_BPF */
#define HELPER_PKT_ARGS 0x20 /* memory arguments may be packet pointers */
#define HELPER_STOPS 0x80 /* may stop the run */
#define HELPER_FAST 0x40 /* changes no register but R0 (the kernel's "fastcall" contract) */

struct helper {
	const char *name; /* "map_lookup_elem" */
	helper_fn *fn; /* NULL: has a prototype and no implementation yet */
	u16 ret; /* enum ret_type with modifiers */
	u16 flags;
	u32 args[5]; /* enum arg_type with modifiers */
	const char *since; /* first kernel with it; NULL in a variant */
	u64 prog_types; /* bit n: programs of type n may call it */
};

/* The kernel types behind ARG_BTF_ID and RET_BTF_ID; NULL where a helper has no such thing. */
struct helper_btf {
	const char *arg, *ret;
};

/* The row of a helper number, or NULL when there is no such helper. */
const struct helper *skep__helper(u32 number);

/*
 * The helper as programs of a type have it: some numbers stand for another prototype or another
 * function there (redirect of XDP and of TC), so whoever calls or checks calls asks this. NULL when
 * the type may not call it at all.
 */
const struct helper *skep__helper_for(u32 number, u32 prog_type);

/*
 * libbpf's mark for an instruction that the kernel at hand has nothing for: a call of a helper that
 * nobody has, in place of a CO-RE relocation, a map or a weak kfunc that is not there. Programs
 * keep away from such places by what they asked before, so the mark may be loaded and not be
 * called.
 */
#define HELPER_POISON_CORE 195896080u
#define HELPER_POISON_MAP 2001000000u
#define HELPER_POISON_KFUNC 2002000000u

static inline bool helper_is_poison(u32 number)
{
	return number == HELPER_POISON_CORE ||
	       (number >= HELPER_POISON_MAP && number < HELPER_POISON_KFUNC + 1000000);
}

struct helper_btf skep__helper_btf(u32 number);

/* May the helper be handed a map of this type (enum bpf_map_type)? map_rules.def. */
bool skep__helper_takes_map(u32 number, u32 map_type);

/* May programs of this type (and attach type) call it? The kernel's per-type lists. */
bool skep__helper_allowed(u32 number, u32 prog_type, u32 expected_attach_type);

#endif
