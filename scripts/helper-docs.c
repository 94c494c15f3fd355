/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes docs/helpers.md from the helper table (doc-file.h). */
#include <stdio.h>

#include "base/uapi.h"
#include "ctx/ctx.h"
#include "doc-file.h"
#include "helper/proto.h"

static const char *const arg_words[] = {
	[ARG_ANYTHING] = "any",
	[ARG_CONST_MAP_PTR] = "map",
	[ARG_MAP_KEY] = "key",
	[ARG_MAP_VALUE] = "value",
	[ARG_MEM] = "mem",
	[ARG_CONST_SIZE] = "size > 0",
	[ARG_CONST_SIZE_OR_ZERO] = "size",
	[ARG_ALLOC_SIZE] = "constant size",
	[ARG_ALLOC_MEM] = "record",
	[ARG_CTX] = "ctx",
	[ARG_SPIN_LOCK] = "spin lock",
	[ARG_TIMER] = "timer",
	[ARG_FUNC] = "callback",
	[ARG_STACK] = "callback ctx",
	[ARG_CONST_STR] = "constant text",
	[ARG_DYNPTR] = "dynptr",
	[ARG_KPTR] = "kptr",
	[ARG_LONG] = "u64 *",
	[ARG_INT] = "u32 *",
	[ARG_SOCKET] = "socket",
	[ARG_BTF_ID] = "struct",
	[ARG_PERCPU_BTF_ID] = "per-CPU variable",
	[ARG_SOCK_COMMON] = "socket",
	[ARG_SCALAR] = "number",
	[ARG_BTF_SOCK] = "socket",
};

static const char *const ret_words[] = {
	[RET_INTEGER] = "number",        [RET_VOID] = "nothing",
	[RET_MAP_VALUE] = "value",       [RET_SOCKET] = "socket",
	[RET_TCP_SOCK] = "TCP socket",   [RET_SOCK_COMMON] = "socket",
	[RET_ALLOC_MEM] = "record",      [RET_DYNPTR_MEM] = "mem",
	[RET_BTF_ID] = "struct",         [RET_MEM_OR_BTF_ID] = "variable",
	[RET_NEVER] = "does not return",
};

static void add_arg(struct strbuf *sb, u32 nr, u32 arg)
{
	const char *type = ARG_CLASS(arg) == ARG_BTF_ID ? skep__helper_btf(nr).arg : NULL;

	skep__strbuf_puts(sb, arg_words[ARG_CLASS(arg)]);
	if (type)
		skep__strbuf_printf(sb, " %s", type);
	if (ARG_CLASS(arg) == ARG_MEM)
		skep__strbuf_puts(sb, arg & ARG_UNINIT  ? " out"
				      : arg & ARG_WRITE ? " in out"
							: " in");
	if (arg >> 16)
		skep__strbuf_printf(sb, " of %u bytes", arg >> 16);
	if (arg & ARG_MAYBE_NULL)
		skep__strbuf_puts(sb, " or 0");
	if (arg & ARG_RELEASE)
		skep__strbuf_puts(sb, ", given up");
}

static void add_signature(struct strbuf *sb, u32 nr, const struct helper *h)
{
	const char *type = RET_CLASS(h->ret) == RET_BTF_ID ? skep__helper_btf(nr).ret : NULL;

	skep__strbuf_printf(sb, "`%s(", h->name);
	for (u32 i = 0; i < 5 && h->args[i] != ARG_NONE; i++) {
		if (i)
			skep__strbuf_puts(sb, ", ");
		add_arg(sb, nr, h->args[i]);
	}
	skep__strbuf_printf(sb, ")` → %s", ret_words[RET_CLASS(h->ret)]);
	if (type)
		skep__strbuf_printf(sb, " %s", type);
	if (h->ret & RET_MAYBE_NULL)
		skep__strbuf_puts(sb, " or NULL");
}

static void add_types(struct strbuf *sb, u64 types)
{
	const char *comma = "";

	for (u32 type = 0; type < __MAX_BPF_PROG_TYPE; type++) {
		if (!(types >> type & 1))
			continue;
		skep__strbuf_printf(sb, "%s%s", comma, skep__prog_type(type)->name);
		comma = ", ";
	}
}

/* All that may call it; or for most helpers shorter, those of every_type that may not. */
static void add_callers(struct strbuf *sb, u64 types, u64 every_type)
{
	u64 missing = every_type & ~types;

	if (__builtin_popcountll(types) <= __builtin_popcountll(every_type) / 2) {
		add_types(sb, types);
		return;
	}
	skep__strbuf_puts(sb, "every type");
	if (missing) {
		skep__strbuf_puts(sb, " but ");
		add_types(sb, missing);
	}
}

static void add_flags(struct strbuf *sb, u32 flags)
{
	static const struct {
		u32 flag;
		const char *word;
	} words[] = {
		{ HELPER_GPL, "GPL" },          { HELPER_PKT, "moves packet data" },
		{ HELPER_SLEEPS, "may sleep" }, { HELPER_PERFMON, "CAP_PERFMON" },
		{ HELPER_CAPBPF, "CAP_BPF" },
	};
	const char *comma = "";

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!(flags & words[i].flag))
			continue;
		skep__strbuf_printf(sb, "%s%s", comma, words[i].word);
		comma = ", ";
	}
}

static const char *const reasons[__BPF_FUNC_MAX_ID] = {
#define WHY(word, helper) [BPF_FUNC_##helper] = #word,
#include "helper/absent.def"
};

/* Implemented where it may be called; tail_call is an instruction of the interpreter and the JIT.
 */
static const char *state(u32 nr, const struct helper *h)
{
	bool yes = h->fn || RET_CLASS(h->ret) == RET_NEVER, no = !yes;

	for (u32 type = 0; type < __MAX_BPF_PROG_TYPE; type++) {
		const struct helper *here = skep__helper_for(nr, type);

		if (!here || here == h)
			continue;
		yes |= here->fn != NULL;
		no |= !here->fn;
	}
	return yes && no ? "partly" : yes ? "yes" : "";
}

static void add_state(struct strbuf *sb, u32 nr, const struct helper *h)
{
	if (*state(nr, h))
		skep__strbuf_puts(sb, state(nr, h));
	else
		skep__strbuf_printf(sb, "no: %s", reasons[nr]);
}

/* Every helper that is not there has a reason, and no other one has: the number that is wrong, or
 * 0. */
static u32 wrong_reason(void)
{
	for (u32 nr = 1; nr < __BPF_FUNC_MAX_ID; nr++) {
		if (!*state(nr, skep__helper(nr)) != !!reasons[nr])
			return nr;
	}
	return 0;
}

static void add_reasons(struct strbuf *sb)
{
	skep__strbuf_puts(sb, "\nWhat *no* means. A helper that is not there:\n\n");
#define REASON(word, text) skep__strbuf_puts(sb, "- *" #word "* " text "\n");
#include "helper/absent.def"
}

static void add_rows(struct strbuf *sb)
{
	u64 every_type = skep__helper(BPF_FUNC_map_lookup_elem)->prog_types;

	for (u32 nr = 1; nr < __BPF_FUNC_MAX_ID; nr++) {
		const struct helper *h = skep__helper(nr);

		skep__strbuf_printf(sb, "| %u | ", nr);
		add_signature(sb, nr, h);
		skep__strbuf_puts(sb, " | ");
		add_state(sb, nr, h);
		skep__strbuf_printf(sb, " | %s | ", h->since);
		add_flags(sb, h->flags);
		skep__strbuf_puts(sb, " | ");
		add_callers(sb, h->prog_types, every_type);
		skep__strbuf_puts(sb, " |\n");
	}
}

static void add_head(struct strbuf *sb)
{
	u32 done = 0;

	for (u32 nr = 1; nr < __BPF_FUNC_MAX_ID; nr++)
		done += *state(nr, skep__helper(nr)) != '\0';
	skep__strbuf_printf(
		sb,
		"# Helpers\n\n"
		"Every helper of Linux up to 6.18, by number: what it takes and returns, whether "
		"skep has it, the\n"
		"first kernel with it, what a program or its loader needs for it, and the program "
		"types that may\n"
		"call it. %u of %u are there. *Partly*: for some of the program types only.\n\n"
		"Made from `src/helper/helpers.def` by `./dev docs`; do not edit.\n\n"
		"| # | helper | here | since | needs | program types |\n"
		"|---|---|---|---|---|---|\n",
		done, __BPF_FUNC_MAX_ID - 1);
}

int main(int argc, char **argv)
{
	struct strbuf sb;
	int ret;

	if (wrong_reason()) {
		fprintf(stderr,
			"src/helper/absent.def: bpf_%s is there and has a reason, or neither\n",
			skep__helper(wrong_reason())->name);
		return 1;
	}
	skep__strbuf_init(&sb);
	add_head(&sb);
	add_rows(&sb);
	add_reasons(&sb);
	ret = doc_file(argc, argv, &sb);
	skep__strbuf_fini(&sb);
	return ret;
}
