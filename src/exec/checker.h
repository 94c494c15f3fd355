/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state of one checked run, on the C stack of whoever called skep__exec: the provenance beside
 * the interpreter's frames, and what is left of the run's budget.
 */
#ifndef SKEP_EXEC_CHECKER_H
#define SKEP_EXEC_CHECKER_H

#include "exec/frames.h"
#include "exec/region.h"
#include "helper/proto.h"
#include "map/map.h"

#define SLOT_SIZE 8
#define SLOTS (MAX_STACK / SLOT_SIZE)
#define DEFAULT_INSN_BUDGET 100000000ull

/* A helper call that is under way: what its callbacks may know of its arguments. */
struct helper_call {
	const struct helper *helper; /* or a kernel function's prototype */
	helper_fn *fn;
	u32 number; /* of the helper; BPF_FUNC_unspec: a kernel function, */
	u32 kfunc; /*	this one (enum kfunc_id) */
	u32 insn;
	const struct value *reg; /* of the caller; R1..R5 are the arguments */
	struct map *map; /* its map argument, if it has one */
	u64 mem_size; /* its last size argument, if it has one */
	struct helper_call *outer;
};

static inline bool call_is_helper(const struct helper_call *call)
{
	return call->number != BPF_FUNC_unspec;
}

struct checker {
	u64 allowed, budget; /* instructions of the whole run; and left */
	u32 insn; /* the current one's index in run->prog */
	u32 next_gen; /* of frames */
	struct helper_call *call; /* innermost; NULL: none */
};

/* What stands beside the interpreter's frames. */
struct checked_frames {
	struct frames frames; /* first: run->frames points here */
	u32 gen[MAX_CALL_FRAMES]; /* which of a run's frames each is */
	struct prov saved[MAX_CALL_FRAMES][4]; /* of R6..R9, beside struct call_frame's */
	struct prov slots[MAX_CALL_FRAMES][SLOTS];
};

static inline struct checked_frames *checked_frames(const struct run *run)
{
	return (struct checked_frames *)run->frames;
}

static inline struct extent frame_extent(const struct run *run, u32 depth)
{
	return (struct extent){ (u64)(uintptr_t)run->frames->stack[depth], MAX_STACK,
				PROV_READ | PROV_WRITE };
}

static inline void unset(struct value *reg, u32 from, u32 to)
{
	for (u32 i = from; i <= to; i++)
		reg[i] = (struct value){ 0, { .kind = PROV_UNSET } };
}

/* Runs run->prog on run->ctx. */
u64 skep__checked(struct run *run);
void skep__checked_async(struct run *run, const struct async_call *call);

/* Stops the run at the current instruction; false, for callers to pass on. */
bool skep__checked_stop(struct run *run, const char *fmt, ...) __fmt(2, 3);

/*
 * checked_memory.c: each judges what the program is about to do and stops the run when it may not.
 */
bool skep__checked_access(struct run *run, const struct value *ptr, const struct access *access);

/* Where the value that a load yields will come from. */
struct load {
	const struct ctx_field *field;
	const struct prov *slot;
	bool kptr; /* the handle of an object, of which the pointer is wanted */
};

bool skep__checked_load(struct run *run, const struct value *ptr, struct access *access,
			struct load *load);
void skep__note_load(struct run *run, const struct load *load, struct value *loaded);
bool skep__checked_store(struct run *run, const struct value *ptr, const struct access *access);
void skep__note_store(struct run *run, const struct value *ptr, const struct access *access,
		      const struct prov *stored);
bool skep__checked_atomic(struct run *run, const struct value *ptr, const struct access *access,
			  struct load *load);
bool skep__checked_map(struct run *run, const struct insn *insn, struct value *out);
bool skep__checked_map_value(struct run *run, const struct insn *insn, struct value *out);
struct prov skep__map_value_prov(const struct run *run, const struct map *map, const void *value);

/* Forgets what stands beside the stack slots that [addr, addr + size) touches. */
void skep__forget_slots(struct run *run, const struct prov *prov, u64 addr, u64 size);

/*
 * checked_call.c: helper calls.
 */

/* Checks the arguments, calls, and fills R0 and clears R1..R5. False: the run was stopped. */
bool skep__checked_call(struct run *run, struct value *reg, u32 number);
bool skep__checked_kfunc(struct run *run, struct value *reg, const struct insn *insn);
bool skep__checked_tail_call(struct run *run, const struct value *reg, bool *done);

/* Checks the arguments of a call against the helper's prototype; fills call->map and mem_size. */
bool skep__checked_args(struct run *run, struct helper_call *call);

/* R1..R3 of a callback for an element. */
void skep__element_args(const struct run *run, const struct async_call *elem, struct value *reg);

/* R1..R5 of a callback of the current helper call. */
void skep__callback_args(const struct run *run, const u64 args[5], struct value *reg);

/*
 * checked_dynptr.c: dynptrs on the stack. The slots beside one are marked as its halves, and
 * whatever else is stored there ends it, so that its bytes are always those that a helper wrote.
 */

/* NULL; or what the argument must be to be a dynptr, or room for one, as the type says. */
const char *skep__dynptr_problem(const struct run *run, const struct value *value, u32 type);
/* After a call: what it has made is a dynptr, what it was given up is none. */
void skep__note_dynptrs(struct run *run, const struct helper_call *call);
/* What bpf_dynptr_data or bpf_dynptr_slice has returned. */
struct prov skep__dynptr_data_prov(const struct run *run, const struct helper_call *call, u64 bits);

/*
 * checked_iter.c: iterators on the stack, marked in the same way.
 */
const char *skep__iter_problem(const struct run *run, const struct value *value, u32 type);
void skep__note_iters(struct run *run, const struct helper_call *call);

/*
 * checked_object.c: allocated objects, and the special fields of objects and map values.
 */

/* What a pointer into an object is; into none: opaque. */
struct prov skep__object_prov(const struct run *run, u64 bits);
/* The special field exactly where a pointer points, or SPECIAL_BYTES. */
enum special_kind skep__special_at(const struct run *run, const struct value *ptr);
/* May the program load or store there by itself? Tells when what it loads is a kptr. */
bool skep__checked_fields(struct run *run, const struct value *ptr, const struct access *access,
			  bool *kptr);
/* NULL; or what must be in the register, for a type of argument that has to do with objects. */
const char *skep__object_problem(const struct run *run, const struct value *value, u32 type);

/* Runs a callback: run->callback of this mode. */
u64 skep__checked_callback(struct run *run, u64 fn, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);

#endif
