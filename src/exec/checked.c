/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checked mode: the instructions of insn.def again, with the provenance of every value beside it.
 * An instruction is judged whole before it does anything: the registers that it reads hold values,
 * the bytes that it touches lie in the region its pointer came from, the place it jumps to exists.
 * The first thing that is wrong stops the run with a report. It trusts nothing of the program: any
 * decodable instructions may be run, and end, as every one counts against the budget.
 */
#include <endian.h>
#include <string.h>

#include "exec/checker.h"
#include "isa/insn_regs.h"
#include "map/arena.h"

static bool is_indirect(const struct insn *insn)
{
	return BPF_MODE(insn_desc(insn)->code) == BPF_IND;
}

static bool has_value(struct run *run, const struct value *reg, u8 nr)
{
	if (likely(reg[nr].prov.kind != PROV_UNSET))
		return true;
	return skep__checked_stop(
		run, "R%u is read here and holds no value: nothing was written to it%s", nr,
		nr <= 5 ? " since the program, the function or the last call began" : "");
}

static bool __attribute__((noinline))
doubt_registers(struct run *run, const struct insn *insn, const struct value *reg)
{
	u8 uses = skep__insn_regs[insn->op];

	if ((uses & WRITES_DST && insn->dst == 10) || (uses & WRITES_SRC && insn->src == 10))
		return skep__checked_stop(run,
					  "R10, the frame pointer, is not for programs to write");
	return (!(uses & READS_DST) || has_value(run, reg, insn->dst)) &&
	       (!(uses & READS_SRC) || has_value(run, reg, insn->src)) &&
	       (!(uses & READS_R0) || has_value(run, reg, 0)) &&
	       (!(uses & READS_R6) || has_value(run, reg, 6));
}

/* Mostly nothing is in doubt, which is found out without a branch. */
static inline bool check_registers(struct run *run, const struct insn *insn,
				   const struct value *reg)
{
	u8 uses = skep__insn_regs[insn->op];
	u8 doubt = uses & (READS_R0 | READS_R6);

	doubt |= uses & READS_DST * (reg[insn->dst].prov.kind == PROV_UNSET);
	doubt |= uses & READS_SRC * (reg[insn->src].prov.kind == PROV_UNSET);
	doubt |= uses & WRITES_DST * (insn->dst == 10);
	doubt |= uses & WRITES_SRC * (insn->src == 10);
	return likely(!doubt) || doubt_registers(run, insn, reg);
}

/* Whatever is computed from a pointer into the arena is one. */
static bool is_arena_sum(const struct insn *insn, const struct prov *dst, const struct prov *src)
{
	u8 code = insn_desc(insn)->code;

	return BPF_OP(code) != BPF_MOV &&
	       (dst->kind == PROV_ARENA || (BPF_SRC(code) == BPF_X && src->kind == PROV_ARENA));
}

/* NULL: the arena has no page there. */
static void *arena_at(const struct run *run, const struct insn *insn, const struct value *ptr,
		      u32 size)
{
	return skep__arena_at(run->prog->arena, ptr->bits, insn->off, size);
}

static void cast(const struct run *run, const struct insn *insn, struct value *dst, u64 from)
{
	struct map *arena = run->prog->arena;

	dst->bits = insn->imm == 1 || !arena ? (u32)from : skep__arena_user_ptr(arena, from);
	dst->prov = (struct prov){ .kind = insn->imm == 1 && arena ? PROV_ARENA : PROV_NUMBER,
				   .insn = run->checker->insn };
}

/*
 * Where dst points after `dst op= src`, if anywhere: a pointer and a number make a pointer. Asked
 * when one of the two is no number.
 */
static void __attribute__((noinline)) note_alu(const struct insn *insn, struct value *reg)
{
	struct prov *dst = &reg[insn->dst].prov;
	const struct prov *src = &reg[insn->src].prov;

	if (is_arena_sum(insn, dst, src)) {
		dst->kind = PROV_ARENA;
		return;
	}
	switch (insn->op) {
	case OP_MOV64_X:
		*dst = *src;
		return;
	case OP_ADD64_X:
		if (dst->kind == PROV_NUMBER)
			*dst = *src;
		else if (src->kind != PROV_NUMBER)
			dst->kind = PROV_NUMBER;
		return;
	case OP_SUB64_X:
		if (src->kind != PROV_NUMBER)
			dst->kind = PROV_NUMBER;
		return;
	case OP_ADD64_K:
	case OP_SUB64_K:
		return;
	default:
		dst->kind = PROV_NUMBER;
		return;
	}
}

static bool check_function(struct run *run, const struct insn *insn)
{
	if ((u64)insn->imm < run->prog->nr_subprogs)
		return true;
	return skep__checked_stop(run, "the program has no function number %lld",
				  (long long)insn->imm);
}

/* R10 in the current frame. */
static struct value frame_register(const struct run *run)
{
	u32 depth = run->frames->depth;
	const struct prov prov = { .kind = PROV_STACK,
				   .depth = depth,
				   .gen = checked_frames(run)->gen[depth] };

	return (struct value){ frame_pointer(run->frames), prov };
}

/* The same in a frame that has just become the current one, which is emptied. */
static struct value new_frame(struct run *run)
{
	struct checked_frames *checked = checked_frames(run);
	u32 depth = run->frames->depth;

	memset(run->frames->stack[depth], 0, MAX_STACK);
	memset(checked->slots[depth], 0, sizeof(checked->slots[depth]));
	checked->gen[depth] = run->checker->next_gen++;
	return frame_register(run);
}

/* The caller goes on at the instruction after this one. */
static bool enter(struct run *run, const struct insn *insn, struct value *reg)
{
	struct call_frame *caller = push_frame(run, insn + 1);

	if (!caller)
		return skep__checked_stop(run, FRAMES_FULL, MAX_CALL_FRAMES);
	for (u32 i = 0; i < 4; i++) {
		caller->saved[i] = reg[6 + i].bits;
		checked_frames(run)->saved[run->frames->depth][i] = reg[6 + i].prov;
	}
	unset(reg, 0, 0);
	unset(reg, 6, 9);
	reg[10] = new_frame(run);
	return true;
}

/* The index of the caller's next instruction. */
static s64 leave(struct run *run, struct value *reg)
{
	u32 depth = run->frames->depth;
	const struct call_frame *caller = pop_frame(run);

	for (u32 i = 0; i < 4; i++)
		reg[6 + i] =
			(struct value){ caller->saved[i], checked_frames(run)->saved[depth][i] };
	unset(reg, 1, 5);
	reg[10] = frame_register(run);
	return caller->next - run->prog->insns;
}

enum tail { TAIL_STOPPED, TAIL_FAILED, TAIL_BEGINS, TAIL_ENDED };

static u64 run_program(struct run *run) __attribute__((noinline));

/* The target begins in place of the program; or, where that one waits for a subprogram, beside it.
 */
static enum tail tail_call(struct run *run, struct value *reg)
{
	struct value ctx = reg[1];
	bool done;

	if (!skep__checked_tail_call(run, reg, &done))
		return TAIL_STOPPED;
	unset(reg, 0, 5);
	if (!done)
		return TAIL_FAILED;
	if (run->frames->depth) {
		reg[0] = (struct value){ run_program(run), { .kind = PROV_NUMBER } };
		return run->aborted ? TAIL_STOPPED : TAIL_ENDED;
	}
	unset(reg, 6, 9);
	reg[1] = ctx;
	reg[10] = new_frame(run);
	return TAIL_BEGINS;
}

static bool check_exit(struct run *run, u32 base, const struct value *reg)
{
	const struct ringbuf_held *held = &run->records;

	if (run->frames->depth != base)
		return true;
	if (!has_value(run, reg, 0))
		return false;
	if (base == 0 && held->nr)
		return skep__checked_stop(
			run,
			"the program ends with a ring buffer record of %u bytes neither submitted "
			"nor discarded",
			held->recs[0].size);
	return true;
}

/* The instruction at pc when it may be done, else NULL. */
static const struct insn *fetch(struct run *run, s64 pc, const struct value *reg)
{
	const struct prog *prog = run->prog;
	struct checker *checker = run->checker;

	if (unlikely(pc < 0 || pc >= prog->len)) {
		skep__checked_stop(
			run, "the next instruction would be number %lld, and the program has %u",
			(long long)pc, prog->len);
		return NULL;
	}
	checker->insn = pc;
	if (unlikely(!checker->budget)) {
		skep__checked_stop(run,
				   "the run was stopped after %llu instructions: the program loops "
				   "for ever, or "
				   "needs a larger budget",
				   (unsigned long long)checker->allowed);
		return NULL;
	}
	checker->budget--;
	if (unlikely(run->watch))
		run->watch->before(run->watch->opaque, run, pc, reg);
	return check_registers(run, &prog->insns[pc], reg) ? &prog->insns[pc] : NULL;
}

/* clang-format off */
#define DST	      reg[insn->dst].bits
#define SRC_X	      reg[insn->src].bits
#define SRC_K	      ((u64)insn->imm)
#define S(x)	      _Generic((x), u64: (s64)(x), default: (s32)(x))
#define WIDTH	      (sizeof(a) * 8)
#define GO_TO(target) do { pc = (target); goto next; } while (0)
#define STOP(...)     do { skep__checked_stop(run, __VA_ARGS__); return 0; } while (0)
#define SET(reg_, value_) do { u64 bits_ = (value_); (reg_).bits = bits_; (reg_).prov.kind = PROV_NUMBER; } while (0)
#define ACCESS(r, T, how) { reg[r].bits + (u64)(s64)insn->off, sizeof(T), how, r, NULL }
#define HERE(T)	      ((T *)(uintptr_t)access.addr)

#define KIND_OF_SRC_X	reg[insn->src].prov.kind
#define KIND_OF_SRC_K	PROV_NUMBER
#define DO_ALU(T, src, value) { \
	T a = (T)DST, b = (T)(src); \
	(void)a; (void)b; \
	DST = (T)(value); \
	if (reg[insn->dst].prov.kind | KIND_OF_##src) \
		note_alu(insn, reg); }
#define DO_NEG(T, value)	{ T a = (T)DST; SET(reg[insn->dst], (T)(value)); }
#define DO_MOVSX(from, to)	{ SET(reg[insn->dst], (to)(from)SRC_X); }
#define DO_END(value)		{ u64 a = DST; SET(reg[insn->dst], value); }
#define DO_JMP(T, src, taken)	{ T a = (T)DST, b = (T)(src); if (taken) GO_TO(pc + insn->off + 1); }
/* Accesses by pointers into the arena are over with this one. */
#define IN_ARENA(T, r, what) \
	if (unlikely(reg[r].prov.kind == PROV_ARENA)) { \
		T *at = arena_at(run, insn, &reg[r], sizeof(T)); \
		what \
		break; \
	}
#define DO_LDX(T) { \
	IN_ARENA(T, insn->src, T got = 0; if (at) memcpy(&got, at, sizeof(got)); SET(reg[insn->dst], (u64)got);) \
	struct access access = ACCESS(insn->src, T, PROV_READ); \
	struct load load; \
	T v; \
	if (!skep__checked_load(run, &reg[insn->src], &access, &load)) return 0; \
	memcpy(&v, HERE(void), sizeof(v)); \
	DST = (u64)v; \
	skep__note_load(run, &load, &reg[insn->dst]); \
	if (insn_desc(insn)->is_signed) \
		reg[insn->dst].prov.kind = PROV_NUMBER; }
#define STORE(T, v_, stored) \
	IN_ARENA(T, insn->dst, T put = (T)(v_); if (at) memcpy(at, &put, sizeof(put));) \
	struct access access = ACCESS(insn->dst, T, PROV_WRITE); \
	T v = (T)(v_); \
	if (!skep__checked_store(run, &reg[insn->dst], &access)) return 0; \
	memcpy(HERE(void), &v, sizeof(v)); \
	skep__note_store(run, &reg[insn->dst], &access, stored);
#define DO_STX(T)	{ STORE(T, SRC_X, &reg[insn->src].prov) }
#define DO_ST(T)	{ STORE(T, SRC_K, &number) }
#define ATOMICALLY(T, r, how) \
	struct access access = ACCESS(r, T, how); \
	struct load load; \
	if (!skep__checked_atomic(run, &reg[r], &access, &load)) return 0;
#define DO_LDACQ(T) { \
	IN_ARENA(T, insn->src, SET(reg[insn->dst], at ? __atomic_load_n(at, __ATOMIC_ACQUIRE) : 0);) \
	ATOMICALLY(T, insn->src, PROV_READ) \
	DST = __atomic_load_n(HERE(T), __ATOMIC_ACQUIRE); \
	skep__note_load(run, &load, &reg[insn->dst]); }
#define DO_STREL(T) { \
	IN_ARENA(T, insn->dst, if (at) __atomic_store_n(at, (T)SRC_X, __ATOMIC_RELEASE);) \
	ATOMICALLY(T, insn->dst, PROV_WRITE) \
	__atomic_store_n(HERE(T), (T)SRC_X, __ATOMIC_RELEASE); \
	skep__note_store(run, &reg[insn->dst], &access, &reg[insn->src].prov); }
#define MODIFY(T, result) \
	ATOMICALLY(T, insn->dst, PROV_READ | PROV_WRITE) \
	struct value *ptr = &reg[insn->dst]; \
	T a = __atomic_load_n(HERE(T), __ATOMIC_RELAXED), b = (T)SRC_X; \
	while (!__atomic_compare_exchange_n(HERE(T), &a, (T)(result), false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) \
		; \
	struct value old = { .bits = a }; \
	skep__note_load(run, &load, &old); \
	skep__note_store(run, ptr, &access, &number); \
	(void)old;
#define MODIFY_ARENA(T, result) \
	T a, b = (T)SRC_X; \
	if (!at) break; \
	a = __atomic_load_n(at, __ATOMIC_RELAXED); \
	while (!__atomic_compare_exchange_n(at, &a, (T)(result), false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) \
		;
#define DO_ATOMIC(T, result)	{ IN_ARENA(T, insn->dst, MODIFY_ARENA(T, result)) MODIFY(T, result) }
#define DO_FETCH(T, result)	{ \
	IN_ARENA(T, insn->dst, MODIFY_ARENA(T, result) SET(reg[insn->src], a);) \
	MODIFY(T, result) reg[insn->src] = old; }
#define DO_CMPXCHG(T) { \
	IN_ARENA(T, insn->dst, \
		T wanted = (T)reg[0].bits; \
		if (!at) break; \
		__atomic_compare_exchange_n(at, &wanted, (T)SRC_X, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
		SET(reg[0], wanted);) \
	ATOMICALLY(T, insn->dst, PROV_READ | PROV_WRITE) \
	T expected = (T)reg[0].bits; \
	__atomic_compare_exchange_n(HERE(T), &expected, (T)SRC_X, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	struct value old = { .bits = expected }; \
	skep__note_load(run, &load, &old); \
	skep__note_store(run, &reg[insn->dst], &access, &number); \
	reg[0] = old; }
#define DO_CASTAS()		{ cast(run, insn, &reg[insn->dst], SRC_X); }
#define DO_LDPKT(op, T) { \
	s64 v; \
	if (!check_packet_load(run, &reg[6])) return 0; \
	v = skep__packet_load(run->ctx, (s32)(insn->imm + (is_indirect(insn) ? SRC_X : 0)), sizeof(T)); \
	unset(reg, 1, 5); \
	SET(reg[0], v < 0 ? 0 : v); \
	if (v < 0) goto exit; }

#define DO_LDIMM(op)	LDIMM_##op
#define LDIMM_LDIMM64	{ SET(reg[insn->dst], SRC_K); pc++; }
#define LDIMM_LDMAP	{ if (!skep__checked_map(run, insn, &reg[insn->dst])) return 0; pc++; }
#define LDIMM_LDMAPVAL	{ if (!skep__checked_map_value(run, insn, &reg[insn->dst])) return 0; pc++; }
#define LDIMM_LDFUNC	{ \
	if (!check_function(run, insn)) return 0; \
	reg[insn->dst] = (struct value){ SRC_K, { .kind = PROV_FUNC, .insn = run->checker->insn } }; \
	pc++; }
#define LDIMM_LDBTFVAR	LDIMM_LDIMM64
#define LDIMM_LDMAPIDX	STOP("the map was not resolved when the program was loaded")
#define LDIMM_LDMAPIDXVAL LDIMM_LDMAPIDX

#define DO_FLOW(op)	FLOW_##op
#define FLOW_JA		GO_TO(pc + insn->off + 1)
#define FLOW_GOTOL	GO_TO(pc + insn->off + 1)
#define FLOW_MAY_GOTO	{ if (!run->may_gotos) GO_TO(pc + insn->off + 1); run->may_gotos--; }
#define FLOW_CALL_HELPER { \
	if (insn->imm == BPF_FUNC_tail_call) \
		goto tail_call; \
	if (!skep__checked_call(run, reg, (u32)insn->imm)) \
		return 0; }
#define FLOW_CALL_LOCAL	{ if (!enter(run, insn, reg)) return 0; GO_TO(pc + insn->off + 1); }
#define FLOW_CALL_KFUNC	{ if (!skep__checked_kfunc(run, reg, insn)) return 0; }
#define FLOW_EXIT { \
exit: \
	if (!check_exit(run, base, reg)) return 0; \
	if (run->frames->depth == base) \
		return reg[0].bits; \
	GO_TO(leave(run, reg)); }
/* clang-format on */

static bool check_packet_load(struct run *run, const struct value *r6)
{
	u32 type = run->prog->type;

	if (type != BPF_PROG_TYPE_SOCKET_FILTER && type != BPF_PROG_TYPE_SCHED_CLS &&
	    type != BPF_PROG_TYPE_SCHED_ACT)
		return skep__checked_stop(
			run,
			"classic packet loads are for socket filters and traffic control only");
	if (r6->prov.kind != PROV_CTX || r6->bits != (u64)(uintptr_t)run->ctx)
		return skep__checked_stop(
			run, "classic packet loads need the context in R6, which holds %s",
			skep__prov_text(&r6->prov));
	return true;
}

/* Runs from pc until the frame that is the current one at the start exits. */
static u64 execute(struct run *run, s64 pc, struct value reg[11])
{
	const struct prov number = { .kind = PROV_NUMBER };
	const u32 base = run->frames->depth;
	const struct insn *insn;

next:
	insn = fetch(run, pc, reg);
	if (!insn)
		return 0;
	switch ((enum insn_op)insn->op) {
#define INSN(op, code, sel, selval, form, since, text, act)                                        \
	case OP_##op:                                                                              \
		act;                                                                               \
		break;
#include "isa/each.h"
	case OP_INVALID:
	case OP_LDIMM_HI:
	case NR_INSN_OPS:
		STOP("this is no instruction");
	}
	pc++;
	goto next;

tail_call:
	switch (tail_call(run, reg)) {
	case TAIL_STOPPED:
		return 0;
	case TAIL_FAILED:
		GO_TO(pc + 1);
	case TAIL_BEGINS:
		GO_TO(0);
	case TAIL_ENDED:
		goto exit;
	}
	return 0;
}

/* The program of a callback is the one whose helper call it is. */
u64 skep__checked_callback(struct run *run, u64 fn, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	const u64 args[5] = { r1, r2, r3, r4, r5 };
	const u32 insn = run->checker->insn;
	struct value reg[11];
	u64 ret;

	if (fn >= run->prog->nr_subprogs)
		return skep__checked_stop(run, "the callback is not a function of the program");
	if (!push_frame(run, NULL))
		return skep__checked_stop(run, FRAMES_FULL, MAX_CALL_FRAMES);
	unset(reg, 0, 10);
	reg[10] = new_frame(run);
	skep__callback_args(run, args, reg);
	ret = execute(run, run->prog->subprogs[fn].start, reg);
	if (run_unwinds(run))
		return 1; /* which ends any iteration */
	pop_frame(run);
	run->checker->insn = insn;
	return ret;
}

/* What a program that has thrown ends with: the cookie, or what its exception callback makes of it. */
static u64 catch (struct run *run, struct value reg[11])
{
	const struct prog *prog = run->prog;

	run->thrown = false;
	run->frames->depth = 0;
	if (run->aborted || !prog->exception_callback)
		return run->cookie;
	unset(reg, 0, 9);
	reg[1] = (struct value){ run->cookie, { .kind = PROV_NUMBER } };
	reg[10] = new_frame(run);
	return execute(run, prog->subprogs[prog->exception_callback].start, reg);
}

static u64 run_program(struct run *run)
{
	struct frames *outer = run->frames;
	struct checked_frames checked;
	struct value reg[11];
	u64 ret;

	checked.frames.depth = 0;
	run->frames = &checked.frames;
	unset(reg, 0, 9);
	reg[1] = (struct value){ (u64)(uintptr_t)run->ctx,
				 { .kind = PROV_CTX, .start = (u64)(uintptr_t)run->ctx } };
	reg[10] = new_frame(run);
	ret = execute(run, 0, reg);
	if (unlikely(run->thrown))
		ret = catch (run, reg);
	run->frames = outer;
	return ret;
}

static void checker_init(struct checker *checker, struct run *run)
{
	*checker = (struct checker){ 0 };
	checker->allowed = run->insn_budget ? run->insn_budget : DEFAULT_INSN_BUDGET;
	checker->budget = checker->allowed;
	run->checker = checker;
	run->callback = skep__checked_callback;
}

u64 skep__checked(struct run *run)
{
	struct checker checker;
	u64 ret;

	checker_init(&checker, run);
	ret = run_program(run);
	run->checker = NULL;
	return ret;
}

void skep__checked_async(struct run *run, const struct async_call *call)
{
	struct checked_frames checked;
	struct checker checker;
	struct value reg[11];

	if (call->callback >= run->prog->nr_subprogs)
		return;
	checker_init(&checker, run);
	checked.frames.depth = 0;
	run->frames = &checked.frames;
	unset(reg, 0, 9);
	skep__element_args(run, call, reg);
	reg[10] = new_frame(run);
	execute(run, run->prog->subprogs[call->callback].start, reg);
	run->frames = NULL;
	run->checker = NULL;
}
