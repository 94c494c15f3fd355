/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verifier's verdicts on generated programs beside the kernel's: the errno, the sentence that
 * refuses, and how many instructions were processed.
 *
 * usage: verdicts_vs_kernel [-c] [-l] [COUNT [SEED]]; -c: as loaders without CAP_PERFMON, for whom
 * pointers must not leak and speculation counts; -l: both logs of each program, at level 2. Exit
 * code 77: the kernel may not be asked. It fails when anything differs that is none of the kernel's
 * known mistakes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "compat/ask_kernel.h"
#include "generated.h"

#define LOG_SIZE (1 << 24)
#define SHOWN 8 /* differences of each kind */
/* Programs that take more to be verified are not asked about: they go on to a million instructions,
 * which takes both sides seconds. Without CAP_PERFMON one in 200 is such. */
#define MEMORY_LIMIT (16 << 20)

struct options {
	u32 caps, log_level;
	bool shows_logs;
	u64 count, seed;
};

struct kernel_side {
	int fds[GENERATED_MAPS];
	char *log;
};

struct answer {
	int err;
	u32 processed;
	char line[256]; /* the last one but the statistics */
};

struct tally {
	u64 programs, too_large, accepted, verdicts, lines, counts, mistakes;
};

static void read_log(const char *log, struct answer *a)
{
	const char *stats = strstr(log, "processed ");

	for (const char *next = stats; next; next = strstr(next + 1, "\nprocessed "))
		stats = next;
	a->line[0] = 0;
	a->processed = 0;
	if (!stats)
		return;
	stats += *stats == '\n';
	a->processed = (u32)strtoul(stats + strlen("processed "), NULL, 10);
	if (stats > log) {
		const char *end = stats - 1, *start = end;

		while (start > log && start[-1] != '\n')
			start--;
		snprintf(a->line, sizeof(a->line), "%.*s", (int)(end - start), start);
	}
}

static void ask_skep(struct generated *g, const struct options *o, u64 seed, bool kernel_mistakes,
		     struct answer *a)
{
	const struct generated_way way = { .caps = o->caps,
					   .log_level = o->log_level,
					   .kernel_mistakes = kernel_mistakes,
					   .memory_limit = MEMORY_LIMIT };
	struct verify_stats stats = { 0 };
	struct strbuf log;

	skep__strbuf_init(&log);
	a->err = generated_make(g, seed, &log);
	if (a->err)
		skep__verify_nothing(o->log_level, &log);
	else
		a->err = generated_verify(g, &way, &log, &stats);
	if (o->shows_logs)
		printf("skep:\n%s\n", log.text);
	read_log(log.text, a);
	a->processed = stats.processed;
	skep__strbuf_fini(&log);
	generated_drop(g);
}

static void ask_the_kernel(struct generated *g, const struct options *o,
			   const struct kernel_side *k, struct answer *a)
{
	struct kernel_load load = {
		.prog_type = g->gen.prog_type,
		.insns = g->gen.insns,
		.len = g->gen.len,
		.log = k->log,
		.log_size = LOG_SIZE,
		.log_level = o->log_level,
	};

	gen_set_maps(&g->gen, k->fds);
	a->err = kernel_prog_load(&load);
	if (a->err >= 0) {
		close(a->err);
		a->err = 0;
	}
	if (o->shows_logs)
		printf("kernel:\n%s\n", k->log);
	read_log(k->log, a);
}

/* The first few of a kind are shown whole. */
static void show(const char *what, u64 seed, u64 nth, const struct answer *kernel,
		 const struct answer *skep)
{
	if (nth > SHOWN)
		return;
	printf("seed %llu: %s\n  kernel %d, %u processed: %s\n  skep   %d, %u processed: %s\n",
	       (unsigned long long)seed, what, kernel->err, kernel->processed, kernel->line,
	       skep->err, skep->processed, skep->line);
}

static bool same(const struct answer *a, const struct answer *b)
{
	return a->err == b->err && a->processed == b->processed &&
	       (!a->err || !strcmp(a->line, b->line));
}

static void report(u64 seed, const struct answer *kernel, const struct answer *skep,
		   struct tally *t)
{
	if (kernel->err != skep->err)
		show("verdicts differ", seed, ++t->verdicts, kernel, skep);
	else if (kernel->err && strcmp(kernel->line, skep->line))
		show("reasons differ", seed, ++t->lines, kernel, skep);
	else
		show("processed otherwise", seed, ++t->counts, kernel, skep);
}

static struct options read_options(int argc, char **argv)
{
	struct options o = { .caps = VERIFY_CAPS_ALL, .log_level = 1, .count = 3000, .seed = 1 };
	int opt;

	while ((opt = getopt(argc, argv, "cl")) != -1) {
		if (opt == 'c')
			o.caps = VERIFY_CAP_BPF;
		else if (opt == 'l')
			o = (struct options){ o.caps, 2, true, o.count, o.seed };
	}
	if (optind < argc)
		o.count = strtoull(argv[optind++], NULL, 0);
	if (optind < argc)
		o.seed = strtoull(argv[optind], NULL, 0);
	return o;
}

static bool make_maps(int fds[GENERATED_MAPS])
{
	fds[GEN_ARRAY] = kernel_map_create(BPF_MAP_TYPE_ARRAY, GEN_KEY_SIZE, GEN_VALUE_SIZE,
					   GEN_MAX_ENTRIES, 0);
	fds[GEN_HASH] = kernel_map_create(BPF_MAP_TYPE_HASH, GEN_KEY_SIZE, GEN_VALUE_SIZE,
					  GEN_MAX_ENTRIES, 0);
	fds[GEN_RING] = kernel_map_create(BPF_MAP_TYPE_RINGBUF, 0, 0, GENERATED_RING_SIZE, 0);
	return fds[GEN_ARRAY] >= 0 && fds[GEN_HASH] >= 0 && fds[GEN_RING] >= 0;
}

/* A path whose bounds contradict each other the kernel puts aside, without effect on the verdict;
 * of programs that it accepts only a log of every instruction tells. */
static bool ends_paths_early(struct generated *g, const struct options *o,
			     const struct kernel_side *k, const struct answer *kernel,
			     const struct answer *skep)
{
	struct options all = *o;
	struct answer again;

	if (kernel->err != skep->err || kernel->processed >= skep->processed ||
	    strcmp(kernel->line, skep->line))
		return false;
	all.log_level = 2;
	ask_the_kernel(g, &all, k, &again);
	return strstr(k->log, "REG INVARIANTS VIOLATION");
}

/* Differences that go away when the kernel's known mistakes are made here too are only counted. */
static void compare(struct generated *g, u64 seed, const struct options *o,
		    const struct kernel_side *k, struct tally *t)
{
	struct answer kernel, skep, mistaken;

	ask_skep(g, o, seed, false, &skep);
	t->programs++;
	if (skep.err == -ENOMEM) {
		t->too_large++;
		return;
	}
	ask_the_kernel(g, o, k, &kernel);
	t->accepted += !kernel.err;
	if (same(&kernel, &skep))
		return;
	ask_skep(g, o, seed, true, &mistaken);
	if (same(&kernel, &mistaken) || ends_paths_early(g, o, k, &kernel, &skep))
		t->mistakes++;
	else
		report(seed, &kernel, &skep, t);
}

int main(int argc, char **argv)
{
	struct options o = read_options(argc, argv);
	struct generated *g = calloc(1, sizeof(*g));
	struct kernel_side k = { .log = malloc(LOG_SIZE) };
	struct tally t = { 0 };

	if (why_no_kernel())
		return 77;
	if (!make_maps(k.fds) || (o.caps == VERIFY_CAP_BPF && kernel_give_up_perfmon()) ||
	    !generated_open(g))
		return 1;
	for (u64 i = 0; i < o.count; i++)
		compare(g, o.seed + i, &o, &k, &t);
	printf("%llu programs (%llu of them too large), %llu accepted by the kernel; %llu "
	       "verdicts, %llu reasons, %llu counts differ; %llu differences are mistakes of the "
	       "kernel's\n",
	       (unsigned long long)t.programs, (unsigned long long)t.too_large,
	       (unsigned long long)t.accepted, (unsigned long long)t.verdicts,
	       (unsigned long long)t.lines, (unsigned long long)t.counts,
	       (unsigned long long)t.mistakes);
	generated_close(g);
	free(k.log);
	free(g);
	return t.verdicts || t.lines || t.counts || !t.programs;
}
