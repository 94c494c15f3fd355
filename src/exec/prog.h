/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A loaded program as the data plane sees it: immutable from the moment it can be reached. Built by
 * verify/prepare, given machine code by jit/, owned by the world.
 */
#ifndef SKEP_EXEC_PROG_H
#define SKEP_EXEC_PROG_H

#include "base/types.h"
#include "helper/prog_base.h"
#include "isa/insn.h"

struct map;
struct run;

/* Limits of a run, whatever runs it: the kernel's MAX_CALL_FRAMES, MAX_BPF_STACK (of each frame)
 * and BPF_MAX_LOOPS. */
#define MAX_CALL_FRAMES 8
#define MAX_STACK 512
#define MAX_MAY_GOTOS (8 * 1024 * 1024)
#define MAX_SUBPROGS 256 /* of a program: BPF_MAX_SUBPROGS */

enum exec_mode { MODE_CHECKED, MODE_INTERP, MODE_JIT };

struct subprog {
	u32 start, end; /* instructions [start, end) */
	const char *name; /* from BTF; NULL if unknown */
	u16 stack_depth; /* bytes below R10 that it was seen to use; MAX_BPF_STACK when not known */
	bool is_callback; /* some LDFUNC takes its address */
	bool is_exception_callback; /* ends the program when bpf_throw was called */
};

/* One line of source, from the first instruction it belongs to up to the next row's. */
struct prog_line {
	u32 insn;
	u32 line, column;
	const char *file, *text;
};

/* A function of the kernel that the program calls. */
struct prog_kfunc {
	u32 btf_id; /* of the BTF in use */
	u32 id; /* enum kfunc_id; KFUNC_NONE: programs cannot call it */
	const char *name;
};

/* Machine code; R1 is the context. */
typedef u64 jit_fn(void *ctx, struct run *run);

struct prog {
	struct prog_base base; /* first: helpers know no more of it */
	const struct insn *insns;
	u32 len;
	u32 type; /* enum bpf_prog_type */
	u32 expected_attach_type;
	u32 id; /* the world's */
	char name[BPF_OBJ_NAME_LEN];
	u8 tag[BPF_TAG_SIZE];

	const struct subprog *subprogs; /* [0] is the entry; sorted by start */
	u32 nr_subprogs;

	/*
	 * LDMAP and LDMAPVAL instructions have an index into this table in insn.imm (and the byte
	 * offset into the value in insn.off), so the image holds no pointers and serves every
	 * process; LDFUNC has the index of a subprog in insn.imm. The IDX forms are gone after
	 * prepare.
	 */
	struct map *const *maps;
	u32 nr_maps;
	struct map *arena; /* the one among them that is an arena; NULL: none */

	/*
	 * CALL_KFUNC instructions have an index into this table in insn.off, and the BTF id in
	 * insn.imm; the id 0 stands for a function that no BTF had, and that is never reached.
	 */
	const struct prog_kfunc *kfuncs;
	u32 nr_kfuncs;

	const struct prog_line *lines; /* sorted by insn; may be empty */
	u32 nr_lines;

	jit_fn *jit; /* NULL: not compiled */
	const void *jit_body; /* where tail calls enter it, */
	u32 jit_class; /* from machine code of the same class; 0: not compiled */
	const void *jit_image; /* jit/'s own */
	struct code_pool *code_pool; /* where the code of small programs goes (jit/code_pool.h);
					NULL: pages of its own */
	bool jit_unwinds; /* some calls in it may end the program from any depth */
	u32 max_ctx_offset; /* where the furthest context access ends; 0 until the verifier says */
	bool sleepable, xdp_has_frags, gpl;
	bool checked_only; /* it follows pointers that nobody vouches for here: to objects of the
			      kernel */
	u32 exception_callback; /* index of the subprogram that ends it when it throws; 0: none */
};

static_assert(!offsetof(struct prog, base), "a struct prog is a struct prog_base");

/* enum kfunc_id of a prepared call; UINT32_MAX: a function that no BTF had. */
static inline u32 prog_kfunc(const struct prog *prog, const struct insn *call)
{
	return call->imm && (u32)call->off < prog->nr_kfuncs ? prog->kfuncs[call->off].id
							     : UINT32_MAX;
}

#endif
