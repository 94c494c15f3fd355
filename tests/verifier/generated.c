/* SPDX-License-Identifier: BSD-2-Clause */
#include "generated.h"

#include <stdio.h>
#include <string.h>

#include "aim.h"
#include "isa/disasm.h"
#include "verify/prepare.h"

bool generated_open(struct generated *g)
{
	static const u32 types[GEN_NR_MAPS] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH };
	int err;

	for (u32 i = 0; i < GEN_NR_MAPS; i++) {
		struct map_def def = {
			.type = types[i],
			.key_size = GEN_KEY_SIZE,
			.value_size = GEN_VALUE_SIZE,
			.max_entries = GEN_MAX_ENTRIES,
			.nr_cpus = 1,
		};

		g->maps[i] = skep__map_new(&def, NULL, i + 1, "generated", &skep__default_services,
					   &err);
		if (!g->maps[i])
			return false;
		g->known[i] = (struct verify_map){
			.def = &g->maps[i]->def,
			.map = g->maps[i],
			.name = g->maps[i]->name,
		};
	}
	return true;
}

void generated_close(struct generated *g)
{
	for (u32 i = 0; i < GEN_NR_MAPS; i++)
		skep__map_free(g->maps[i]);
}

static struct map *map_of_fd(void *opaque, int fd, int *err)
{
	return ((struct generated *)opaque)->maps[fd];
}

int generated_make(struct generated *g, u64 seed)
{
	static const int fds[GEN_NR_MAPS] = { GEN_ARRAY, GEN_HASH };
	struct prepare_input in = { .opaque = g, .map_of_fd = map_of_fd };
	struct strbuf log;
	int err;

	if (seed % 4)
		aim_program(&g->gen, seed);
	else
		gen_program(&g->gen, seed);
	gen_set_maps(&g->gen, fds);
	in.insns = g->gen.insns;
	in.len = g->gen.len;
	in.prog_type = g->gen.prog_type;
	skep__strbuf_init(&log);
	memset(&g->prog, 0, sizeof(g->prog));
	err = skep__prepare(&in, &g->prog, &log);
	skep__strbuf_fini(&log);
	g->prog.type = in.prog_type;
	g->prog.gpl = true;
	return err;
}

void generated_drop(struct generated *g)
{
	skep__prepare_free(&g->prog);
}

int generated_verify(struct generated *g, const struct generated_way *way, struct strbuf *log,
		     struct verify_stats *stats)
{
	struct verify_map maps[GEN_NR_MAPS];
	struct verify_input in = {
		.prog = &g->prog,
		.maps = maps,
		.caps = way->caps,
		.log_level = way->log_level,
		.nr_cpus = 1,
		.watch = way->watch,
		.kernel_mistakes = way->kernel_mistakes,
	};
	struct strbuf unread;
	int err;

	for (u32 i = 0; i < g->prog.nr_maps; i++)
		maps[i] = g->known[g->prog.maps[i] == g->maps[GEN_ARRAY] ? GEN_ARRAY : GEN_HASH];
	skep__strbuf_init(&unread);
	err = skep__verify(&in, log ? log : &unread, stats);
	skep__strbuf_fini(&unread);
	return err;
}

void generated_print(const struct generated *g)
{
	for (u32 i = 0; i < g->prog.len; i++) {
		struct strbuf sb;

		skep__strbuf_init(&sb);
		skep__disasm(&g->prog.insns[i], i, NULL, &sb);
		printf("    %u: %s\n", i, sb.text);
		skep__strbuf_fini(&sb);
	}
}
