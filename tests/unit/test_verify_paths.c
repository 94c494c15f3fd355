/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Small programs with the verdict, closing line and number of processed instructions that they get.
 * The kernel is asked the same where it may be: what is recorded here is what it says.
 */
#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "isa/asm.h"
#include "verify/prepare.h"
#include "verify/verify.h"

#define MAX_INSNS 512

struct program {
	const char *name, *text;
	u32 type; /* 0: socket filter */
	int err;
	u32 processed;
	const char *line; /* the log's last but statistics; NULL: accepted */
};

static const struct program programs[] = {
	{ "a constant is returned", "r0 = 0\nexit\n", 0, 0, 2, NULL },
	{ "a register that nothing was put in", "r0 = r2\nexit\n", 0, -EACCES, 1, "R2 !read_ok" },
	{ "the frame pointer is not for writing", "r10 = 0\nr0 = 0\nexit\n", 0, -EACCES, 1,
	  "frame pointer is read only" },
	{ "division by a constant zero", "r0 = 1\nr0 /= 0\nexit\n", 0, -EINVAL, 2, "div by zero" },
	{ "a loop with an end", "r0 = 0\nagain:\nr0 += 1\nif r0 < 100 goto again\nr0 = 0\nexit\n",
	  0, 0, 203, NULL },
	{ "a loop without an end", "r0 = 0\nagain:\nr1 = 0\ngoto again\n", 0, -EINVAL, 10,
	  "old state: R0=0 R1=0 R10=fp0" },
	{ "a slot that was written", "*(u64 *)(r10 -8) = r1\nr1 = *(u64 *)(r10 -8)\nr0 = 0\nexit\n",
	  0, 0, 4, NULL },
	{ "below the stack", "*(u64 *)(r10 -520) = r1\nr0 = 0\nexit\n", 0, -EACCES, 1,
	  "invalid write to stack R10 off=-520 size=8" },
	{ "a context field that is there", "r0 = *(u32 *)(r1 +0)\nexit\n", 0, 0, 2, NULL },
	{ "a context field that is not", "r0 = *(u32 *)(r1 +1000)\nexit\n", 0, -EACCES, 1,
	  "invalid bpf_context access off=1000 size=4" },
	{ "a packet without a look at its end", "r2 = *(u32 *)(r1 +0)\nr0 = *(u8 *)(r2 +0)\nexit\n",
	  BPF_PROG_TYPE_XDP, -EACCES, 2, "R2 offset is outside of the packet" },
	{ "a packet that is long enough",
	  "r2 = *(u32 *)(r1 +0)\nr3 = *(u32 *)(r1 +4)\nr4 = r2\nr4 += 14\nr0 = 2\nif r4 > r3 goto "
	  "out\n"
	  "r5 = *(u8 *)(r2 +13)\nout:\nexit\n",
	  BPF_PROG_TYPE_XDP, 0, 9, NULL },
	{ "a pointer plus what may be anything",
	  "r2 = *(u32 *)(r1 +0)\nr3 = *(u32 *)(r1 +12)\nr3 *= r3\nr2 += r3\nr0 = 0\nexit\n",
	  BPF_PROG_TYPE_XDP, -EINVAL, 4,
	  "math between pkt pointer and register with unbounded min value is not allowed" },
	{ "a return value out of range", "r0 = 7\nexit\n", BPF_PROG_TYPE_CGROUP_SOCK, -EINVAL, 2,
	  "At program exit the register R0 has smin=7 smax=7 should have been in [0, 1]" },
	{ "a function of the program's own",
	  "r1 = 5\ncall double\nexit\ndouble:\nr0 = r1\nr0 += r0\nexit\n", 0, 0, 6, NULL },
	{ "a function that returns its stack", "call mine\nexit\nmine:\nr0 = r10\nexit\n", 0,
	  -EINVAL, 3, "cannot return stack pointer to the caller" },
	{ "what a call leaves of its arguments", "call #7\nr0 = r1\nexit\n", 0, -EACCES, 2,
	  "R1 !read_ok" },
	{ "a helper that there is not", "call #5000\nexit\n", 0, -EINVAL, 1,
	  "invalid func unknown#5000" },
	{ "a copy learns what its original is",
	  "call #7\nr1 = r0\nif r0 > 7 goto out\nr2 = r10\nr2 += -8\nr2 += r1\n"
	  "*(u8 *)(r2 +0) = 1\nout:\nr0 = 0\nexit\n",
	  0, 0, 10, NULL },
	{ "a place on the stack that may be outside",
	  "call #7\nr1 = r0\nif r0 > 8 goto out\nr2 = r10\nr2 += -8\nr2 += r1\n"
	  "*(u8 *)(r2 +0) = 1\nout:\nr0 = 0\nexit\n",
	  0, -EINVAL, 7,
	  "invalid variable-offset write to stack R2 var_off=(0x0; 0xf) off=-8 size=1" },
	{ "a number that is changed atomically as if it were an address",
	  "call #7\nlock *(u32 *)(r0 +0) += r0\nr0 = 0\nexit\n", 0, -EACCES, 2,
	  "misaligned access off (0x0; 0xffffffffffffffff)+0+0 size 4" },
	{ "a sum of one copy too many is a number like any other",
	  "call #7\nw0 = w0\n*(u64 *)(r10 -8) = r0\n*(u64 *)(r10 -16) = r0\n*(u64 *)(r10 -24) = "
	  "r0\n"
	  "*(u64 *)(r10 -32) = r0\n*(u64 *)(r10 -40) = r0\n*(u64 *)(r10 -48) = r0\n"
	  "w0 += -637474479\nif r0 != r0 goto out\nif r0 > 7 goto out\nr2 = r10\nr2 += -8\n"
	  "r2 += r0\n*(u8 *)(r2 +0) = 1\nout:\nr0 = 0\nexit\n",
	  0, 0, 21, NULL },
	{ "a subprogram that reads what its caller never wrote",
	  "r1 = r10\ncall get\nr0 = 0\nexit\nget:\nr0 = *(u64 *)(r1 +8)\nexit\n", 0, -EACCES, 3,
	  "invalid read from stack R1 off=8 size=8" },
	/* The last: states that share blocks of stack, each of which writes to it. */
	{ "many paths that are still to follow",
	  "r6 = 0\nagain:\ncall #7\n*(u64 *)(r10 -8) = r0\n*(u64 *)(r10 -512) = r6\n"
	  "if r0 > 5 goto skip\n*(u64 *)(r10 -256) = r6\nskip:\nr6 += 1\n"
	  "if r6 < 500 goto again\nr0 = 0\nexit\n",
	  0, 0, 8267, NULL },
};

static u32 assemble(const struct program *p, struct bpf_insn *insns)
{
	struct strbuf why;
	int len;

	skep__strbuf_init(&why);
	len = skep__asm(p->text, insns, MAX_INSNS, &why);
	if (len < 0)
		fail_msg("%s: %s", p->name, why.text);
	skep__strbuf_fini(&why);
	return len;
}

static u32 type_of(const struct program *p)
{
	return p->type ? p->type : BPF_PROG_TYPE_SOCKET_FILTER;
}

static u32 attach_type_of(const struct program *p)
{
	return p->type == BPF_PROG_TYPE_CGROUP_SOCK ? BPF_CGROUP_INET_SOCK_CREATE : 0;
}

/* Cuts the statistics off and returns the last line before them; *processed is what they said. */
static const char *last_line(char *log, u32 *processed)
{
	char *stats = strstr(log, "processed "), *line;

	*processed = stats ? strtoul(stats + strlen("processed "), NULL, 10) : 0;
	if (stats)
		*stats = 0;
	while (*log && log[strlen(log) - 1] == '\n')
		log[strlen(log) - 1] = 0;
	line = strrchr(log, '\n');
	return line ? line + 1 : log;
}

static void compare(const struct program *p, const char *who, int err, char *log)
{
	u32 processed;
	const char *line = last_line(log, &processed);

	if (err != p->err || processed != p->processed || (p->line && strcmp(line, p->line)))
		fail_msg("%s, %s: err %d, %u instructions, \"%s\"", p->name, who, err, processed,
			 line);
}

/* memory: what the verification may hold; 0: as ever. */
static int verify(const struct program *p, size_t memory, struct strbuf *log)
{
	struct bpf_insn insns[MAX_INSNS];
	struct prog prog = { .type = type_of(p),
			     .expected_attach_type = attach_type_of(p),
			     .gpl = true };
	struct prepare_input in = { .insns = insns,
				    .len = assemble(p, insns),
				    .prog_type = prog.type };
	struct verify_input verify_in = {
		.prog = &prog, .caps = VERIFY_CAPS_ALL, .log_level = 1, .memory_limit = memory
	};
	struct verify_stats stats;
	int err = skep__prepare(&in, &prog, log);

	if (!err)
		err = skep__verify(&verify_in, log, &stats);
	skep__prepare_free(&prog);
	return err;
}

static void ask_skep(const struct program *p)
{
	struct strbuf log;
	int err;

	skep__strbuf_init(&log);
	err = verify(p, 0, &log);
	compare(p, "skep", err, log.text);
	skep__strbuf_fini(&log);
}

/* -EPERM, -ENOSYS: it may not be asked. */
static int ask_kernel(const struct program *p, char *log, size_t size)
{
	struct bpf_insn insns[MAX_INSNS];
	union bpf_attr attr = { 0 };
	long fd;

	log[0] = 0;
	attr.prog_type = type_of(p);
	attr.expected_attach_type = attach_type_of(p);
	attr.insns = (u64)(uintptr_t)insns;
	attr.insn_cnt = assemble(p, insns);
	attr.license = (u64)(uintptr_t) "GPL";
	attr.log_buf = (u64)(uintptr_t)log;
	attr.log_size = size;
	attr.log_level = 1;
	fd = syscall(SYS_bpf, 5 /* BPF_PROG_LOAD */, &attr, sizeof(attr));
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static void verdicts_are_as_recorded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		ask_skep(&programs[i]);
}

static void the_kernel_says_the_same(void **state)
{
	static char log[1 << 20];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		int err = ask_kernel(&programs[i], log, sizeof(log));

		if (err == -EPERM || err == -ENOSYS) {
			print_message("the kernel may not be asked here\n");
			skip();
		}
		compare(&programs[i], "kernel", err, log);
	}
}

static void without_enough_memory_nothing_is_accepted(void **state)
{
	const struct program *hungry = &programs[ARRAY_SIZE(programs) - 1];
	struct strbuf log;
	size_t limit;
	int err = -ENOMEM;

	(void)state;
	skep__strbuf_init(&log);
	for (limit = 1; err && limit < 1u << 30; limit += limit / 8 + 1) {
		skep__strbuf_clear(&log);
		err = verify(hungry, limit, &log);
		if (err && err != -ENOMEM)
			fail_msg("%zu bytes: err %d", limit, err);
	}
	compare(hungry, "with enough", err, log.text);
	if (limit < 256u << 10)
		fail_msg("%zu bytes are enough: this program is not hungry", limit);
	skep__strbuf_fini(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_are_as_recorded),
		cmocka_unit_test(the_kernel_says_the_same),
		cmocka_unit_test(without_enough_memory_nothing_is_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
