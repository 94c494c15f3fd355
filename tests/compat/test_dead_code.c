/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is left of programs when what no run reaches has gone: instructions, functions, source
 * lines. Random programs full of tests that are decided beforehand, asked of skep and of the
 * kernel; and that skep's still return the same.
 */
#include "../unit/cmocka_all.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../diff/doors.h"

#define MAX_INSNS 64
#define MAX_SUBS 4
#define PROGRAMS 400

struct program {
	struct bpf_insn insns[MAX_INSNS];
	u32 len;
	u32 starts[MAX_SUBS], nr_subs;
	struct bpf_func_info funcs[MAX_SUBS];
	struct bpf_line_info lines[MAX_INSNS];
	u32 nr_lines;
};

/* What OBJ_GET_INFO_BY_FD tells of it. */
struct left {
	struct bpf_insn insns[MAX_INSNS];
	struct bpf_func_info funcs[MAX_SUBS];
	struct bpf_line_info lines[MAX_INSNS];
	u32 len, nr_funcs, nr_lines;
};

static u32 random_below(u32 n)
{
	static u64 state = 20261129;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % n;
}

static void put(struct program *p, u8 code, u8 dst, s16 off, s32 imm)
{
	p->insns[p->len++] =
		(struct bpf_insn){ .code = code, .dst_reg = dst, .off = off, .imm = imm };
}

/* Up to `end`, where the function's exit will be: constants, and jumps and tests on them, forward.
 */
static void put_body(struct program *p, u32 end)
{
	while (p->len < end) {
		s16 off = random_below(min(end - p->len, 6u)); /* not past the end */

		switch (random_below(8)) {
		case 0:
			put(p, BPF_JMP | BPF_JA, 0, random_below(4) ? 0 : off, 0);
			break;
		case 1: /* all to the end of their row: what stays of them the kernel writes anew */
			for (s16 n = min(off, 2); n >= 0; n--)
				put(p, BPF_JMP | BPF_JCOND, 0, n, 0);
			break;
		case 2:
			put(p, BPF_JMP32 | BPF_JA, 0, 0, random_below(4) ? 0 : off);
			break;
		case 3:
		case 4:
			put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, off, random_below(2));
			break;
		case 5:
			put(p, BPF_JMP32 | BPF_JGT | BPF_K, 0, off, random_below(2));
			break;
		default:
			put(p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, random_below(3));
		}
	}
}

static void put_sub(struct program *p, u32 sub)
{
	u32 end = p->len + 3 + random_below(10);

	p->starts[sub] = p->len;
	put(p, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, random_below(3));
	put_body(p, end);
	if (sub + 1 < p->nr_subs) { /* so that every function has a caller; perhaps a dead one */
		put(p, BPF_JMP | BPF_CALL, 0, 0, sub + 1);
		p->insns[p->len - 1].src_reg = BPF_PSEUDO_CALL;
	}
	put(p, BPF_JMP | BPF_EXIT, 0, 0, 0);
}

static void resolve_calls(struct program *p)
{
	for (u32 i = 0; i < p->len; i++) {
		if (p->insns[i].src_reg == BPF_PSEUDO_CALL)
			p->insns[i].imm = p->starts[p->insns[i].imm] - i - 1;
	}
}

/* A line at every function's start, and here and there. */
static void add_debug_info(struct program *p)
{
	u32 sub = 0;

	for (u32 i = 0; i < p->len; i++) {
		bool starts = sub < p->nr_subs && p->starts[sub] == i;

		if (starts)
			p->funcs[sub++] = (struct bpf_func_info){ .insn_off = i, .type_id = 3 };
		if (starts || random_below(3) == 0)
			p->lines[p->nr_lines++] =
				(struct bpf_line_info){ .insn_off = i, .line_col = (i + 1) << 10 };
	}
}

static void make_program(struct program *p)
{
	memset(p, 0, sizeof(*p));
	p->nr_subs = 1 + random_below(MAX_SUBS);
	for (u32 s = 0; s < p->nr_subs; s++)
		put_sub(p, s);
	resolve_calls(p);
	add_debug_info(p);
}

/* int, int (void), int f(void) */
static long load_btf(const struct door *d)
{
	static const struct {
		struct btf_header header;
		struct btf_type number;
		u32 encoding;
		struct btf_type proto, func;
		char names[8];
	} blob = {
		.header = { .magic = BTF_MAGIC,
			    .version = 1,
			    .hdr_len = sizeof(struct btf_header),
			    .type_len = 3 * sizeof(struct btf_type) + 4,
			    .str_off = 3 * sizeof(struct btf_type) + 4,
			    .str_len = 7 },
		.number = { .name_off = 1, .info = BTF_KIND_INT << 24, .size = 4 },
		.encoding = BTF_INT_SIGNED << 24 | 32,
		.proto = { .info = BTF_KIND_FUNC_PROTO << 24, .type = 1 },
		.func = { .name_off = 5, .info = BTF_KIND_FUNC << 24, .type = 2 },
		.names = "\0int\0f",
	};
	union bpf_attr attr = { .btf = (u64)&blob, .btf_size = offsetof(typeof(blob), names) + 7 };

	return door_bpf(d, BPF_BTF_LOAD, &attr, 28);
}

static long load(const struct door *d, const struct program *p)
{
	long btf = load_btf(d), fd;
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (u64)p->insns,
		.insn_cnt = p->len,
		.license = (u64) "GPL",
		.prog_btf_fd = btf,
		.func_info = (u64)p->funcs,
		.func_info_cnt = p->nr_subs,
		.func_info_rec_size = sizeof(p->funcs[0]),
		.line_info = (u64)p->lines,
		.line_info_cnt = p->nr_lines,
		.line_info_rec_size = sizeof(p->lines[0]),
	};

	assert_true(btf >= 0);
	fd = door_bpf(d, BPF_PROG_LOAD, &attr, sizeof(attr));
	close(btf);
	return fd;
}

static void get_info(const struct door *d, int fd, struct bpf_prog_info *info)
{
	union bpf_attr attr = { 0 };

	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(*info);
	attr.info.info = (u64)info;
	assert_int_equal(door_bpf(d, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr.info)), 0);
}

static void look(const struct door *d, int fd, struct left *left)
{
	struct bpf_prog_info info = {
		.xlated_prog_insns = (u64)left->insns,
		.xlated_prog_len = sizeof(left->insns),
		.func_info = (u64)left->funcs,
		.nr_func_info = MAX_SUBS,
		.func_info_rec_size = sizeof(left->funcs[0]),
		.line_info = (u64)left->lines,
		.nr_line_info = MAX_INSNS,
		.line_info_rec_size = sizeof(left->lines[0]),
	};

	get_info(d, fd, &info);
	left->len = info.xlated_prog_len / sizeof(left->insns[0]);
	left->nr_funcs = info.nr_func_info;
	left->nr_lines = info.nr_line_info;
}

/* Machine code of each function, one behind the other or not; lines in their order, a function's
 * first where it begins. */
static void check_jited(const struct door *d, int fd, const struct left *left)
{
	u64 start[MAX_SUBS], line[MAX_INSNS];
	u32 len[MAX_SUBS], total = 0, at = 0;
	struct bpf_prog_info info = {
		.jited_ksyms = (u64)start,
		.nr_jited_ksyms = MAX_SUBS,
		.jited_func_lens = (u64)len,
		.nr_jited_func_lens = MAX_SUBS,
		.jited_line_info = (u64)line,
		.nr_jited_line_info = MAX_INSNS,
		.jited_line_info_rec_size = 8,
	};

	get_info(d, fd, &info);
	assert_int_equal(info.nr_jited_ksyms, left->nr_funcs);
	assert_int_equal(info.nr_jited_func_lens, left->nr_funcs);
	if (!info.jited_prog_len) /* interpreted */
		return;
	assert_int_equal(info.nr_jited_line_info, left->nr_lines);
	for (u32 s = 0; s < left->nr_funcs; s++) {
		u32 end = s + 1 < left->nr_funcs ? left->funcs[s + 1].insn_off : left->len;

		assert_int_equal(line[at], start[s]);
		for (; at < left->nr_lines && left->lines[at].insn_off < end; at++) {
			assert_true(line[at] >= start[s] && line[at] <= start[s] + len[s]);
			assert_true(left->lines[at].insn_off == left->funcs[s].insn_off ||
				    line[at] >= line[at - 1]);
		}
		total += len[s];
	}
	assert_int_equal(total, info.jited_prog_len);
}

/* The kernel shows calls of functions with the distance in `off`, and the function's number in imm.
 */
static void same_insn(struct bpf_insn a, struct bpf_insn b)
{
	if (a.code == (BPF_JMP | BPF_CALL)) {
		assert_int_equal(a.off ? a.off : a.imm, b.off ? b.off : b.imm);
		a.off = b.off = a.imm = b.imm = 0;
	}
	assert_memory_equal(&a, &b, sizeof(a));
}

static void same_left(const struct left *a, const struct left *b)
{
	assert_int_equal(a->len, b->len);
	assert_int_equal(a->nr_funcs, b->nr_funcs);
	assert_int_equal(a->nr_lines, b->nr_lines);
	for (u32 i = 0; i < a->len; i++)
		same_insn(a->insns[i], b->insns[i]);
	for (u32 i = 0; i < a->nr_funcs; i++)
		assert_memory_equal(&a->funcs[i], &b->funcs[i], sizeof(a->funcs[i]));
	for (u32 i = 0; i < a->nr_lines; i++)
		assert_memory_equal(&a->lines[i], &b->lines[i], sizeof(a->lines[i]));
}

static u32 result_of(const struct door *d, int fd)
{
	u8 packet[64] = { 0 };
	struct door_run run = { .data_in = packet, .data_size_in = sizeof(packet) };

	assert_int_equal(door_prog_run(d, fd, &run), 0);
	return run.retval;
}

/* Programs that one side refuses all have to refuse. */
static bool ask(const struct door *d, const struct program *p, struct left *left, u32 *result)
{
	long fd = load(d, p);

	if (fd < 0)
		return false;
	look(d, fd, left);
	check_jited(d, fd, left);
	*result = result_of(d, fd);
	close(fd);
	return true;
}

static void what_is_left_is_what_the_kernel_leaves(void **state)
{
	u32 shorter = 0;

	for (u32 n = 0; n < PROGRAMS; n++) {
		struct left first = { 0 };
		struct program p;
		u32 wanted;

		make_program(&p);
		bool loads = ask(&doors[1], &p, &first, &wanted);
		shorter += loads && first.len < p.len;
		for (int i = 2; i < nr_doors; i++) {
			struct left left = { 0 };
			u32 result;

			assert_int_equal(ask(&doors[i], &p, &left, &result), loads);
			if (!loads)
				continue;
			same_left(&first, &left);
			assert_int_equal(result, wanted);
		}
	}
	assert_true(shorter > PROGRAMS / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(
		what_is_left_is_what_the_kernel_leaves) };

	if (!doors_open_modes()) /* the first, of checked mode, leaves programs as they are */
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
