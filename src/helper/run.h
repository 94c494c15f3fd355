/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One run of one program: everything that executing code and its helpers may reach. It lives on the
 * stack of whoever runs the program; JIT code keeps its address in a register and passes it to every
 * helper as the sixth argument, so nothing on the fast path looks for thread-local state.
 */
#ifndef SKEP_HELPER_RUN_H
#define SKEP_HELPER_RUN_H

#include "base/services.h"
#include "base/types.h"
#include "helper/prog_base.h"
#include "map/cpu.h"
#include "map/ringbuf.h"

struct checker;
struct map_lock;
struct exec_fault;
struct frames;
struct prog;
struct run;
struct run_storage;
struct value;

#define RUN_RES_LOCKS 31 /* the kernel's */

/* Every helper: five argument registers as the program left them, and the run. */
typedef u64 helper_fn(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, struct run *run);

/* Where a packet was sent by bpf_redirect and its kin; valid after the program returned *_REDIRECT. */
enum fate_kind { FATE_NONE, FATE_IFINDEX, FATE_PEER, FATE_NEIGH, FATE_MAP };

struct fate {
	enum fate_kind kind;
	u32 ifindex; /* FATE_IFINDEX, FATE_PEER, FATE_NEIGH */
	u32 map_id; /* FATE_MAP, */
	u64 index; /*	and the key in it */
	u64 flags;
	u8 nh_family; /* FATE_NEIGH with parameters */
	u8 nh_addr[16];
};

/* Looks on while checked mode runs: told before each instruction. */
struct run_watch {
	void *opaque;
	void (*before)(void *opaque, const struct run *run, u32 insn, const struct value *regs);
};

struct run {
	const struct services *svc;
	const struct prog *prog; /* the one running now; a tail call changes it */
	void *ctx; /* R1 of the outermost frame */
	u32 cpu; /* the slot that this run owns */
	u32 tail_calls; /* done so far in this run; the 34th fails */
	u32 may_gotos; /* left in the running frame's budget: each call starts with its own */
	u64 insn_budget; /* instructions that checked mode allows a run; 0: 100 million */
	u32 packet_gen; /* grows when packet pointers become invalid */
	/* Calls a BPF function that a helper was handed (bpf_loop and the like), in the mode of the run. */
	u64 (*callback)(struct run *run, u64 fn, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);
	struct frames *frames; /* the interpreter's call frames (exec/frames.h); NULL in JIT code */
	struct checker *checker; /* checked mode's state; NULL in plain mode and JIT code */
	const struct run_watch *watch; /* of checked mode; NULL: nobody */
	u64 loaded; /* by the plain interpreter: a pointer made from a kptr field */
	struct fate fate;
	struct run_storage *storage; /* of its control group and socket; NULL: there is none */
	const void *net; /* routes and neighbours given to the run (ctx/net.h); NULL: none */
	struct task task; /* valid when have_task: asked for once a run */
	bool have_task;
	struct {
		bool was_asked;
		s64 level; /* -1: the group itself */
		u64 id;
	} cgroup; /* the one that was asked for last */
	struct exec_fault *fault; /* where the reason goes when the run is stopped; never NULL */
	void *outermost; /* machine code: the stack of the running program's first frame, to unwind to */
	u64 cookie; /* of bpf_throw, when thrown is set: the program ends */
	bool thrown;
	u64 attach_cookie; /* what the attach point was given for bpf_get_attach_cookie; 0: none */
	struct ringbuf_held records; /* reserved and not yet given up; starts with nr 0 */
	struct map_lock *lock; /* bpf_spin_lock that the run holds; NULL: none */
	u32 nr_res_locks; /* bpf_res_spin_locks that it holds */
	struct map_lock *res_locks[RUN_RES_LOCKS];
	const char *why; /* a helper stopped the run: the reason */
	bool aborted; /* stopped by checked mode or by the exec layer; the return value means nothing */
};

static inline const struct prog_base *run_base(const struct run *run)
{
	return (const struct prog_base *)run->prog;
}

static inline struct objects *run_objects(const struct run *run)
{
	return run_base(run)->objects;
}

#endif
