/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The plain interpreter: one label an opcode, generated from insn.def, each ending in its own jump
 * to the next (direct threading). It trusts the program: branches stay inside it, memory is what
 * the verifier proved it to be. Programs that nobody proved belong in checked mode.
 */
#include <endian.h>
#include <string.h>

#include "exec/frames.h"
#include "exec/tail_call.h"
#include "helper/kfunc.h"
#include "helper/proto.h"
#include "map/arena.h"
#include "map/objects.h"

static helper_fn *find_helper(const struct prog *prog, s64 number)
{
	const struct helper *helper = skep__helper_for((u32)number, prog->type);

	return likely(helper) ? helper->fn : NULL;
}

static u64 map_value(const struct run *run, const struct insn *insn)
{
	struct map *map = run->prog->maps[insn->imm];
	const u32 first = 0;

	if (map->def.type == BPF_MAP_TYPE_ARENA)
		return arena_user_start(map) + (u64)insn->off;
	return (u64)(uintptr_t)map->ops->lookup(map, &first, run->cpu) + (u64)insn->off;
}

/* Accesses that the verifier has marked. */
static void *__attribute__((noinline))
marked_memory(struct run *run, const struct insn *insn, u64 reg, u32 size)
{
	if (insn->flags & INSN_ARENA)
		return skep__arena_at(run->prog->arena, reg, insn->off, size);
	if (insn->flags & INSN_KNOWN)
		return (void *)(uintptr_t)(reg + (u64)(s64)insn->off);
	u64 handle =
		__atomic_load_n((u64 *)(uintptr_t)(reg + (u64)(s64)insn->off), __ATOMIC_RELAXED);

	run->loaded = (u64)(uintptr_t)object_at(run_objects(run), handle);
	return &run->loaded;
}

/* NULL: the arena has no page there. */
static inline void *memory_at(struct run *run, const struct insn *insn, u64 reg, u32 size)
{
	if (unlikely(insn->flags))
		return marked_memory(run, insn, reg, size);
	return (void *)(uintptr_t)(reg + (u64)(s64)insn->off);
}

/* clang-format off */
#define AT(reg, T)    memory_at(run, insn, reg, sizeof(T))
#define DST	      reg[insn->dst]
#define SRC_X	      reg[insn->src]
#define SRC_K	      ((u64)insn->imm)
#define S(x)	      _Generic((x), u64: (s64)(x), default: (s32)(x))
#define WIDTH	      (sizeof(a) * 8)
#define NEXT	      goto *labels[(++insn)->op]
#define GO_TO(target) do { insn = (target); goto *labels[insn->op]; } while (0)
#define NO_FUNCTION() do { skep__exec_no_function(run, insn - run->prog->insns); return 0; } while (0)
#define STOP(...)     do { skep__exec_stop(run, insn - run->prog->insns, __VA_ARGS__); return 0; } while (0)

#define DO_ALU(T, src, value)	{ T a = (T)DST, b = (T)(src); (void)a; (void)b; DST = (T)(value); }
#define DO_NEG(T, value)	{ T a = (T)DST; DST = (T)(value); }
#define DO_MOVSX(from, to)	{ DST = (to)(from)SRC_X; }
#define DO_END(value)		{ u64 a = DST; DST = (value); }
#define DO_JMP(T, src, taken)	{ T a = (T)DST, b = (T)(src); if (taken) GO_TO(insn + insn->off + 1); }
#define DO_LDX(T)		{ T v = 0, *at = AT(SRC_X, T); if (likely(at)) memcpy(&v, at, sizeof(v)); DST = (u64)v; }
#define DO_STX(T)		{ T v = (T)SRC_X, *at = AT(DST, T); if (likely(at)) memcpy(at, &v, sizeof(v)); }
#define DO_ST(T)		{ T v = (T)SRC_K, *at = AT(DST, T); if (likely(at)) memcpy(at, &v, sizeof(v)); }
#define DO_LDACQ(T)		{ T *at = AT(SRC_X, T); DST = likely(at) ? __atomic_load_n(at, __ATOMIC_ACQUIRE) : 0; }
#define DO_STREL(T)		{ T *at = AT(DST, T); if (likely(at)) __atomic_store_n(at, (T)SRC_X, __ATOMIC_RELEASE); }
#define DO_CASTAS()		{ \
	if (unlikely(run->prog->arena && !(insn->flags & INSN_ARENA))) \
		STOP("which accesses go to the arena is known of verified programs only"); \
	DST = insn->imm == 1 || !run->prog->arena ? (u32)SRC_X : skep__arena_user_ptr(run->prog->arena, SRC_X); }
#define MODIFY(T, value) \
	T *at = AT(DST, T), a, b = (T)SRC_X; \
	if (unlikely(!at)) \
		NEXT; \
	a = __atomic_load_n(at, __ATOMIC_RELAXED); \
	while (!__atomic_compare_exchange_n(at, &a, (T)(value), false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) \
		;
#define DO_ATOMIC(T, value)	{ MODIFY(T, value) }
#define DO_FETCH(T, value)	{ MODIFY(T, value) SRC_X = a; }
#define DO_CMPXCHG(T) { \
	T expected = (T)reg[0], *at = AT(DST, T); \
	if (unlikely(!at)) \
		NEXT; \
	__atomic_compare_exchange_n(at, &expected, (T)SRC_X, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	reg[0] = expected; }
#define IS_INDIRECT	      (BPF_MODE(insn_desc(insn)->code) == BPF_IND)
#define DO_LDPKT(op, T) { \
	s64 v = skep__packet_load((void *)(uintptr_t)reg[6], (s32)(insn->imm + (IS_INDIRECT ? SRC_X : 0)), sizeof(T)); \
	reg[0] = v < 0 ? 0 : v; \
	if (v < 0) goto exit; }

#define DO_LDIMM(op)	LDIMM_##op
#define LDIMM_LDIMM64	{ DST = SRC_K; insn++; }
#define LDIMM_LDMAP	{ DST = (u64)(uintptr_t)run->prog->maps[insn->imm]; insn++; }
#define LDIMM_LDMAPVAL	{ DST = map_value(run, insn); insn++; }
#define LDIMM_LDFUNC	{ DST = (u64)insn->imm; insn++; }
#define LDIMM_LDBTFVAR	LDIMM_LDIMM64
#define LDIMM_LDMAPIDX	STOP("the map was not resolved when the program was loaded")
#define LDIMM_LDMAPIDXVAL LDIMM_LDMAPIDX

#define DO_FLOW(op)	FLOW_##op
#define FLOW_JA		GO_TO(insn + insn->off + 1)
#define FLOW_GOTOL	GO_TO(insn + insn->off + 1)
#define FLOW_MAY_GOTO	{ if (!run->may_gotos) GO_TO(insn + insn->off + 1); run->may_gotos--; }
#define CALL_FUNCTION(found) { \
	helper_fn *fn = found; \
	if (unlikely(!fn)) \
		NO_FUNCTION(); \
	reg[0] = fn(reg[1], reg[2], reg[3], reg[4], reg[5], run); \
	if (run_unwinds(run)) { \
		skep__exec_stopped(run, insn - run->prog->insns); \
		return 0; } }
#define FLOW_CALL_HELPER { \
	if (insn->imm == BPF_FUNC_tail_call) \
		goto tail_call; \
	CALL_FUNCTION(find_helper(run->prog, insn->imm)) }
#define FLOW_CALL_KFUNC CALL_FUNCTION(skep__kfunc_fn(prog_kfunc(run->prog, insn), run->prog->type))
#define FLOW_CALL_LOCAL { \
	struct call_frame *caller = push_frame(run, insn + 1); \
	if (unlikely(!caller)) \
		STOP(FRAMES_FULL, MAX_CALL_FRAMES); \
	memcpy(caller->saved, &reg[6], sizeof(caller->saved)); \
	reg[10] = frame_pointer(run->frames); \
	GO_TO(insn + insn->off + 1); }
#define FLOW_EXIT { \
exit: \
	if (run->frames->depth == base) \
		return reg[0]; \
	const struct call_frame *caller = pop_frame(run); \
	memcpy(&reg[6], caller->saved, sizeof(caller->saved)); \
	reg[10] = frame_pointer(run->frames); \
	GO_TO(caller->next); }
/* clang-format on */

static u64 run_program(struct run *run) __attribute__((noinline));

/* Runs from insn until the frame that is the current one at the start exits. */
static u64 execute(struct run *run, const struct insn *insn, const u64 args[5])
{
	static const void *const labels[NR_INSN_OPS] = {
		[OP_INVALID] = &&invalid,
		[OP_LDIMM_HI] = &&invalid,
#define INSN_NO_ACTIONS
#define INSN(op, code, sel, selval, form, since, text, act) [OP_##op] = &&do_##op,
#include "isa/each.h"
	};
	const u32 base = run->frames->depth;
	u64 reg[11];

	memcpy(&reg[1], args, 5 * sizeof(*args));
	reg[10] = frame_pointer(run->frames);
	goto *labels[insn->op];

#define INSN(op, code, sel, selval, form, since, text, act)                                        \
	do_##op : act;                                                                             \
	NEXT;
#include "isa/each.h"

tail_call : {
	const struct prog *target =
		skep__tail_call_target(run, (struct map *)(uintptr_t)reg[2], (u32)reg[3]);

	if (!target)
		NEXT;
	run->may_gotos = MAX_MAY_GOTOS;
	if (likely(!run->frames->depth))
		GO_TO(target->insns);
	reg[0] = run_program(run);
	if (run->aborted)
		return 0;
	goto exit;
}
invalid:
	STOP("this is no instruction");
}

/* In this mode a function's address is the index of its subprogram. */
static u64 call_back(struct run *run, u64 fn, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	const u64 args[5] = { r1, r2, r3, r4, r5 };
	const struct prog *prog = run->prog;
	u64 ret;

	if (fn >= prog->nr_subprogs) {
		skep__exec_stop(run, 0, "the callback is not a function of the program");
		return 0;
	}
	if (!push_frame(run, NULL)) {
		skep__exec_stop(run, prog->subprogs[fn].start, FRAMES_FULL, MAX_CALL_FRAMES);
		return 0;
	}
	ret = execute(run, prog->insns + prog->subprogs[fn].start, args);
	if (run_unwinds(run))
		return 1; /* which ends any iteration */
	pop_frame(run);
	return ret;
}

/* What a program that has thrown ends with: the cookie, or what its exception callback makes of it. */
static u64 catch (struct run *run)
{
	const struct prog *prog = run->prog;
	const u64 args[5] = { run->cookie };

	run->thrown = false;
	run->frames->depth = 0;
	if (run->aborted || !prog->exception_callback)
		return run->cookie;
	return execute(run, prog->insns + prog->subprogs[prog->exception_callback].start, args);
}

static u64 run_program(struct run *run)
{
	const u64 args[5] = { (u64)(uintptr_t)run->ctx };
	struct frames *outer = run->frames, frames;
	u64 ret;

	frames.depth = 0;
	run->frames = &frames;
	ret = execute(run, run->prog->insns, args);
	if (unlikely(run->thrown))
		ret = catch (run);
	run->frames = outer;
	return ret;
}

u64 skep__interp(struct run *run)
{
	run->callback = call_back;
	return run_program(run);
}

void skep__interp_async(struct run *run, const struct async_call *call)
{
	const u64 args[5] = { (u64)(uintptr_t)call->map, (u64)(uintptr_t)call->key,
			      (u64)(uintptr_t)call->value };
	const struct prog *prog = run->prog;
	struct frames frames;

	if (call->callback >= prog->nr_subprogs)
		return;
	frames.depth = 0;
	run->frames = &frames;
	run->callback = call_back;
	execute(run, prog->insns + prog->subprogs[call->callback].start, args);
	run->frames = NULL;
}
