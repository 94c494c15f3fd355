/* SPDX-License-Identifier: BSD-2-Clause */
/* Makes docs/kfuncs.md from kfuncs.def. */
#include "ctx/ctx.h"
#include "doc-file.h"
#include "helper/kfunc.h"

static void add_flags(struct strbuf *sb, u32 flags)
{
	static const struct {
		u32 flag;
		const char *words;
	} words[] = {
		{ KFUNC_ACQUIRES, "gives a reference" },
		{ KFUNC_RELEASES, "takes one back" },
		{ KFUNC_RET_NULL, "may return NULL" },
		{ KFUNC_TRUSTED_ARGS, "trusted objects" },
		{ KFUNC_RCU_ARGS, "objects trusted or under RCU" },
		{ KFUNC_SLEEPS, "may sleep" },
		{ KFUNC_RCU_PROTECTED, "within an RCU section" },
		{ KFUNC_LOCKED, "also under a lock" },
		{ KFUNC_MOVES, "moves packet data" },
		{ KFUNC_THROWS, "does not return" },
	};
	const char *comma = "";

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!(flags & words[i].flag))
			continue;
		skep__strbuf_printf(sb, "%s%s", comma, words[i].words);
		comma = ", ";
	}
}

static void add_types(struct strbuf *sb, u64 types)
{
	const char *comma = "";

	if (types == ~0ull) {
		skep__strbuf_puts(sb, "every type");
		return;
	}
	if (!types)
		skep__strbuf_puts(sb, "none: programs attach to it");
	for (u32 t = 0; t < __MAX_BPF_PROG_TYPE; t++) {
		const struct prog_type *type = skep__prog_type(t);

		if (!(types >> t & 1) || !type)
			continue;
		skep__strbuf_printf(sb, "%s%s", comma, type->name);
		comma = ", ";
	}
}

int main(int argc, char **argv)
{
	struct strbuf sb;
	u32 done = 0;
	int ret;

	for (u32 i = 0; i < NR_KFUNCS; i++)
		done += skep__kfunc(i)->fn != NULL;
	skep__strbuf_init(&sb);
	skep__strbuf_printf(
		&sb,
		"# Kernel functions\n\n"
		"Every kernel function (kfunc) that Linux 6.18 offers programs: whether skep can "
		"run it, "
		"the first kernel\n"
		"with it, what it does with its arguments and result, and the program types that "
		"may call "
		"it. The verifier\n"
		"knows all of them; prototypes come from the BTF in use. %u of %u can be run.\n\n"
		"Made from `src/helper/kfuncs.def` by `./dev docs`; do not edit.\n\n"
		"| function | runs here | since | | program types |\n"
		"|---|---|---|---|---|\n",
		done, NR_KFUNCS);
	for (u32 i = 0; i < NR_KFUNCS; i++) {
		const struct kfunc *k = skep__kfunc(i);

		skep__strbuf_printf(&sb, "| `%s` | %s | %s | ", k->name, k->fn ? "yes" : "",
				    k->since);
		add_flags(&sb, k->flags);
		skep__strbuf_puts(&sb, " | ");
		add_types(&sb, k->prog_types);
		skep__strbuf_puts(&sb, " |\n");
	}
	ret = doc_file(argc, argv, &sb);
	skep__strbuf_fini(&sb);
	return ret;
}
