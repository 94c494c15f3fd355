/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One verification in progress: the program with what static passes found about its instructions,
 * the path being followed, the paths still to follow, stored states, budgets. Everything that it
 * allocates is in its pool.
 */
#ifndef SKEP_VERIFY_ENV_H
#define SKEP_VERIFY_ENV_H

#include "helper/proto.h"
#include "verify/log_level.h"
#include "verify/state.h"
#include "verify/verify.h"

/* Budgets; the kernel's. */
#define MAX_PROCESSED BPF_COMPLEXITY_LIMIT_INSNS
#define MAX_PENDING 8192
#define MAX_STATES 64 /* stored at one instruction, for loaders without CAP_BPF */
#define MAX_VAR_OFFSET (1 << 29)
#define MAX_VAR_SIZE (1 << 29)
#define MAX_PACKET_OFF 0xffff

/* Passed where a register number is expected and there is none. */
#define NO_REG (-1)

enum insn_mark {
	MARK_PRUNE = 1 << 0, /* states are compared here */
	MARK_JUMP = 1 << 1, /* reached otherwise than from the instruction before */
	MARK_CHECKPOINT = 1 << 2, /* a state is stored whenever a path comes by */
	MARK_CALLBACK = 1 << 3, /* calls a function that calls back at once */
	MARK_ITER_NEXT = 1 << 4,
	MARK_SEEN = 1 << 5, /* some path came here that a run can take */
	MARK_BARRIER_BEFORE = 1 << 6, /* no speculation comes this far, */
	MARK_BARRIER_AFTER = 1 << 7, /* or goes on behind it (speculate.c) */
};

enum insn_load { LOADS_VALUE = 1, LOADS_KPTR, LOADS_KNOWN, LOADS_PROBE, LOADS_MIXED };

/* What is known of an instruction, whatever path comes to it. Also the facts for later passes. */
struct insn_info {
	u8 marks; /* enum insn_mark */
	u8 mem_cls; /* enum reg_class of the pointer it goes through; 0: none seen */
	u16 mem_flags;
	u16 live_regs; /* registers whose value matters before it */
	u8 loads; /* enum insn_load, the same on all paths or mixed */
	s32 known_field; /* LOADS_KNOWN: where it is here, from the pointer on */
	bool map_poison; /* helper calls: more than one map */
	u32 visits; /* how often a path came by */
	u8 alu_state; /* sums with a register: how they are masked (speculate.c); 0: not */
	u32 alu_limit;
	u32 scc; /* the strongly connected component of a loop; 0: none */
	const struct verify_map *map; /* helper calls: the map */
	struct state *states; /* stored; the bucket of this index (prune.c) */
};

enum linkage { LINK_STATIC, LINK_GLOBAL, LINK_EXTERN };

/* What a global function's prototype says of an argument (sub_args.c). */
struct sub_arg {
	u8 cls; /* enum sub_arg_class */
	u16 flags; /* enum reg_flag that the argument has inside the function */
	u32 mem_size;
	u32 btf_id;
};
enum sub_arg_class {
	SUB_ARG_SCALAR,
	SUB_ARG_CTX,
	SUB_ARG_MEM,
	SUB_ARG_ARENA,
	SUB_ARG_DYNPTR,
	SUB_ARG_BTF
};

struct sub_info {
	u16 stack_depth; /* bytes */
	enum linkage linkage;
	const char *name; /* of its BTF function; "" when unknown */
	u32 type_id; /* its BTF_KIND_FUNC; 0: none */
	bool has_tail_call, tail_call_reachable, has_ld_abs, has_loop_callback;
	bool moves_packet, might_sleep; /* itself or what it calls */
	bool is_callback, is_async_callback, is_exception_callback,
		called; /* global ones: verified when called */
	bool args_known, args_bad;
	u8 nr_args;
	struct sub_arg args[5];
	u32 order_start; /* its instructions in env->postorder: up to the next one's */
};

/* A path still to follow. */
struct pending {
	struct pending *next;
	struct state *state;
	u32 insn, prev_insn;
	size_t log_len;
};

/* What the context of a program for a type of the kernel holds: the arguments of a function
 * (attach.c). */
struct attach_target {
	const struct btf *btf;
	const char *name;
	const struct btf_type *proto; /* NULL: nothing is known of them */
	u32 skip; /* first arguments that programs do not see */
	bool trusted; /* pointers are good while the program runs */
};

struct scc_visits; /* prune_loop.c */
struct live_stack; /* live_stack.c */
struct backtrack; /* precise.c */

/* Old ids with the new ones that stand for them, while two states are compared. */
#define ID_MAP_SIZE ((MAX_BPF_REG + MAX_SLOTS) * MAX_CALL_FRAMES)
struct id_map {
	u32 next_temp, nr;
	struct {
		u32 old, cur;
	} pairs[ID_MAP_SIZE];
};

struct verify_env {
	const struct verify_input *in;
	const struct prog *prog;
	const struct btf *kernel_btf; /* types of its objects; NULL: none, or not asked for yet */
	struct pool pool;
	struct strbuf *log;
	u32 log_level; /* BPF_LOG_* */

	/* Of the loader. */
	bool capable; /* CAP_BPF */
	bool allow_ptr_leaks, allow_uninit_stack, bypass_spec_v1, bypass_spec_v4; /* CAP_PERFMON */
	bool strict_alignment, test_state_freq, test_reg_invariants;

	/* Static passes. */
	struct insn_info *info; /* per instruction */
	u32 *postorder; /* instructions, subprogram by subprogram, successors first */
	struct sub_info *subs;
	u32 nr_sccs;
	struct attach_target target;
	const struct verify_map *arena; /* the one that the program uses; NULL: none */

	/* The path. */
	struct state *cur;
	u32 insn, prev_insn;
	struct jump *jump; /* the record of this instruction, when it has one */
	struct pending *pending;
	u32 nr_pending;
	u32 next_id;
	u16 scratched_regs; /* changed since the log last printed them */
	u64 scratched_slots;
	u32 prev_line; /* source line that the log printed last, as index + 1 */
	size_t insn_log_end,
		insn_log_len; /* where the log's last instruction ends, and how long its text is */

	/* Stored states (prune.c). */
	struct state *free_list;
	struct scc_visits *scc_visits;
	u32 nr_backedges, nr_stored, nr_free;
	u32 max_states_per_insn, total_states, peak_states;
	u32 processed, jumps_processed, prev_processed, prev_jumps_processed;
	struct id_map id_map;

	u16 *back_regs; /* per instruction: what going back must not pass over (backtrack.c) */
	struct live_stack *live;
	struct backtrack *bt;
	struct reg scratch[4]; /* registers that stand for constants, and copies to refine */
	bool follows_kernel; /* a load through a pointer to an object of the kernel was accepted */
	bool loads_kptr; /* the access that is being checked: of the handle of an object, */
	bool knows_field; /*	of a field of the kernel's that is known here, */
	s32 known_field; /*	at this offset from its pointer, */
	bool probes; /*	or of an address that may be bad */
	u32 max_ctx_offset;
	bool seen_exception, seen_direct_write;
	bool explore_alu_limits; /* sums of pointers and unknown numbers: states are equal when all
				    is */
	u64 start_nsec;
};

static inline struct frame *cur_frame(struct verify_env *env)
{
	return state_frame(env->cur);
}
static inline struct reg *cur_reg(struct verify_env *env, u32 regno)
{
	return &cur_frame(env)->regs[regno];
}
static inline const struct insn *env_insn(const struct verify_env *env, u32 i)
{
	return &env->prog->insns[i];
}
/* The frame that a stack pointer points into. */
static inline struct frame *stack_frame_of(struct verify_env *env, const struct reg *r)
{
	return env->cur->frames[r->stack.frame];
}
static inline u32 new_id(struct verify_env *env)
{
	return ++env->next_id;
}
/* Types of kernel objects where nothing in the program's text asks for them. */
static inline const struct btf *env_find_kernel_btf(struct verify_env *env)
{
	if (!env->kernel_btf && env->in->find_kernel_btf)
		env->kernel_btf = env->in->find_kernel_btf(env->in->opaque);
	return env->kernel_btf;
}
static inline bool env_logs(const struct verify_env *env, u32 levels)
{
	return env->log_level & levels;
}

/* log.c. Adds to the log. */
void skep__vlog(struct verify_env *env, const char *fmt, ...) __fmt(2, 3);
/* The same, and returns err: the sentence that refuses the program. */
int skep__vfail(struct verify_env *env, int err, const char *fmt, ...) __fmt(3, 4);
/* What skep does not verify yet: refused, never let through. */
int skep__vfail_later(struct verify_env *env, const char *what);
void skep__vlog_slots(struct verify_env *env, u64 slots); /* "-8,-16" */
void skep__vlog_chain(struct verify_env *env, const u32 *calls, u32 nr, u32 last); /* "(7,12,20)" */
void skep__vlog_insn(struct verify_env *env, u32 insn); /* "(b7) r0 = 1" with names */
void skep__vlog_source(struct verify_env *env, u32 insn,
		       const char *prefix); /* "; int x = 1; @ prog.c:7" */
void skep__vlog_state(struct verify_env *env, const struct state *s, u32 frame,
		      bool all); /* ends the line */
void skep__vlog_state_behind(struct verify_env *env, const struct state *s,
			     u32 frame); /* behind the insn's text */

/* subs.c: the subprogram that an instruction belongs to, or that starts at one (-1: none does). */
u32 skep__sub_of(const struct verify_env *env, u32 insn);
int skep__sub_at(const struct verify_env *env, u32 start);
static inline u32 sub_start(const struct verify_env *env, u32 sub)
{
	return env->prog->subprogs[sub].start;
}

/* The helper of a call instruction, as this program's type has it; NULL: no such. */
const struct helper *skep__env_helper(const struct verify_env *env, const struct insn *insn);
/* Subprograms with tail calls or packet loads in them. 0 or -EINVAL. */
int skep__check_early_exits(struct verify_env *env);
bool skep__calls_sync_callback(const struct verify_env *env, const struct insn *insn);
bool skep__calls_async_callback(const struct verify_env *env, const struct insn *insn);

#endif
