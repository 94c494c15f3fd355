/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verifier's numbers beside the kernel's: random programs of arithmetic, casts and comparisons
 * are loaded at log level 2, and what the kernel says of each register behind each instruction, and
 * on the other side of each branch, is compared with ours for the same instructions, character by
 * character.
 *
 * usage: num_vs_kernel [COUNT [SEED]]; exit code 77: the kernel may not be asked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "compat/ask_kernel.h"
#include "isa/disasm.h"
#include "verify/num/num.h"

#define STEPS 40
#define MAX_LEN 128
#define LOG_SIZE (1 << 18)
#define NR_REGS 10
#define FIRST 6 /* r6 to r9 start unknown; r0 takes part too */

struct registers {
	struct num r[NR_REGS];
};

struct program {
	struct bpf_insn insns[MAX_LEN];
	u32 len;
	bool ended; /* what follows is not reached, or reached in two ways */
	struct registers now;
	struct registers after[MAX_LEN], taken[MAX_LEN];
};

struct tally {
	u64 compared, different, loads;
};

static u64 seed;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1d;
}

static u32 pick(u32 n)
{
	return (u32)(rnd() >> 33) % n;
}

static u8 any_reg(void)
{
	static const u8 regs[] = { 0, 6, 7, 8, 9 };

	return regs[pick(ARRAY_SIZE(regs))];
}

static s32 any_imm(void)
{
	static const s32 corners[] = { 0,     INT32_MAX, INT32_MIN, -1,      255,
				       65535, 127,       -128,      1 << 30, 32768 };

	switch (pick(5)) {
	case 0:
		return (s32)((u32)corners[pick(ARRAY_SIZE(corners))] + pick(5) - 2);
	case 1:
		return (s32)(1u << pick(32));
	case 2:
		return (s32)pick(64) - 16;
	default:
		return (s32)rnd() >> pick(32);
	}
}

static void emit(struct program *p, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	p->insns[p->len] = (struct bpf_insn){
		.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm
	};
	p->after[p->len] = p->now;
	p->len++;
}

static void emit_const(struct program *p, u8 dst, s32 imm)
{
	skep__num_const(&p->now.r[dst], (u64)(s64)imm);
	emit(p, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm);
}

static void emit_unknown(struct program *p, u8 dst)
{
	skep__num_unknown(&p->now.r[0]);
	emit(p, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_ktime_get_ns);
	skep__num_unknown(&p->now.r[dst]);
	emit(p, BPF_ALU64 | BPF_MOV | BPF_X, dst, 0, 0, 0);
}

/* Copies are linked with each other until one changes; that is not looked at here. */
static void emit_copy(struct program *p)
{
	static const struct {
		u8 class;
		s16 off;
	} kinds[] = { { BPF_ALU64, 0 }, { BPF_ALU64, 8 }, { BPF_ALU64, 16 }, { BPF_ALU64, 32 },
		      { BPF_ALU, 0 },   { BPF_ALU, 8 },   { BPF_ALU, 16 } };
	u32 k = pick(ARRAY_SIZE(kinds)), width = kinds[k].class == BPF_ALU ? 32 : 64;
	u8 dst = any_reg(), src = any_reg();

	if (dst == src)
		return;
	p->now.r[dst] = p->now.r[src];
	if (kinds[k].off)
		skep__num_movsx(&p->now.r[dst], (u32)kinds[k].off, width);
	else if (width == 32)
		skep__num_zero_extend(&p->now.r[dst]);
	emit(p, kinds[k].class | BPF_MOV | BPF_X, dst, src, kinds[k].off, 0);
	emit_const(p, src, any_imm());
}

/* -1 or 0: two paths from here, of which the second is compared up to here. */
static void fork_number(struct program *p, u8 dst)
{
	p->ended = true;
	p->taken[p->len] = p->now;
	if (skep__num_forks(&p->now.r[dst]) == 64) {
		skep__num_const(&p->taken[p->len].r[dst], 0);
		skep__num_const(&p->now.r[dst], UINT64_MAX);
	} else {
		skep__num_const32(&p->taken[p->len].r[dst], 0);
		skep__num_const32(&p->now.r[dst], UINT32_MAX);
	}
}

static void emit_alu(struct program *p)
{
	static const u8 ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_AND,  BPF_OR,
				  BPF_XOR, BPF_LSH, BPF_RSH, BPF_ARSH, BPF_ADD,
				  BPF_SUB, BPF_AND, BPF_AND, BPF_DIV,  BPF_MOD };
	u8 op = ops[pick(ARRAY_SIZE(ops))], dst = any_reg(), src = any_reg();
	u32 width = pick(2) ? 64 : 32;
	s32 imm = any_imm();
	bool is_division = op == BPF_DIV || op == BPF_MOD, by_reg = pick(2);
	struct num operand = p->now.r[src];

	if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
		imm = pick(4) ? (s32)pick(width) : (s32)width - 1; /* signs alone: -1 or 0 */
	if (is_division && (pick(4) || !imm))
		return;
	if (!by_reg)
		skep__num_const(&operand, (u64)(s64)imm);
	if ((op == BPF_AND || op == BPF_OR) && num_is_const(&operand) &&
	    skep__num_forks(&p->now.r[dst]))
		fork_number(p, dst);
	skep__num_alu(&p->now.r[dst], &operand, op, width);
	emit(p, (width == 64 ? BPF_ALU64 : BPF_ALU) | op | (by_reg ? BPF_X : BPF_K), dst,
	     by_reg ? src : 0, is_division && pick(2), by_reg ? 0 : imm);
}

static void emit_unary(struct program *p)
{
	u8 dst = any_reg();
	u32 width = pick(2) ? 64 : 32;

	if (pick(4)) {
		skep__num_neg(&p->now.r[dst], width);
		emit(p, (width == 64 ? BPF_ALU64 : BPF_ALU) | BPF_NEG, dst, 0, 0, 0);
	} else {
		static const u8 kinds[] = { BPF_ALU64 | BPF_END, BPF_ALU | BPF_END | BPF_TO_BE,
					    BPF_ALU | BPF_END | BPF_TO_LE };
		u8 code = kinds[pick(ARRAY_SIZE(kinds))];
		u32 size = 2u << pick(3);

		if (code != (BPF_ALU | BPF_END | BPF_TO_LE))
			skep__num_byte_swap(&p->now.r[dst], size);
		else if (size < 8)
			skep__num_truncate(&p->now.r[dst], size);
		emit(p, code, dst, 0, 0, (s32)size * 8);
	}
}

static void emit_jump(struct program *p)
{
	static const u8 ops[] = { BPF_JEQ, BPF_JNE,  BPF_JSET, BPF_JGT,  BPF_JGE, BPF_JLT,
				  BPF_JLE, BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE };
	u8 op = ops[pick(ARRAY_SIZE(ops))], dst = any_reg(), src = any_reg();
	u32 width = pick(2) ? 64 : 32;
	s32 imm = any_imm();
	bool by_reg = pick(2);
	struct registers taken = p->now;
	struct num constant, constant_taken;
	int outcome;

	if (by_reg && src == dst && pick(8))
		return;
	skep__num_const(&constant, (u64)(s64)imm);
	constant_taken = constant;
	outcome = skep__num_branch_taken(&p->now.r[dst], by_reg ? &p->now.r[src] : &constant, op,
					 width);
	if (outcome == 1 && pick(8)) /* programs should not end early */
		return;
	if (outcome < 0)
		skep__num_refine(&p->now.r[dst], by_reg ? &p->now.r[src] : &constant, &taken.r[dst],
				 by_reg ? &taken.r[src] : &constant_taken, op, width);
	p->taken[p->len] = taken;
	emit(p, (width == 64 ? BPF_JMP : BPF_JMP32) | op | (by_reg ? BPF_X : BPF_K), dst,
	     by_reg ? src : 0, 0, by_reg ? 0 : imm);
	p->ended = outcome == 1;
}

static void generate(struct program *p)
{
	p->len = 0;
	p->ended = false;
	for (u32 i = 0; i < NR_REGS; i++)
		skep__num_unknown(&p->now.r[i]);
	for (u8 r = FIRST; r < NR_REGS; r++)
		emit_unknown(p, r);
	emit_const(p, 0, any_imm());
	for (u32 i = 0; i < STEPS && !p->ended; i++) {
		switch (pick(12)) {
		case 0:
			emit_copy(p);
			break;
		case 1:
			emit_unary(p);
			break;
		case 2:
		case 3:
		case 4:
		case 5:
			emit_jump(p);
			break;
		case 6:
			if (!pick(3)) {
				emit_unknown(p, (u8)(FIRST + pick(NR_REGS - FIRST)));
				emit_const(p, 0, any_imm());
			}
			break;
		default:
			emit_alu(p);
		}
	}
	for (u32 i = 0; i < p->len; i++) {
		u8 class = BPF_CLASS(p->insns[i].code);

		if ((class == BPF_JMP || class == BPF_JMP32) &&
		    BPF_OP(p->insns[i].code) != BPF_CALL)
			p->insns[i].off = (s16)(p->len - i - 1);
	}
	emit(p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
	skep__num_const(&p->after[p->len - 1].r[0], 0);
	emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void print_scalar(const struct num *n, struct strbuf *out)
{
	const char *sep = "";

	skep__strbuf_clear(out);
	if (num_is_const(n)) {
		s64 value = (s64)n->bits.value;

		skep__strbuf_printf(out,
				    value >= INT16_MIN && value <= INT16_MAX ? "%lld" : "0x%llx",
				    (long long)value);
		return;
	}
	skep__strbuf_puts(out, "scalar(");
	skep__num_print(n, &sep, out);
	skep__strbuf_puts(out, ")");
}

static void print_program(const struct program *p, u32 last)
{
	for (u32 i = 8; i <= last && i < p->len; i++) {
		struct insn insn;
		struct strbuf sb;
		const char *why;

		skep__strbuf_init(&sb);
		if (skep__insn_decode(&p->insns[i], p->len - i, &insn, &why) > 0)
			skep__disasm(&insn, i, NULL, &sb);
		printf("    %u: %s", i, sb.text);
		if (p->insns[i].code != (BPF_JMP | BPF_CALL) && p->insns[i].dst_reg < NR_REGS) {
			print_scalar(&p->after[i].r[p->insns[i].dst_reg], &sb);
			printf(" ; r%u=%s", p->insns[i].dst_reg, sb.text);
		}
		printf("\n");
		skep__strbuf_fini(&sb);
	}
}

/* "Pscalar(id=3,smin=1)" is read as "scalar(smin=1)": precision and links are not a number's. */
static void normalise(const char *text, size_t len, char *out, size_t cap)
{
	size_t n = 0;

	if (len && *text == 'P') {
		text++;
		len--;
	}
	for (size_t i = 0; i < len && n + 1 < cap; i++) {
		if (!strncmp(text + i, "(id=", 4)) {
			size_t skip = strcspn(text + i, ",)");

			out[n++] = '(';
			i += skip;
			if (text[i] == ')')
				i--;
			continue;
		}
		out[n++] = text[i];
	}
	out[n] = 0;
}

/* Registers of one state as the log has them: " R0=... R6=scalar(...)". */
static bool compare_state(const struct program *p, u32 at, const struct registers *ours,
			  const char *text, struct tally *tally, struct strbuf *sb)
{
	const char *end = strchrnul(text, '\n');
	char theirs[512];
	bool same = true;

	for (const char *r = strstr(text, "R"); r && r < end;
	     r = strstr(r, " R") ? strstr(r, " R") + 1 : NULL) {
		u32 regno = (u32)strtoul(r + 1, NULL, 10);
		const char *value = strchr(r, '=');

		if (!value || value > end || regno >= NR_REGS || (regno > 0 && regno < FIRST))
			continue;
		value++;
		const char *next = strstr(value, " R");

		normalise(value, (size_t)((next && next < end ? next : end) - value), theirs,
			  sizeof(theirs));
		print_scalar(&ours->r[regno], sb);
		tally->compared++;
		if (!strcmp(theirs, sb->text))
			continue;
		same = false;
		tally->different++;
		if (tally->different <= 10) {
			printf("r%u %s instruction %u:\n  kernel %s\n  skep   %s\n", regno,
			       ours == &p->taken[at] ? "where it is taken," : "after", at, theirs,
			       sb->text);
			print_program(p, at);
		}
	}
	return same;
}

static void compare(const struct program *p, const char *log, struct tally *tally)
{
	struct strbuf sb;
	bool same = true;

	skep__strbuf_init(&sb);
	for (const char *line = log; line && *line && same;
	     line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *end = strchrnul(line, '\n'), *state;
		u32 from, to;

		if (sscanf(line, "from %u to %u:", &from, &to) == 2 && from < p->len) {
			state = strchr(line, ':');
			same = compare_state(p, from, &p->taken[from], state + 1, tally, &sb);
			if (from == to)
				break;
		} else if (sscanf(line, "%u: (%*x)", &from) == 1 && from < p->len) {
			state = strstr(line, "; R");
			if (state && state < end)
				same = compare_state(p, from, &p->after[from], state + 2, tally,
						     &sb);
		}
	}
	skep__strbuf_fini(&sb);
}

static bool ask(const struct program *p, char *log, struct tally *tally)
{
	struct kernel_load load = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = p->insns,
		.len = p->len,
		.log = log,
		.log_size = LOG_SIZE,
		.log_level = 2,
	};
	int fd = kernel_prog_load(&load);

	if (fd < 0) {
		printf("the kernel refused a program: %s\n%s\n", strerror(-fd), log);
		return false;
	}
	close(fd);
	tally->loads++;
	compare(p, log, tally);
	return true;
}

int main(int argc, char **argv)
{
	u64 count = argc > 1 ? strtoull(argv[1], NULL, 0) : 2000;
	u64 start = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	struct program *p = calloc(1, sizeof(*p));
	char *log = malloc(LOG_SIZE);
	struct tally tally = { 0 };
	bool fine = true;

	if (why_no_kernel())
		return 77;
	for (u64 i = 0; i < count && fine; i++) {
		seed = (start + i) * 0x9e3779b97f4a7c15;
		generate(p);
		fine = ask(p, log, &tally);
	}
	printf("%llu programs, %llu registers compared, %llu differ\n",
	       (unsigned long long)tally.loads, (unsigned long long)tally.compared,
	       (unsigned long long)tally.different);
	free(log);
	free(p);
	return fine && tally.compared && !tally.different ? 0 : 1;
}
