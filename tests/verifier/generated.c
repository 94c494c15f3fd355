/* SPDX-License-Identifier: BSD-2-Clause */
#include "generated.h"

#include <stdio.h>
#include <string.h>

#include "isa/disasm.h"
#include "kernel_types.h"
#include "verify/prepare.h"

static void find_kfuncs(struct generated *g)
{
	g->kernel_btf = read_kernel_types();
	if (!g->kernel_btf)
		return;
#define K(name) g->kfuncs.name = (s32)skep__btf_find(g->kernel_btf, #name, BTF_KIND_FUNC);
	AIM_KFUNCS(K)
#undef K
}

bool generated_open(struct generated *g)
{
	static const u32 types[GENERATED_MAPS] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH,
						   BPF_MAP_TYPE_RINGBUF };
	int err;

	find_kfuncs(g);
	for (u32 i = 0; i < GENERATED_MAPS; i++) {
		struct map_def def = {
			.type = types[i],
			.key_size = i == GEN_RING ? 0 : GEN_KEY_SIZE,
			.value_size = i == GEN_RING ? 0 : GEN_VALUE_SIZE,
			.max_entries = i == GEN_RING ? GENERATED_RING_SIZE : GEN_MAX_ENTRIES,
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
	for (u32 i = 0; i < GENERATED_MAPS; i++)
		skep__map_free(g->maps[i]);
	skep__btf_free(g->kernel_btf);
}

static struct map *map_of_fd(void *opaque, int fd, int *err)
{
	return ((struct generated *)opaque)->maps[fd];
}

static const struct btf *kernel_types(void *opaque)
{
	return ((struct generated *)opaque)->kernel_btf;
}

static const struct verify_map *known_map(const struct generated *g, const struct map *map)
{
	u32 i = 0;

	while (g->maps[i] != map)
		i++;
	return &g->known[i];
}

int generated_make(struct generated *g, u64 seed, struct strbuf *log)
{
	static const int fds[GENERATED_MAPS] = { GEN_ARRAY, GEN_HASH, GEN_RING };
	struct prepare_input in = { .opaque = g,
				    .gpl = true,
				    .capable = true,
				    .map_of_fd = map_of_fd,
				    .kernel_btf = kernel_types };
	struct strbuf unread;
	int err;

	if (seed % 4)
		aim_program(&g->gen, seed, g->kernel_btf ? &g->kfuncs : NULL);
	else
		gen_program(&g->gen, seed);
	gen_set_maps(&g->gen, fds);
	in.insns = g->gen.insns;
	in.len = g->gen.len;
	in.prog_type = g->gen.prog_type;
	skep__strbuf_init(&unread);
	memset(&g->prog, 0, sizeof(g->prog));
	err = skep__prepare(&in, &g->prog, log ? log : &unread);
	skep__strbuf_fini(&unread);
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
	struct verify_input in = {
		.prog = &g->prog,
		.maps = g->used,
		.kernel_btf = g->kernel_btf,
		.caps = way->caps,
		.log_level = way->log_level,
		.nr_cpus = 1,
		.watch = way->watch,
		.kernel_mistakes = way->kernel_mistakes,
		.memory_limit = way->memory_limit,
	};
	struct strbuf unread;
	int err;

	for (u32 i = 0; i < g->prog.nr_maps; i++)
		g->used[i] = *known_map(g, g->prog.maps[i]);
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
