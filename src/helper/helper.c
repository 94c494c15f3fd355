/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The helper table in memory, and the questions asked of it. A row that names an implementation
 * refers to the function itself: a missing one does not link.
 */
#include "helper/impl.h"
#include "helper/proto.h"
#include "helper/type_sets.h"

/* The words of the table's columns. */
/* clang-format off */
enum {
	GPL = HELPER_GPL, MOVES = HELPER_PKT, PKT = HELPER_PKT_ARGS, SLEEPS = HELPER_SLEEPS,
	PERFMON = HELPER_PERFMON, CAPBPF = HELPER_CAPBPF, FAST = HELPER_FAST,

	INT = RET_INTEGER, VOID = RET_VOID, NEVER = RET_NEVER,
	R_VALUE = RET_MAP_VALUE,
	R_VALUE0 = RET_MAP_VALUE | RET_MAYBE_NULL,
	R_SOCKET0 = RET_SOCKET | RET_MAYBE_NULL,
	R_TCP0 = RET_TCP_SOCK | RET_MAYBE_NULL,
	R_SOCK0 = RET_SOCK_COMMON | RET_MAYBE_NULL,
	R_RECORD0 = RET_ALLOC_MEM | RET_MAYBE_NULL,
	R_MEM0 = RET_DYNPTR_MEM | RET_MAYBE_NULL,
	R_BTF = RET_BTF_ID,
	R_TRUSTED = RET_BTF_ID | RET_TRUSTED,
	R_BTF0 = RET_BTF_ID | RET_MAYBE_NULL,
	R_PERCPU = RET_MEM_OR_BTF_ID | RET_RDONLY,
	R_PERCPU0 = RET_MEM_OR_BTF_ID | RET_RDONLY | RET_MAYBE_NULL,

	_ = ARG_NONE, ANY = ARG_ANYTHING, SCALAR = ARG_SCALAR,
	CTX = ARG_CTX, CTX0 = ARG_CTX | ARG_MAYBE_NULL,
	MAP = ARG_CONST_MAP_PTR, KEY = ARG_MAP_KEY,
	VALUE = ARG_MAP_VALUE, VALUE0 = ARG_MAP_VALUE | ARG_MAYBE_NULL,
	VALUE_OUT = ARG_MAP_VALUE | ARG_UNINIT | ARG_WRITE,
	IN = ARG_MEM | ARG_RDONLY, IN0 = ARG_MEM | ARG_RDONLY | ARG_MAYBE_NULL,
	OUT = ARG_MEM | ARG_UNINIT | ARG_WRITE,
	BUF = ARG_MEM, INOUT = ARG_MEM | ARG_WRITE,
	INOUT0 = ARG_MEM | ARG_WRITE | ARG_MAYBE_NULL,
	IPV4HDR = ARG_MEM | ARG_FIXED(20), IPV6HDR = ARG_MEM | ARG_FIXED(40),
	TCPHDR = ARG_MEM | ARG_FIXED(20),
	SIZE = ARG_CONST_SIZE, SIZE0 = ARG_CONST_SIZE_OR_ZERO,
	ALLOC = ARG_ALLOC_SIZE, RECORD = ARG_ALLOC_MEM | ARG_RELEASE,
	FUNC = ARG_FUNC, STACK0 = ARG_STACK | ARG_MAYBE_NULL, STR = ARG_CONST_STR,
	LONG_OUT = ARG_LONG | ARG_UNINIT | ARG_WRITE, INT_INOUT = ARG_INT | ARG_WRITE,
	LOCK = ARG_SPIN_LOCK, TIMER = ARG_TIMER, KPTR = ARG_KPTR,
	SOCK = ARG_SOCK_COMMON, SOCKET0 = ARG_SOCKET | ARG_MAYBE_NULL,
	BSOCK = ARG_BTF_SOCK, BSOCK0 = ARG_BTF_SOCK | ARG_MAYBE_NULL,
	BSOCK_DONE = ARG_BTF_SOCK | ARG_RELEASE,
	BTF = ARG_BTF_ID, BTF0 = ARG_BTF_ID | ARG_MAYBE_NULL,
	BTF0_DONE = ARG_BTF_ID | ARG_MAYBE_NULL | ARG_RELEASE,
	PERCPU = ARG_PERCPU_BTF_ID,
	DYN = ARG_DYNPTR | ARG_RDONLY,
	DYN_LOCAL = ARG_DYNPTR | ARG_DYN_LOCAL | ARG_UNINIT | ARG_WRITE,
	DYN_RING = ARG_DYNPTR | ARG_DYN_RINGBUF | ARG_UNINIT | ARG_WRITE,
	DYN_DONE = ARG_DYNPTR | ARG_DYN_RINGBUF | ARG_RELEASE,
};

#define FN(name) skep__helper_##name
#define NONE NULL
#define PROTO(name, ret, a1, a2, a3, a4, a5, flags, since, symbol, types) \
	{ #name, symbol, ret, flags, { a1, a2, a3, a4, a5 }, since, types }

#define HELPER(nr, name, ...) static_assert(nr == BPF_FUNC_##name, #name);
#include "helper/helpers.def"

static const struct helper helpers[__BPF_FUNC_MAX_ID] = {
#define HELPER(nr, name, ...) [nr] = PROTO(name, __VA_ARGS__),
#include "helper/helpers.def"
};

static const struct variant {
	u32 number;
	struct helper helper;
} variants[] = {
#define VARIANT(name, ret, a1, a2, a3, a4, a5, flags, symbol, types) \
	{ BPF_FUNC_##name, PROTO(name, ret, a1, a2, a3, a4, a5, flags, NULL, symbol, types) },
#include "helper/helpers.def"
};

/* Helpers that have variants, so that the others are found without a search. */
static const bool varies[__BPF_FUNC_MAX_ID] = {
#define VARIANT(name, ...) [BPF_FUNC_##name] = true,
#include "helper/helpers.def"
};

static const struct attach_rule {
	u32 number;
	u64 prog_types, attach_types;
} attach_rules[] = {
#define ATTACH(name, types, attach_types) { BPF_FUNC_##name, types, attach_types },
#include "helper/helpers.def"
};

static const struct helper_btf btf_types[__BPF_FUNC_MAX_ID] = {
#define BTF_TYPE(name, arg, ret) [BPF_FUNC_##name] = { arg, ret },
#include "helper/helpers.def"
};
/* clang-format on */

static bool in_set(u64 set, u32 number)
{
	return number < 64 && (set >> number & 1);
}

const struct helper *skep__helper(u32 number)
{
	if (number >= ARRAY_SIZE(helpers) || !helpers[number].name)
		return NULL;
	return &helpers[number];
}

const struct helper *skep__helper_for(u32 number, u32 prog_type)
{
	const struct helper *helper = skep__helper(number);

	if (!helper || !in_set(helper->prog_types, prog_type))
		return NULL;
	if (!varies[number])
		return helper;
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++) {
		if (variants[i].number == number &&
		    in_set(variants[i].helper.prog_types, prog_type))
			return &variants[i].helper;
	}
	return helper;
}

bool skep__helper_allowed(u32 number, u32 prog_type, u32 expected_attach_type)
{
	const struct helper *helper = skep__helper(number);

	if (!helper || !in_set(helper->prog_types, prog_type))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(attach_rules); i++) {
		if (attach_rules[i].number == number &&
		    in_set(attach_rules[i].prog_types, prog_type))
			return in_set(attach_rules[i].attach_types, expected_attach_type);
	}
	return true;
}

struct helper_btf skep__helper_btf(u32 number)
{
	return number < ARRAY_SIZE(btf_types) ? btf_types[number] : (struct helper_btf){ 0 };
}
