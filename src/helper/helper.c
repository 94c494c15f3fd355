/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The helper table in memory, and the questions asked of it. A row that names an implementation
 * refers to the function itself: a missing one does not link.
 */
#include "helper/impl.h"
#include "helper/proto_words.h"
#include "helper/type_sets.h"

/* clang-format off */
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
