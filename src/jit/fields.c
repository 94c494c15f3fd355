/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fields that are read byte by byte become one load. Compilers for BPF do not know how memory is
 * aligned, so they put a packed field together from its bytes, in either order. Followed here is
 * where each byte of each register comes from; when an instruction has joined what lies side by
 * side in memory, it turns into a load of all of it, and what it had joined is left for liveness to
 * remove. All the bytes were read before on the way there, so nothing is touched that was not.
 */
#include <string.h>

#include "jit/target.h"

/*
 * One byte of a register: 0, or what was in memory at `off` from an origin, which is what a
 * register held between two writes of it and two stores.
 */
struct byte {
	u16 origin;
	s16 off;
};
#define ORIGIN_NONE 0 /* the byte is 0 */
#define MAX_ORIGIN UINT16_MAX

struct bytes {
	struct byte at[8];
};

struct tracker {
	struct compilation *jit;
	u16 known; /* registers whose bytes are known */
	struct bytes regs[NR_JIT_REGS];
	u16 origins[NR_JIT_REGS]; /* what each register is now; ORIGIN_NONE: nothing was loaded */
	u16 last_origin;
	bool changed;
};

static bool is_zero(const struct byte *b)
{
	return b->origin == ORIGIN_NONE;
}

static bool is_known(const struct tracker *t, u8 r)
{
	return t->known & REG_BIT(r);
}

static u16 origin_of(struct tracker *t, u8 r)
{
	if (!t->origins[r] && t->last_origin < MAX_ORIGIN)
		t->origins[r] = ++t->last_origin;
	return t->origins[r];
}

/* The functions that follow say what an instruction leaves in its register; false: not known. */

static bool bytes_loaded(struct tracker *t, const struct insn *insn, struct bytes *out)
{
	bool plain = !insn_desc(insn)->is_signed && !insn->flags;
	u16 origin = plain ? origin_of(t, insn->src) : ORIGIN_NONE;

	memset(out, 0, sizeof(*out));
	for (u32 i = 0; i < insn_desc(insn)->size; i++)
		out->at[i] = (struct byte){ origin, insn->off + (s32)i };
	return origin != ORIGIN_NONE && insn->off <= INT16_MAX - 8;
}

static bool bytes_cut(const struct bytes *b, u32 size, struct bytes *out)
{
	memset(out, 0, sizeof(*out));
	memcpy(out->at, b->at, size * sizeof(*out->at));
	return true;
}

/* Towards the upper end by a number of bytes, or (negative) the lower one. */
static bool bytes_shifted(const struct bytes *b, s32 by, s32 size, struct bytes *out)
{
	memset(out, 0, sizeof(*out));
	for (s32 i = max(by, 0); i < size + min(by, 0); i++)
		out->at[i] = b->at[i - by];
	return true;
}

static bool bytes_masked(const struct bytes *b, s64 mask, u32 size, struct bytes *out)
{
	memset(out, 0, sizeof(*out));
	for (u32 i = 0; i < size; i++) {
		u8 part = (u64)mask >> (8 * i);

		if (part == 0xff)
			out->at[i] = b->at[i];
		else if (part && !is_zero(&b->at[i]))
			return false;
	}
	return true;
}

static bool bytes_swapped(const struct bytes *b, u32 size, struct bytes *out)
{
	memset(out, 0, sizeof(*out));
	for (u32 i = 0; i < size; i++)
		out->at[i] = b->at[size - 1 - i];
	return true;
}

/* a | b, a + b or a ^ b, where of any two bytes one is 0. */
static bool bytes_joined(const struct bytes *a, const struct bytes *b, u32 size, struct bytes *out)
{
	memset(out, 0, sizeof(*out));
	for (u32 i = 0; i < size; i++) {
		if (!is_zero(&a->at[i]) && !is_zero(&b->at[i]))
			return false;
		out->at[i] = is_zero(&a->at[i]) ? b->at[i] : a->at[i];
	}
	return true;
}

static u32 width_of(const struct insn *insn)
{
	return BPF_CLASS(insn_desc(insn)->code) == BPF_ALU64 ? 8 : 4;
}

static bool after_alu_x(const struct tracker *t, const struct insn *insn, struct bytes *out)
{
	const struct bytes *dst = &t->regs[insn->dst], *src = &t->regs[insn->src];

	if (!is_known(t, insn->src))
		return false;
	switch (BPF_OP(insn_desc(insn)->code)) {
	case BPF_MOV:
		return bytes_cut(src, width_of(insn), out);
	case BPF_OR:
	case BPF_ADD:
	case BPF_XOR:
		return insn->dst != insn->src && is_known(t, insn->dst) &&
		       bytes_joined(dst, src, width_of(insn), out);
	default:
		return false;
	}
}

static bool after_alu_k(const struct tracker *t, const struct insn *insn, struct bytes *out)
{
	const struct bytes *dst = &t->regs[insn->dst];
	u32 size = width_of(insn), count = insn->imm & (size * 8 - 1);

	if (!is_known(t, insn->dst))
		return false;
	switch (BPF_OP(insn_desc(insn)->code)) {
	case BPF_AND:
		return bytes_masked(dst, insn->imm, size, out);
	case BPF_LSH:
		return count % 8 == 0 && bytes_shifted(dst, count / 8, size, out);
	case BPF_RSH:
		return count % 8 == 0 && bytes_shifted(dst, -(s32)(count / 8), size, out);
	default:
		return false;
	}
}

static bool after_end(const struct tracker *t, const struct insn *insn, struct bytes *out)
{
	const struct insn_desc *d = insn_desc(insn);
	bool swaps = BPF_CLASS(d->code) == BPF_ALU64 || BPF_SRC(d->code) == BPF_TO_BE;
	const struct bytes *dst = &t->regs[insn->dst];

	if (!is_known(t, insn->dst))
		return false;
	return swaps ? bytes_swapped(dst, d->selval / 8, out) : bytes_cut(dst, d->selval / 8, out);
}

static bool after(struct tracker *t, const struct insn *insn, struct bytes *out)
{
	switch (insn_desc(insn)->form) {
	case FORM_LDX:
		return bytes_loaded(t, insn, out);
	case FORM_ALU_X:
		return after_alu_x(t, insn, out);
	case FORM_ALU_K:
		return after_alu_k(t, insn, out);
	case FORM_END:
		return after_end(t, insn, out);
	default:
		return false;
	}
}

/* Do bytes [from, to) lie in memory one behind the other, or (step -1) one before the other? */
static bool is_run(const struct bytes *b, u32 from, u32 to, s32 step)
{
	for (u32 i = from; i < to; i++) {
		if (b->at[i].origin != b->at[from].origin ||
		    b->at[i].off != b->at[from].off + step * (s32)(i - from))
			return false;
	}
	return true;
}

static bool is_load_size(u32 size)
{
	return size == 2 || size == 4 || size == 8;
}

/* The register that is still what it was when the bytes were loaded. */
static bool find_base(const struct tracker *t, u16 origin, u8 *base)
{
	for (u8 r = 0; r < NR_JIT_REGS; r++) {
		if (t->origins[r] == origin) {
			*base = r;
			return true;
		}
	}
	return false;
}

/*
 * The load that gives what b has: of the bytes [from, to), either as they are, or of bytes whose
 * order is reversed over [0, to). false: there is none.
 */
static bool load_of(const struct tracker *t, const struct bytes *b, struct insn *load)
{
	static const u8 ops[] = { [2] = OP_LDXH, [4] = OP_LDXW, [8] = OP_LDXDW };
	u32 from = 0, to = 8;

	while (to && is_zero(&b->at[to - 1]))
		to--;
	while (from < to && is_zero(&b->at[from]))
		from++;
	if (!is_load_size(to) || !is_load_size(to - from) ||
	    !find_base(t, b->at[from].origin, &load->src))
		return false;
	load->op = ops[to - from];
	if (!from && is_run(b, from, to, 1)) {
		load->off = b->at[from].off;
		return true;
	}
	load->off = b->at[to - 1].off;
	load->imm = to;
	return is_run(b, from, to, -1);
}

/* Has it joined two registers, one of which nobody wants any more, or put bytes in order? */
static bool may_replace(const struct tracker *t, const struct insn *insn, u32 at)
{
	u8 form = insn_desc(insn)->form;

	if (form == FORM_END)
		return true;
	return form == FORM_ALU_X && BPF_OP(insn_desc(insn)->code) != BPF_MOV &&
	       !(t->jit->flow.live[at] & REG_BIT(insn->src));
}

static bool writes_memory(const struct insn *insn)
{
	switch (insn_desc(insn)->form) {
	case FORM_STX:
	case FORM_ST:
	case FORM_STREL:
	case FORM_LDACQ:
	case FORM_ATOMIC:
	case FORM_FETCH:
	case FORM_CMPXCHG:
	case FORM_CALL_HELPER:
	case FORM_CALL_KFUNC:
	case FORM_CALL_LOCAL:
	case FORM_LDPKT:
		return true;
	default:
		return false;
	}
}

static void track(struct tracker *t, u32 at)
{
	struct insn *insn = &t->jit->insns[at], load = { .dst = insn->dst };
	u16 written = skep__insn_writes(insn);
	struct bytes value;
	bool known = after(t, insn, &value);

	if (known && may_replace(t, insn, at) && load_of(t, &value, &load)) {
		*insn = load;
		t->changed = true;
	}
	if (writes_memory(insn))
		memset(t->origins, 0, sizeof(t->origins));
	t->known &= ~written;
	if (known) {
		t->known |= REG_BIT(insn->dst);
		t->regs[insn->dst] = value;
	}
	for (; written; written &= written - 1)
		t->origins[__builtin_ctz(written)] = ORIGIN_NONE;
}

bool skep__merge_fields(struct compilation *jit)
{
	struct tracker t = { .jit = jit };

	for (u32 s = 0; s < jit->prog->nr_subprogs; s++) {
		const struct subprog *sub = &jit->prog->subprogs[s];

		for (u32 i = sub->start; i < sub->end; i++) {
			if (insn_desc(&jit->insns[i])->form == FORM_LDX)
				jit->insns[i].imm = 0;
			if (i == sub->start || jit->flow.flags[i] & FLOW_TARGET)
				t.known = 0;
			track(&t, i);
		}
	}
	return t.changed;
}
