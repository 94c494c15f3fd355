/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What helpers do with memory that they are given: every memory argument of the table is tried in
 * the kernel with a map that programs may only read, and with one that they may only write.
 */
#include <string.h>
#include <unistd.h>

#include "ask_kernel.h"
#include "code.h"
#include "helper/proto.h"
#include "unit/cmocka_all.h"

#define VALUE_SIZE 64

struct maps {
	int rw, ro, wo; /* arrays of one value */
};

static char log_text[32768];

static bool is_memory(u32 arg)
{
	switch (ARG_CLASS(arg)) {
	case ARG_MEM:
	case ARG_LONG:
	case ARG_INT:
		return true;
	default:
		return false;
	}
}

static void emit_map(struct code *c, u8 dst, u8 pseudo, int fd)
{
	emit(c, BPF_LD | BPF_DW | BPF_IMM, dst, pseudo, fd);
	emit(c, 0, 0, 0, 0);
}

/* Puts something fitting into the register; false when a small program has no such thing. */
static bool emit_arg(struct code *c, u8 reg, u32 arg, int memory, int map)
{
	switch (ARG_CLASS(arg)) {
	case ARG_NONE:
		return true;
	case ARG_CTX:
		emit(c, BPF_ALU64 | BPF_MOV | BPF_X, reg, BPF_REG_6, 0);
		return true;
	case ARG_CONST_MAP_PTR:
		emit_map(c, reg, BPF_PSEUDO_MAP_FD, map);
		return true;
	case ARG_ANYTHING:
	case ARG_SCALAR:
	case ARG_CONST_SIZE:
	case ARG_CONST_SIZE_OR_ZERO:
		emit(c, BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 8);
		return true;
	case ARG_MAP_KEY:
	case ARG_MAP_VALUE:
	case ARG_MEM:
	case ARG_LONG:
	case ARG_INT:
		emit_map(c, reg, BPF_PSEUDO_MAP_VALUE, memory);
		return true;
	default:
		return false;
	}
}

/* Loads a call whose argument nr `at` is of the memory given, all before it fit, and none behind it
 * matters. */
static bool load(u32 nr, u32 prog_type, u32 at, int memory, const struct maps *maps)
{
	const struct helper *h = skep__helper_for(nr, prog_type);
	struct kernel_load load = {
		.prog_type = prog_type,
		.prog_flags = prog_type == BPF_PROG_TYPE_SYSCALL ? BPF_F_SLEEPABLE : 0,
		.expected_attach_type =
			skep__helper_allowed(nr, prog_type, 0) ? 0 : BPF_CGROUP_SETSOCKOPT,
		.log = log_text,
		.log_size = sizeof(log_text),
	};
	struct code code = { 0 };
	int fd;

	emit(&code, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_1, 0);
	for (u32 i = 0; i < 5; i++) {
		if (!emit_arg(&code, i + 1, h->args[i], i == at ? memory : maps->rw, maps->rw)) {
			if (i <= at)
				return false;
			emit(&code, BPF_ALU64 | BPF_MOV | BPF_K, i + 1, 0, 0);
		}
	}
	emit(&code, BPF_JMP | BPF_CALL, 0, 0, nr);
	emit(&code, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0);
	emit(&code, BPF_JMP | BPF_EXIT, 0, 0, 0);
	load.insns = code.insns;
	load.len = code.len;
	fd = kernel_prog_load(&load);
	if (fd >= 0)
		close(fd);
	return true;
}

/* A type that may call the helper and loads without a hook to attach to. */
static u32 some_type(const struct helper *h)
{
	static const u32 types[] = {
		BPF_PROG_TYPE_SYSCALL,    BPF_PROG_TYPE_SCHED_CLS,     BPF_PROG_TYPE_XDP,
		BPF_PROG_TYPE_PERF_EVENT, BPF_PROG_TYPE_SOCK_OPS,      BPF_PROG_TYPE_CGROUP_SYSCTL,
		BPF_PROG_TYPE_LWT_XMIT,   BPF_PROG_TYPE_LWT_SEG6LOCAL, BPF_PROG_TYPE_SK_REUSEPORT,
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (h->prog_types >> types[i] & 1)
			return types[i];
	}
	return 0;
}

static u32 differences(u32 nr, u32 prog_type, u32 at, const struct maps *maps)
{
	const struct helper *h = skep__helper_for(nr, prog_type);
	bool we_write = h->args[at] & ARG_WRITE, writes, reads;

	if (!load(nr, prog_type, at, maps->ro, maps))
		return 0;
	if (strstr(log_text, "program of this type cannot use helper"))
		return 0; /* left out of this kernel */
	writes = strstr(log_text, "write into map forbidden") != NULL;
	load(nr, prog_type, at, maps->wo, maps);
	reads = strstr(log_text, "read from map forbidden") != NULL;
	if (writes == we_write && reads == !we_write)
		return 0;
	print_error("%s, argument %u, program type %u: the kernel %s%s; the table says %s\n%s",
		    h->name, at + 1, prog_type, writes ? "writes " : "", reads ? "reads" : "",
		    we_write ? "writes" : "reads", log_text);
	return 1;
}

static void memory_is_read_or_written_as_the_table_says(void **state)
{
	const struct maps maps = {
		.rw = kernel_map_create(BPF_MAP_TYPE_ARRAY, 4, VALUE_SIZE, 1, 0),
		.ro = kernel_map_create(BPF_MAP_TYPE_ARRAY, 4, VALUE_SIZE, 1, BPF_F_RDONLY_PROG),
		.wo = kernel_map_create(BPF_MAP_TYPE_ARRAY, 4, VALUE_SIZE, 1, BPF_F_WRONLY_PROG),
	};
	u32 asked = 0, differ = 0;

	for (u32 nr = 1; nr < __BPF_FUNC_MAX_ID; nr++) {
		const struct helper *h = skep__helper(nr);
		u32 type = some_type(h);

		for (u32 at = 0; at < 5 && type; at++) {
			if (!is_memory(skep__helper_for(nr, type)->args[at]))
				continue;
			asked++;
			differ += differences(nr, type, at, &maps);
		}
	}
	print_message("%u memory arguments, %u differ\n", asked, differ);
	assert_true(asked > 50);
	assert_int_equal(differ, 0);
	close(maps.rw);
	close(maps.ro);
	close(maps.wo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_read_or_written_as_the_table_says),
	};
	return run_beside_kernel(tests, NULL, NULL);
}
