/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes docs/parity.md from the tables of commands, map types, program types and attach types
 * (doc-file.h). */
#include "base/uapi.h"
#include "ctx/ctx.h"
#include "doc-file.h"
#include "map/map.h"
#include "sys/sys.h"

static void add_commands(struct strbuf *sb)
{
	static const struct {
		const char *name, *last, *since;
		enum command_state state;
	} commands[] = {
#define CMD(name, last, handler, state, since) { #name, #last, since, state },
#include "sys/commands.def"
#undef CMD
	};
	static const char *const states[] = {
		[WORKS] = "works",
		[NO_HOOKS] = "checked; then the answer of a kernel without the hook",
		[NO_TOKENS] =
			"checked; no world has a mounted bpf file system that tokens come from",
	};

	skep__strbuf_puts(sb, "## Commands\n\n| # | command | last field of the attr | state | "
			      "since |\n|---|---|---|---|---|\n");
	for (u32 i = 0; i < ARRAY_SIZE(commands); i++)
		skep__strbuf_printf(sb, "| %u | `BPF_%s` | `%s` | %s | %s |\n", i, commands[i].name,
				    commands[i].last, states[commands[i].state], commands[i].since);
}

static void add_map_types(struct strbuf *sb)
{
	static const struct {
		const char *name, *since;
	} types[__MAX_BPF_MAP_TYPE] = {
#define MAP_TYPE(number, text, ops, since) [BPF_MAP_TYPE_##number] = { text, since },
#include "map/map_types.def"
	};
	const char *comma = "";
	u32 there = 0;

	for (u32 i = 1; i < ARRAY_SIZE(types); i++)
		there += types[i].name != NULL;
	skep__strbuf_printf(sb, "\n## Map types\n\n%u of %u are there: ", there,
			    (u32)ARRAY_SIZE(types) - 1);
	for (u32 i = 1; i < ARRAY_SIZE(types); i++) {
		if (!types[i].name)
			continue;
		skep__strbuf_printf(sb, "%s%s (%s)", comma, types[i].name, types[i].since);
		comma = ", ";
	}
	skep__strbuf_puts(sb, ". `MAP_CREATE` of the others is `EINVAL`, as in a kernel that was "
			      "built without them.\n");
}

static void add_prog_types(struct strbuf *sb)
{
	static const char *const runs[] = {
#define PROG_TYPE(nr, number, name, context, packet, test_run, since) [nr] = #test_run,
#include "ctx/prog_types.def"
	};

	skep__strbuf_puts(sb, "\n## Program types\n\n| # | type | context | `PROG_TEST_RUN` | "
			      "since |\n|---|---|---|---|---|\n");
	for (u32 i = 1; i < ARRAY_SIZE(runs); i++) {
		const struct prog_type *t = skep__prog_type(i);

		skep__strbuf_printf(sb, "| %u | %s | %s | %s | %s |\n", i, t->name,
				    t->ctx_name ? t->ctx_name : "by BTF",
				    t->test_run == TEST_RUN_NONE  ? ""
				    : t->test_run == TEST_RUN_BTF ? "not yet"
								  : "yes",
				    t->since);
	}
}

int main(int argc, char **argv)
{
	struct strbuf sb;
	int ret;

	skep__strbuf_init(&sb);
	skep__strbuf_puts(
		&sb, "# bpf(2): what is there\n\n"
		     "What a program can ask of bpf(2), and what skep answers. Helpers have "
		     "[a page of their own](helpers.md); where an answer differs from Linux 6.18, "
		     "[differences.md](differences.md) says so.\n\n"
		     "Made from `src/sys/commands.def`, `src/map/map_types.def` and "
		     "`src/ctx/prog_types.def` by `./dev docs`; do not edit.\n\n");
	add_commands(&sb);
	add_map_types(&sb);
	add_prog_types(&sb);
	ret = doc_file(argc, argv, &sb);
	skep__strbuf_fini(&sb);
	return ret;
}
