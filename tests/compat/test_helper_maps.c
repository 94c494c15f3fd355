/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which maps a helper may be handed: every helper that takes a map, with every type of map that
 * this kernel makes, asked of the kernel's verifier.
 */
#include <string.h>
#include <unistd.h>

#include "ask_kernel.h"
#include "code.h"
#include "helper/proto.h"
#include "unit/cmocka_all.h"

static char log_text[32768];

/* A map of every type, as small as it may be: fd or -errno. */
static int some_map(u32 type)
{
	switch (type) {
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
		return kernel_map_create(type, 0, 0, 4096, 0);
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
	case BPF_MAP_TYPE_BLOOM_FILTER:
		return kernel_map_create(type, 0, 8, 1, 0);
	case BPF_MAP_TYPE_LPM_TRIE:
		return kernel_map_create(type, 8, 8, 1, BPF_F_NO_PREALLOC);
	case BPF_MAP_TYPE_STACK_TRACE:
		return kernel_map_create(type, 4, 8, 1, 0);
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return kernel_map_create(type, 4, 8, 1, 0);
	default:
		return kernel_map_create(type, 4, 4, 1, 0);
	}
}

/* Memory for keys, values and bytes: 64 zeroes below the frame pointer. */
static bool emit_arg(struct code *c, u8 reg, u32 arg, int map)
{
	switch (ARG_CLASS(arg)) {
	case ARG_NONE:
		return true;
	case ARG_CTX:
		emit(c, BPF_ALU64 | BPF_MOV | BPF_X, reg, BPF_REG_6, 0);
		return true;
	case ARG_CONST_MAP_PTR:
		emit(c, BPF_LD | BPF_DW | BPF_IMM, reg, BPF_PSEUDO_MAP_FD, map);
		emit(c, 0, 0, 0, 0);
		return true;
	case ARG_ANYTHING:
	case ARG_SCALAR:
	case ARG_STACK:
		emit(c, BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 0);
		return true;
	case ARG_CONST_SIZE:
	case ARG_CONST_SIZE_OR_ZERO:
	case ARG_ALLOC_SIZE:
		emit(c, BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 24);
		return true;
	case ARG_MAP_KEY:
	case ARG_MAP_VALUE:
	case ARG_MEM:
		emit(c, BPF_ALU64 | BPF_MOV | BPF_X, reg, BPF_REG_10, 0);
		emit(c, BPF_ALU64 | BPF_ADD | BPF_K, reg, 0, -64);
		return true;
	default:
		return false;
	}
}

enum answer { TAKEN, REFUSED, NO_ANSWER };

/* No answer: the call failed for another reason, or needs what a small program has not. */
static enum answer ask(u32 nr, u32 prog_type, int map)
{
	const struct helper *h = skep__helper_for(nr, prog_type);
	struct kernel_load load = { .prog_type = prog_type,
				    .log = log_text,
				    .log_size = sizeof(log_text) };
	struct code code = { 0 };
	int fd;

	emit(&code, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_1, 0);
	for (s16 off = -64; off < 0; off += 8)
		code.insns[code.len++] = (struct bpf_insn){ .code = BPF_ST | BPF_MEM | BPF_DW,
							    .dst_reg = BPF_REG_10,
							    .off = off };
	for (u32 i = 0; i < 5; i++) {
		if (!emit_arg(&code, i + 1, h->args[i], map))
			return NO_ANSWER;
	}
	emit(&code, BPF_JMP | BPF_CALL, 0, 0, nr);
	emit(&code, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0);
	emit(&code, BPF_JMP | BPF_EXIT, 0, 0, 0);
	load.insns = code.insns;
	load.len = code.len;
	fd = kernel_prog_load(&load);
	if (fd < 0)
		return strstr(log_text, "cannot pass map_type") ? REFUSED : NO_ANSWER;
	close(fd);
	return TAKEN;
}

static u32 some_type(const struct helper *h)
{
	static const u32 types[] = { BPF_PROG_TYPE_SCHED_CLS,  BPF_PROG_TYPE_XDP,
				     BPF_PROG_TYPE_KPROBE,     BPF_PROG_TYPE_SOCK_OPS,
				     BPF_PROG_TYPE_SK_SKB,     BPF_PROG_TYPE_SK_MSG,
				     BPF_PROG_TYPE_CGROUP_SKB, BPF_PROG_TYPE_SK_REUSEPORT };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (h->prog_types >> types[i] & 1)
			return types[i];
	}
	return 0;
}

static bool takes_a_map(const struct helper *h)
{
	for (u32 i = 0; i < 5; i++) {
		if (ARG_CLASS(h->args[i]) == ARG_CONST_MAP_PTR)
			return true;
	}
	return false;
}

static u32 differences(u32 map_type, u32 *asked)
{
	int map = some_map(map_type);
	u32 differ = 0;

	for (u32 nr = 1; map >= 0 && nr < __BPF_FUNC_MAX_ID; nr++) {
		const struct helper *h = skep__helper(nr);
		u32 type = some_type(h);
		enum answer answer;

		if (!type || !takes_a_map(h))
			continue;
		answer = ask(nr, type, map);
		if (answer == NO_ANSWER)
			continue;
		(*asked)++;
		if ((answer == TAKEN) == skep__helper_takes_map(nr, map_type))
			continue;
		differ++;
		print_error("map type %u: the kernel %s it to %s\n%s", map_type,
			    answer == REFUSED ? "does not hand" : "hands", h->name, log_text);
	}
	if (map >= 0)
		close(map);
	return differ;
}

static void helpers_take_the_maps_that_the_kernel_hands_them(void **state)
{
	u32 asked = 0, differ = 0;

	for (u32 type = 1; type < __MAX_BPF_MAP_TYPE; type++)
		differ += differences(type, &asked);
	print_message("%u pairs of helper and map, %u differ\n", asked, differ);
	assert_true(asked > 300);
	assert_int_equal(differ, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(helpers_take_the_maps_that_the_kernel_hands_them),
	};
	return run_beside_kernel(tests, NULL, NULL);
}
