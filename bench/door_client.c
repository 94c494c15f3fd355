/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The client that `bench/door` runs on the kernel and in worlds. Each line of its input names a
 * call of bpf(2) and how often to make it; the answer is nanoseconds a call.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ENTRIES 1024

static int array, hash;

static long bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

/* The attr of an element alone, as libbpf passes it. */
#define ELEMENT_SIZE (offsetof(union bpf_attr, flags) + sizeof(((union bpf_attr *)0)->flags))

static void need(long ret, const char *what)
{
	if (ret >= 0)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static int make_map(unsigned int type)
{
	union bpf_attr attr = { .map_type = type };
	int fd;

	attr.key_size = 4;
	attr.value_size = 8;
	attr.max_entries = ENTRIES;
	fd = bpf(BPF_MAP_CREATE, &attr);
	need(fd, "map");
	return fd;
}

/* Not part of main, which gcc compiles for size: there it clears the attr by `rep stos`, and that
 * takes as long as a preloaded lookup (7 ns on an AMD EPYC, 15 on an Intel Xeon). */
static __attribute__((noinline)) void element(int cmd, int fd, unsigned int key)
{
	static unsigned long value;
	union bpf_attr attr;

	memset(&attr, 0, ELEMENT_SIZE);
	attr.map_fd = fd;
	attr.key = (unsigned long)&key;
	attr.value = (unsigned long)&value; /* or the next key */
	if (syscall(SYS_bpf, cmd, &attr, ELEMENT_SIZE) &&
	    !(cmd == BPF_MAP_GET_NEXT_KEY && errno == ENOENT)) /* the last one */
		need(-1, "element");
}

static int load(void)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = BPF_REG_10, .off = -4 },
		{ .code = BPF_LD | BPF_IMM | BPF_DW,
		  .dst_reg = BPF_REG_1,
		  .src_reg = BPF_PSEUDO_MAP_FD,
		  .imm = hash },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X,
		  .dst_reg = BPF_REG_2,
		  .src_reg = BPF_REG_10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_2, .imm = -4 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = BPF_REG_0, .off = 2 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_1, .imm = 1 },
		{ .code = BPF_STX | BPF_ATOMIC | BPF_DW,
		  .dst_reg = BPF_REG_0,
		  .src_reg = BPF_REG_1,
		  .imm = BPF_ADD },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER };

	attr.insns = (unsigned long)code;
	attr.insn_cnt = sizeof(code) / sizeof(code[0]);
	attr.license = (unsigned long)"GPL";
	return bpf(BPF_PROG_LOAD, &attr);
}

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

/* Loads alone: closing is somebody else's work. */
static double time_loads(int times)
{
	double total = 0;

	for (int i = 0; i < times; i++) {
		double start = now_ns();
		int fd = load();

		total += now_ns() - start;
		need(fd, "load");
		close(fd);
	}
	return total / times;
}

static const struct {
	const char *name;
	int cmd, *map;
} calls[] = {
	{ "array_lookup", BPF_MAP_LOOKUP_ELEM, &array },
	{ "array_update", BPF_MAP_UPDATE_ELEM, &array },
	{ "hash_lookup", BPF_MAP_LOOKUP_ELEM, &hash },
	{ "hash_update", BPF_MAP_UPDATE_ELEM, &hash },
	{ "hash_next", BPF_MAP_GET_NEXT_KEY, &hash },
};

static double time_call(const char *name, int times)
{
	if (!strcmp(name, "load"))
		return time_loads(times);
	for (unsigned int c = 0; c < sizeof(calls) / sizeof(calls[0]); c++) {
		if (strcmp(name, calls[c].name))
			continue;
		double start = now_ns();
		for (int i = 0; i < times; i++)
			element(calls[c].cmd, *calls[c].map, i % ENTRIES);
		return (now_ns() - start) / times;
	}
	errno = EINVAL;
	need(-1, name);
	return 0;
}

int main(void)
{
	char name[32];
	int times;

	array = make_map(BPF_MAP_TYPE_ARRAY);
	hash = make_map(BPF_MAP_TYPE_HASH);
	for (unsigned int key = 0; key < ENTRIES; key++)
		element(BPF_MAP_UPDATE_ELEM, hash, key);
	while (scanf("%31s %d", name, &times) == 2) {
		printf("%.1f\n", time_call(name, times));
		fflush(stdout);
	}
	return 0;
}
