/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads random programs on the kernel and on skep in every mode, runs them on the same packet and the same
 * maps, and compares return value, packet and map contents: diff_run [--count N] [--seed S] [--modes LIST]
 *
 * Exit code 0: no difference. 1: differences, each shown with its seed. 77: the kernel may not be asked.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "door.h"
#include "gen.h"
#include "isa/disasm.h"

#define PACKET_ROOM 512
#define MAX_DOORS 4
#define MAX_SHOWN 5

/* All that a program can leave behind. */
struct outcome {
	long err;
	u32 retval, packet_len;
	u8 packet[PACKET_ROOM];
	u8 present[GEN_NR_MAPS][GEN_MAX_ENTRIES + 2];
	u8 values[GEN_NR_MAPS][GEN_MAX_ENTRIES + 2][GEN_VALUE_SIZE];
};

struct side {
	struct door door;
	int maps[GEN_NR_MAPS];
};

struct totals {
	u64 programs, refused, compared, insns, differences;
};

static int make_maps(struct side *s)
{
	static const u32 types[GEN_NR_MAPS] = {
		[GEN_ARRAY] = BPF_MAP_TYPE_ARRAY, [GEN_HASH] = BPF_MAP_TYPE_HASH
	};

	for (int m = 0; m < GEN_NR_MAPS; m++) {
		s->maps[m] = door_map_create(&s->door, types[m], GEN_KEY_SIZE, GEN_VALUE_SIZE,
					     GEN_MAX_ENTRIES);
		if (s->maps[m] < 0)
			return s->maps[m];
	}
	return 0;
}

/* The same contents on every side: the array filled from the seed, half of the hash's keys present. */
static void reset_maps(struct side *s, u64 seed)
{
	struct gen values = { .rng = seed | 1 };
	u64 value[GEN_VALUE_SIZE / 8];

	for (u32 key = 0; key < GEN_MAX_ENTRIES; key++) {
		for (size_t i = 0; i < ARRAY_SIZE(value); i++)
			value[i] = gen_random(&values);
		door_map_update(&s->door, s->maps[GEN_ARRAY], &key, value);
		door_map_delete(&s->door, s->maps[GEN_HASH], &key);
		if (key % 2)
			door_map_update(&s->door, s->maps[GEN_HASH], &key, value);
	}
	for (u32 key = GEN_MAX_ENTRIES; key < GEN_MAX_ENTRIES + 2; key++)
		door_map_delete(&s->door, s->maps[GEN_HASH], &key);
}

static void read_maps(struct side *s, struct outcome *o)
{
	for (int m = 0; m < GEN_NR_MAPS; m++) {
		for (u32 key = 0; key < GEN_MAX_ENTRIES + 2; key++)
			o->present[m][key] =
				door_map_lookup(&s->door, s->maps[m], &key, o->values[m][key]) == 0;
	}
}

/* False: refused at load. */
static bool run(struct side *s, struct gen *g, u64 seed, struct outcome *o)
{
	struct gen bytes = { .rng = seed * 3 | 1 };
	u8 packet[PACKET_ROOM];
	struct door_run r = { .data_in = packet,
			      .data_out = o->packet,
			      .data_size_out = PACKET_ROOM };
	long fd;

	memset(o, 0, sizeof(*o));
	for (size_t i = 0; i < sizeof(packet); i++)
		packet[i] = gen_random(&bytes) >> 24;
	r.data_size_in = 64 + gen_random(&bytes) % 64;
	gen_set_maps(g, s->maps);
	fd = door_prog_load(&s->door, g->prog_type, g->insns, g->len, NULL, 0);
	if (fd < 0) {
		o->err = fd;
		return false;
	}
	reset_maps(s, seed);
	o->err = door_prog_run(&s->door, fd, &r);
	o->retval = r.retval;
	o->packet_len = r.data_size_out;
	read_maps(s, o);
	close(fd);
	return true;
}

static const char *what_differs(const struct outcome *a, const struct outcome *b)
{
	if (a->err != b->err)
		return "errno";
	if (a->retval != b->retval)
		return "return value";
	if (a->packet_len != b->packet_len || memcmp(a->packet, b->packet, a->packet_len))
		return "packet";
	if (memcmp(a->present, b->present, sizeof(a->present)) ||
	    memcmp(a->values, b->values, sizeof(a->values)))
		return "map contents";
	return NULL;
}

static void show(const struct gen *g, u64 seed, const struct side *s, const char *what,
		 const struct outcome *k, const struct outcome *o)
{
	struct strbuf text;
	struct insn insn;

	printf("seed %llu: %s differs in %s: kernel err %ld retval 0x%x, %s err %ld retval 0x%x\n",
	       (unsigned long long)seed, what, s->door.name, k->err, k->retval, s->door.name,
	       o->err, o->retval);
	if (s->door.world && skep_world_fault(s->door.world))
		printf("%s\n", skep_world_fault(s->door.world));
	skep__strbuf_init(&text);
	for (u32 i = 0; i < g->len;) {
		int slots = skep__insn_decode(&g->insns[i], g->len - i, &insn, NULL);

		skep__strbuf_printf(&text, "%4u: ", i);
		skep__disasm(&insn, i, NULL, &text);
		skep__strbuf_putc(&text, '\n');
		i += slots > 0 ? slots : 1;
	}
	fputs(text.text, stdout);
	skep__strbuf_fini(&text);
}

static void compare(struct side *sides, int nr, u64 seed, struct totals *t)
{
	static struct outcome kernel, ours;
	static struct gen g;

	gen_program(&g, seed);
	t->programs++;
	if (g.len >= GEN_MAX_INSNS || !run(&sides[0], &g, seed, &kernel)) {
		t->refused++;
		return;
	}
	t->compared++;
	t->insns += g.len;
	for (int i = 1; i < nr; i++) {
		run(&sides[i], &g, seed, &ours);
		const char *what = what_differs(&kernel, &ours);

		if (what && t->differences++ < MAX_SHOWN)
			show(&g, seed, &sides[i], what, &kernel, &ours);
	}
}

static int open_sides(struct side *sides, const char *modes)
{
	static const char *const names[] = { "checked", "interp", "jit" };
	int nr = 1;

	if (!door_open_kernel(&sides[0].door)) {
		printf("skipped: the kernel does not let this process load programs (%s)\n",
		       strerror(errno));
		return 77;
	}
	for (int mode = 0; mode < 3; mode++) {
		if (modes && !strstr(modes, names[mode]))
			continue;
		if (!door_open_skep(&sides[nr].door, names[mode], mode))
			return -1;
		nr++;
	}
	for (int i = 0; i < nr; i++) {
		if (make_maps(&sides[i]) < 0)
			return -1;
	}
	return nr;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "count", required_argument, NULL, 'n' },
						 { "seed", required_argument, NULL, 's' },
						 { "modes", required_argument, NULL, 'm' },
						 { 0 } };
	u64 count = 1000, seed = 1;
	const char *modes = NULL;
	struct side sides[MAX_DOORS];
	struct totals t = { 0 };
	int option, nr;

	while ((option = getopt_long(argc, argv, "n:s:m:", options, NULL)) != -1) {
		if (option == 'n')
			count = strtoull(optarg, NULL, 0);
		else if (option == 's')
			seed = strtoull(optarg, NULL, 0);
		else if (option == 'm')
			modes = optarg;
		else
			return 2;
	}
	nr = open_sides(sides, modes);
	if (nr < 0 || nr == 77)
		return nr < 0 ? 1 : nr;
	for (u64 i = 0; i < count; i++)
		compare(sides, nr, seed + i, &t);
	printf("%llu programs: %llu refused by the kernel, %llu compared in %d modes (mean %llu "
	       "instructions), %llu differences\n",
	       (unsigned long long)t.programs, (unsigned long long)t.refused,
	       (unsigned long long)t.compared, nr - 1,
	       (unsigned long long)(t.compared ? t.insns / t.compared : 0),
	       (unsigned long long)t.differences);
	for (int i = 0; i < nr; i++)
		door_close(&sides[i].door);
	return t.differences || !t.compared;
}
