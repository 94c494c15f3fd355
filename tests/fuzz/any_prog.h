/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes of a fuzzer made into a program: any decodable instructions in any order, strewn with
 * helper calls whose arguments are mostly what the helper asks for, as nothing else gets far. Every
 * input is a program.
 */
#ifndef TESTS_FUZZ_ANY_PROG_H
#define TESTS_FUZZ_ANY_PROG_H

#include "exec/prog.h"
#include "helper/kfunc.h"
#include "helper/proto.h"
#include "map/map.h"

#define ANY_INSNS 512
#define ANY_SUBPROGS 4

struct bytes {
	const u8 *at, *end;
};

struct any_prog {
	struct prog prog;
	struct bytes bytes;
	u32 rodata; /* index of the map that holds texts */
	struct subprog subprogs[ANY_SUBPROGS];
	struct insn insns[ANY_INSNS + 2];
	struct prog_kfunc kfuncs[NR_KFUNCS]; /* by id */
};

static inline u32 take(struct bytes *b, u32 n)
{
	u32 v = 0;

	for (; n && b->at < b->end; n--)
		v = v << 8 | *b->at++;
	return v;
}

static inline void emit(struct any_prog *p, struct insn insn)
{
	if (p->prog.len < ANY_INSNS)
		p->insns[p->prog.len++] = insn;
	if (insn_desc(&insn)->form == FORM_LDIMM)
		p->insns[p->prog.len++] = (struct insn){ .op = OP_LDIMM_HI };
}

static inline s64 any_number(struct bytes *b)
{
	switch (take(b, 1) % 4) {
	case 0:
		return (s8)take(b, 1);
	case 1:
		return (s16)take(b, 2);
	case 2:
		return (s32)take(b, 4);
	default:
		return 1 << take(b, 1) % 31;
	}
}

static inline void any_insn(struct any_prog *p)
{
	struct bytes *b = &p->bytes;
	struct insn insn = { .op = OP_LDIMM_HI + 1 + take(b, 1) % (NR_INSN_OPS - OP_LDIMM_HI - 1) };
	u8 regs = take(b, 1);

	insn.dst = (regs & 15) % 11;
	insn.src = (regs >> 4) % 11;
	switch (insn_desc(&insn)->form) {
	case FORM_JMP_X:
	case FORM_JMP_K:
	case FORM_JA:
	case FORM_GOTOL:
	case FORM_MAY_GOTO:
	case FORM_CALL_LOCAL:
		insn.off = (s8)take(b, 1) / 4;
		insn.imm = any_number(b);
		break;
	case FORM_CALL_HELPER:
		insn.imm = take(b, 1);
		break;
	case FORM_LDIMM:
		insn.imm = insn.op == OP_LDIMM64 ? any_number(b) : (s64)(take(b, 1) % 20);
		insn.off = insn.op == OP_LDMAPVAL ? (s8)take(b, 1) : 0;
		break;
	default:
		insn.off = insn_desc(&insn)->size ? (s16)any_number(b) : 0;
		insn.imm = any_number(b);
		break;
	}
	emit(p, insn);
}

static inline void load_imm(struct any_prog *p, u8 reg, enum insn_op op, s64 imm)
{
	emit(p, (struct insn){ .op = op, .dst = reg, .imm = imm });
}

static inline void load_stack(struct any_prog *p, u8 reg)
{
	emit(p, (struct insn){ .op = OP_MOV64_X, .dst = reg, .src = 10 });
	emit(p, (struct insn){ .op = OP_ADD64_K,
			       .dst = reg,
			       .imm = -8 * (s64)(1 + take(&p->bytes, 1) % 64) });
}

static inline void load_memory(struct any_prog *p, u8 reg)
{
	switch (take(&p->bytes, 1) % 4) {
	case 0:
		emit(p, (struct insn){
				.op = OP_MOV64_X, .dst = reg, .src = 6 + take(&p->bytes, 1) % 4 });
		break;
	case 1:
		emit(p, (struct insn){
				.op = OP_LDMAPVAL, .dst = reg, .off = take(&p->bytes, 1) % 16 });
		break;
	default:
		load_stack(p, reg);
		break;
	}
}

static inline void load_map(struct any_prog *p, u8 reg, u32 helper)
{
	u32 index = take(&p->bytes, 1);

	for (u32 i = 0; i < p->prog.nr_maps; i++, index++) {
		if (skep__helper_takes_map(helper, p->prog.maps[index % p->prog.nr_maps]->def.type))
			break;
	}
	load_imm(p, reg, OP_LDMAP, index % p->prog.nr_maps);
}

static inline void load_arg(struct any_prog *p, u8 reg, u32 type, u32 helper)
{
	switch (ARG_CLASS(type)) {
	case ARG_NONE:
		break;
	case ARG_CONST_MAP_PTR:
		load_map(p, reg, helper);
		break;
	case ARG_CTX:
		emit(p, (struct insn){ .op = OP_MOV64_X, .dst = reg, .src = 9 });
		break;
	case ARG_ALLOC_MEM:
		emit(p, (struct insn){ .op = OP_MOV64_X, .dst = reg, .src = 8 });
		break;
	case ARG_CONST_SIZE:
	case ARG_CONST_SIZE_OR_ZERO:
	case ARG_ALLOC_SIZE:
		load_imm(p, reg, OP_MOV64_K, take(&p->bytes, 1));
		break;
	case ARG_FUNC:
		load_imm(p, reg, OP_LDFUNC, take(&p->bytes, 1) % ANY_SUBPROGS);
		break;
	case ARG_CONST_STR:
		emit(p, (struct insn){ .op = OP_LDMAPVAL,
				       .dst = reg,
				       .imm = p->rodata,
				       .off = take(&p->bytes, 1) % 64 });
		break;
	case ARG_ANYTHING:
	case ARG_SCALAR:
		load_imm(p, reg, OP_MOV64_K, any_number(&p->bytes));
		break;
	default:
		load_memory(p, reg);
		break;
	}
}

/* One of the kernel functions that are there. */
static inline u32 any_kfunc(struct bytes *b)
{
	u32 id = take(b, 1) % NR_KFUNCS;

	while (!skep__kfunc_proto(id))
		id = (id + 1) % NR_KFUNCS;
	return id;
}

/*
 * A helper, or where the number is none, a kernel function. The result goes to one of R6..R8,
 * perhaps behind a null check.
 */
static inline void any_call(struct any_prog *p)
{
	u32 nr = take(&p->bytes, 1), then;
	struct insn call = { .op = OP_CALL_HELPER, .imm = nr };
	const struct helper *helper = skep__helper_for(nr, p->prog.type);

	if (nr >= __BPF_FUNC_MAX_ID) {
		call = (struct insn){ .op = OP_CALL_KFUNC, .imm = 1, .off = any_kfunc(&p->bytes) };
		helper = skep__kfunc_proto(call.off);
	}

	for (u8 i = 0; helper && i < 5; i++)
		load_arg(p, 1 + i, helper->args[i], nr);
	emit(p, call);
	then = take(&p->bytes, 1);
	if (then & 1)
		emit(p, (struct insn){ .op = OP_JEQ64_K, .dst = 0, .off = (then >> 1) % 8 });
	if (then & 16)
		emit(p, (struct insn){ .op = OP_MOV64_X, .dst = 6 + (then >> 5) % 3, .src = 0 });
}

/* Type, maps and rodata are set; R9 keeps the context, R6..R8 have values. */
static inline void any_prog_make(struct any_prog *p, struct bytes bytes)
{
	p->bytes = bytes;
	p->prog.insns = p->insns;
	p->prog.len = 0;
	for (u32 id = 0; id < NR_KFUNCS; id++)
		p->kfuncs[id] = (struct prog_kfunc){ 1, id, skep__kfunc(id)->name };
	p->prog.kfuncs = p->kfuncs;
	p->prog.nr_kfuncs = NR_KFUNCS;
	emit(p, (struct insn){ .op = OP_MOV64_X, .dst = 9, .src = 1 });
	for (u8 reg = 6; reg < 9; reg++)
		load_imm(p, reg, OP_MOV64_K, 0);
	while (p->bytes.at < p->bytes.end && p->prog.len < ANY_INSNS - 16) {
		if (take(&p->bytes, 1) % 4 == 0)
			any_call(p);
		else
			any_insn(p);
	}
	load_imm(p, 0, OP_MOV64_K, 0);
	emit(p, (struct insn){ .op = OP_EXIT });
	p->prog.subprogs = p->subprogs;
	p->prog.nr_subprogs = ANY_SUBPROGS;
	for (u32 i = 0; i < ANY_SUBPROGS; i++)
		p->subprogs[i] = (struct subprog){ .start = i * p->prog.len / ANY_SUBPROGS,
						   .end = (i + 1) * p->prog.len / ANY_SUBPROGS,
						   .is_callback = i };
}

#endif
