/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helpers that read and write texts, given the same arguments in the kernel and here: result and
 * every byte of output have to be the same. In the kernel a SYSCALL program makes the call, with
 * arguments and output in a map and the constant text in a frozen one.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <skep/skep.h>

#include "ask_kernel.h"
#include "helper/format.h"
#include "helper/proto.h"
#include "unit/cmocka_all.h"

#define TEXT_SIZE 1024 /* of the constant text, and of the input text */
#define OUT_SIZE 2048

/* The map's value: what goes in and comes out. */
struct exchange {
	u64 ret, number;
	u64 args[16];
	char in[TEXT_SIZE];
	char out[OUT_SIZE];
};

static int frozen_text(const char *text)
{
	char value[TEXT_SIZE] = "";
	union bpf_attr attr;
	u32 key = 0;
	int fd;

	snprintf(value, sizeof(value), "%s", text);
	fd = kernel_map_create(BPF_MAP_TYPE_ARRAY, 4, sizeof(value), 1, BPF_F_RDONLY_PROG);
	assert_true(fd >= 0);
	assert_int_equal(kernel_map_update(fd, &key, value, 0), 0);
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	assert_int_equal(kernel_bpf(BPF_MAP_FREEZE, &attr), 0);
	return fd;
}

#define LD_VALUE(reg, fd, off)                                                                     \
	{ .code = BPF_LD | BPF_DW | BPF_IMM,                                                       \
	  .dst_reg = reg,                                                                          \
	  .src_reg = BPF_PSEUDO_MAP_VALUE,                                                         \
	  .imm = fd },                                                                             \
	{                                                                                          \
		.imm = off                                                                         \
	}
#define MOV_IMM(reg, value)                                                                        \
	{                                                                                          \
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = reg, .imm = value                  \
	}
#define CALL(nr)                                                                                   \
	{                                                                                          \
		.code = BPF_JMP | BPF_CALL, .imm = nr                                              \
	}
#define STORE_R0_AND_EXIT(fd)                                                                      \
	LD_VALUE(BPF_REG_1, fd, offsetof(struct exchange, ret)),                                   \
		{ .code = BPF_STX | BPF_MEM | BPF_DW,                                              \
		  .dst_reg = BPF_REG_1,                                                            \
		  .src_reg = BPF_REG_0 },                                                          \
		MOV_IMM(BPF_REG_0, 0),                                                             \
	{                                                                                          \
		.code = BPF_JMP | BPF_EXIT                                                         \
	}

/*
 * Runs insns over *x. False when its verifier refuses a format that it can see; it
 * uses the same check for that as the helper does for the others.
 */
static bool run_there(const struct bpf_insn *insns, u32 len, int map, struct exchange *x)
{
	static char log_text[65536];
	struct kernel_load load = {
		.prog_type = BPF_PROG_TYPE_SYSCALL,
		.prog_flags = BPF_F_SLEEPABLE,
		.insns = insns,
		.len = len,
		.log = log_text,
		.log_size = sizeof(log_text),
	};
	struct kernel_run run = { 0 };
	u32 key = 0;

	assert_int_equal(kernel_map_update(map, &key, x, 0), 0);
	run.fd = kernel_prog_load(&load);
	if (run.fd == -EINVAL && strstr(log_text, "Invalid format string"))
		return false;
	if (run.fd < 0)
		print_error("%s\n", log_text);
	assert_true(run.fd >= 0);
	assert_int_equal(kernel_prog_run(&run), 0);
	assert_int_equal(kernel_map_lookup(map, &key, x), 0);
	close(run.fd);
	return true;
}

static int exchange_map(void)
{
	int fd = kernel_map_create(BPF_MAP_TYPE_ARRAY, 4, sizeof(struct exchange), 1, 0);

	assert_true(fd >= 0);
	return fd;
}

static void fill(struct exchange *x, const u64 *args, u32 nr, const char *in)
{
	memset(x, 0, sizeof(*x));
	memset(x->out, 'Z', sizeof(x->out));
	if (nr)
		memcpy(x->args, args, nr * sizeof(*args));
	if (in)
		memcpy(x->in, in, strlen(in));
}

/* bpf_snprintf(out, size, fmt, args, nr * 8); -EINVAL too when the format is not even loaded. */
static void play_snprintf(struct exchange *x, const char *fmt, u32 size, const u64 *args, u32 nr)
{
	int map = exchange_map(), text = frozen_text(fmt);
	const struct bpf_insn insns[] = {
		LD_VALUE(BPF_REG_1, map, offsetof(struct exchange, out)),
		MOV_IMM(BPF_REG_2, size),
		LD_VALUE(BPF_REG_3, text, 0),
		LD_VALUE(BPF_REG_4, map, offsetof(struct exchange, args)),
		MOV_IMM(BPF_REG_5, nr * 8),
		CALL(BPF_FUNC_snprintf),
		STORE_R0_AND_EXIT(map),
	};

	fill(x, args, nr, NULL);
	if (!run_there(insns, ARRAY_SIZE(insns), map, x))
		x->ret = -EINVAL;
	close(map);
	close(text);
}

static void compare_snprintf(const char *fmt, u32 size, const u64 *args, u32 nr)
{
	struct exchange there, here;

	play_snprintf(&there, fmt, size, args, nr);
	ask_world_instead();
	play_snprintf(&here, fmt, size, args, nr);
	ask_kernel_again();
	assert_int_equal(skep__format_check(fmt, strlen(fmt) + 1, nr),
			 (s64)there.ret == -EINVAL ? -EINVAL : 0);
	if (!memcmp(&here, &there, sizeof(here)))
		return;
	print_error("snprintf(\"%s\", size %u): kernel %ld \"%.100s\", here %ld \"%.100s\"\n", fmt,
		    size, (long)there.ret, there.out, (long)here.ret, here.out);
	fail();
}

static const char *const number_formats[] = {
	"%d",      "%i",     "%u",        "%x",        "%X",         "%ld",          "%li",
	"%lu",     "%lx",    "%lX",       "%lld",      "%lli",       "%llu",         "%llx",
	"%llX",    "%5d",    "%-5d|",     "%05d",      "%+d",        "% d",          "%+5d",
	"%-+5d|",  "%0+5d",  "%+05x",     "%020lx",    "%-020lx|",   "% 0+-7d|",     "%1d",
	"%10u",    "%c",     "%5c",       "%-5c|",     "%05c",       "%px",          "%20px",
	"%-20px|", "%5px",   "%020px",    "%+px",      "a%db%%c",    "%%%d%%",       "\xc3\xa9 %d",
	"%d\t\n",  "%c%c",   "100%%",     "",          "plain",      "%pxabc",       "%px-%d",
	"%1000d",  "%2000d", "%8388607d", "%8388608d", "%16777216d", "%2147483648d", "%4294967290d",
};

static const char *const bad_formats[] = {
	"%",     "%z",      "%5",  "%l",     "%lll", "%lld%",
	"%hd",   "%o",      "%#x", "%.3d",   "%*d",  "%pz",
	"%pi",   "%pi5",    "%pI", "%pU",    "%p4",  "%pk",
	"%pkx",  "%pksx",   "%sx", "%s1",    "%lc",  "%ls",
	"%n",    "%e",      "%\n", "a\001b", "\x7f", "%pa",
	"%pe",   "%pM",     "%-",  "%0",     "% %",  "%d%d%d%d%d%d%d%d%d%d%d%d%d",
	"%\xc3", "\033[0m",
};

static void numbers_are_written_as_the_kernel_writes_them(void **state)
{
	const u64 values[] = { 0,       1,          9,          10,         65,
			       12345,   0x7fffffff, 0x80000000, 0xffffffff, 0x123456789abcdef,
			       (u64)-1, (u64)-17,   INT64_MIN };

	for (size_t f = 0; f < ARRAY_SIZE(number_formats); f++) {
		for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
			const u64 args[] = { values[v], values[(v + 5) % ARRAY_SIZE(values)] };

			compare_snprintf(number_formats[f], 256, args, 2);
		}
	}
}

static void bad_formats_get_the_same_errno_and_write_nothing(void **state)
{
	const u64 args[12] = { 1 };

	for (size_t f = 0; f < ARRAY_SIZE(bad_formats); f++)
		compare_snprintf(bad_formats[f], 64, args, 12);
	compare_snprintf("%d", 64, args, 0);
	compare_snprintf("%d %d %d", 64, args, 2);
	compare_snprintf("no argument used", 64, args, 2);
}

/* Pointers that neither side can read, and NULL: what is printed for them is the same then. */
static void pointers_that_cannot_be_read_print_alike(void **state)
{
	static const char *const formats[] = { "%s|",     "%pks|",   "%pus|",        "%5s|",
					       "%-5s|",   "%pI4|",   "%pi4|",        "%pI6|",
					       "%pi6|",   "%p|",     "%pK|",         "%20p|",
					       "%-20p|",  "%p %d",   "%pI4 %pI4 %d", "%pI4h|",
					       "%pKabc|", "%s %s %d" };
	const u64 args[] = { 0, 0, 42 };

	for (size_t f = 0; f < ARRAY_SIZE(formats); f++)
		compare_snprintf(formats[f], 128, args, 3);
	for (size_t f = 0; f < ARRAY_SIZE(formats); f++)
		compare_snprintf(formats[f], 6, args, 3);
}

static void outputs_are_cut_alike(void **state)
{
	const u64 args[] = { 1234567, 0, 42, 0x1234567890 };

	for (u32 size = 1; size < 24; size++) {
		compare_snprintf("%d-%x-%u %lx", size, args, 4);
		compare_snprintf("%d %pI4 %d", size, args, 3);
		compare_snprintf("%20d%-20d|", size, args, 2);
		compare_snprintf("%s%s%pks %d", size, args, 4);
	}
}

static void arguments_beyond_the_packing_space_are_refused_alike(void **state)
{
	const u64 args[12] = { 0 };

	compare_snprintf("%pi6%pi6%pi6%pi6%pi6%pi6%pi6%pi6%pi6%pi6%pi6%pi6", 1024, args, 12);
	compare_snprintf("%pI6%pI6%pI6%pI6%pI6%pI6%pI6%pI6%pI6%pI6%pI6%pI6", 1024, args, 12);
	compare_snprintf("%pI6%pI6%pI6%pI6%pI6%pI6%pI6%pI6%pI6%pI6%pI6%pI6%pI6", 1024, args, 12);
	compare_snprintf("%ld%ld%ld%ld%ld%ld%ld%ld%ld%ld%ld%ld", 1024, args, 12);
	compare_snprintf("%c%ld%c%d%c%ld%c%ld%c%ld%c%d", 1024, args, 12);
}

/* bpf_strtol / bpf_strtoul(in, len, flags, &number) */
static void play_strto(struct exchange *x, u32 nr, const char *in, u32 len, u64 flags)
{
	int map = exchange_map();
	const struct bpf_insn insns[] = {
		LD_VALUE(BPF_REG_1, map, offsetof(struct exchange, in)),
		MOV_IMM(BPF_REG_2, len),
		MOV_IMM(BPF_REG_3, (s32)flags),
		LD_VALUE(BPF_REG_4, map, offsetof(struct exchange, number)),
		CALL(nr),
		STORE_R0_AND_EXIT(map),
	};

	fill(x, NULL, 0, in);
	x->number = 77;
	assert_true(run_there(insns, ARRAY_SIZE(insns), map, x));
	close(map);
}

static void compare_strto(u32 nr, const char *in, u32 len, u64 flags)
{
	struct exchange there, here;

	play_strto(&there, nr, in, len, flags);
	ask_world_instead();
	play_strto(&here, nr, in, len, flags);
	ask_kernel_again();
	if (!memcmp(&here, &there, sizeof(here)))
		return;
	print_error("%s(\"%s\", %u, %lx): kernel %ld %ld, here %ld %ld\n", skep__helper(nr)->name,
		    in, len, (long)flags, (long)there.ret, (long)there.number, (long)here.ret,
		    (long)here.number);
	fail();
}

static void numbers_are_read_as_the_kernel_reads_them(void **state)
{
	static const char *const texts[] = {
		"0",
		"1",
		"-1",
		"+1",
		" 7",
		"\t\n 12x",
		"-",
		"- 1",
		"--1",
		"0x",
		"0xg",
		"0x1f",
		"0X1F",
		"-0x10",
		"017",
		"08",
		"0b1",
		"9223372036854775807",
		"9223372036854775808",
		"-9223372036854775808",
		"-9223372036854775809",
		"18446744073709551615",
		"18446744073709551616",
		"-18446744073709551615",
		"0xffffffffffffffff",
		"0x10000000000000000",
		"777",
		"1777777777777777777777",
		"2000000000000000000000",
		"abc",
		"",
		"12 34",
		"\xa0 5",
		"000000000000000000000000000000000000000000000000000000000000000000000005",
		"                                                                       5",
	};
	static const u64 flags[] = { 0, 8, 10, 16, 2, 7, 31, 32, (u64)-1 };

	for (size_t t = 0; t < ARRAY_SIZE(texts); t++) {
		for (size_t f = 0; f < ARRAY_SIZE(flags); f++) {
			u32 len = strlen(texts[t]);

			compare_strto(BPF_FUNC_strtol, texts[t], len + 1, flags[f]);
			compare_strto(BPF_FUNC_strtoul, texts[t], len ? len : 1, flags[f]);
		}
	}
}

/* bpf_strncmp(in, len, text) */
static s64 play_strncmp(const char *in, u32 len, const char *constant)
{
	int map = exchange_map(), text = frozen_text(constant);
	const struct bpf_insn insns[] = {
		LD_VALUE(BPF_REG_1, map, offsetof(struct exchange, in)),
		MOV_IMM(BPF_REG_2, len),
		LD_VALUE(BPF_REG_3, text, 0),
		CALL(BPF_FUNC_strncmp),
		STORE_R0_AND_EXIT(map),
	};
	struct exchange x;

	fill(&x, NULL, 0, in);
	assert_true(run_there(insns, ARRAY_SIZE(insns), map, &x));
	close(map);
	close(text);
	return (s64)x.ret;
}

static void compare_strncmp(const char *in, u32 len, const char *constant)
{
	s64 there = play_strncmp(in, len, constant), here;

	ask_world_instead();
	here = play_strncmp(in, len, constant);
	ask_kernel_again();
	assert_int_equal(here, there);
}

static void texts_compare_as_in_the_kernel(void **state)
{
	static const char *const texts[] = { "", "a", "b", "ab", "abc", "abd", "ab\xff", "\x80" };

	for (size_t a = 0; a < ARRAY_SIZE(texts); a++) {
		for (size_t b = 0; b < ARRAY_SIZE(texts); b++) {
			compare_strncmp(texts[a], 1, texts[b]);
			compare_strncmp(texts[a], 3, texts[b]);
			compare_strncmp(texts[a], 16, texts[b]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_written_as_the_kernel_writes_them),
		cmocka_unit_test(bad_formats_get_the_same_errno_and_write_nothing),
		cmocka_unit_test(pointers_that_cannot_be_read_print_alike),
		cmocka_unit_test(outputs_are_cut_alike),
		cmocka_unit_test(arguments_beyond_the_packing_space_are_refused_alike),
		cmocka_unit_test(numbers_are_read_as_the_kernel_reads_them),
		cmocka_unit_test(texts_compare_as_in_the_kernel),
	};
	return run_beside_kernel(tests, open_asked_world, close_asked_world);
}
