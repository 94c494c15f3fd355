/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verifier's verdicts on generated programs beside the kernel's: the errno, the sentence that
 * refuses, and how many instructions were processed.
 *
 * usage: verdicts_vs_kernel [-c] [COUNT [SEED]]; -c: as loaders without CAP_PERFMON, for whom
 * pointers must not leak and speculation counts. Exit code 77: the kernel may not be asked. It
 * fails when a verdict differs.
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

struct answer {
	int err;
	u32 processed;
	char line[256]; /* the last one but the statistics */
};

struct tally {
	u64 programs, accepted, verdicts, lines, counts;
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

static void ask_skep(struct generated *g, u32 caps, struct answer *a)
{
	struct verify_stats stats;
	struct strbuf log;

	skep__strbuf_init(&log);
	a->err = generated_verify(g, caps, NULL, &log, &stats);
	read_log(log.text, a);
	a->processed = stats.processed;
	skep__strbuf_fini(&log);
}

static void ask_the_kernel(struct generated *g, const int fds[GEN_NR_MAPS], char *log,
			   struct answer *a)
{
	struct kernel_load load = {
		.prog_type = g->gen.prog_type,
		.insns = g->gen.insns,
		.len = g->gen.len,
		.log = log,
		.log_size = LOG_SIZE,
	};

	gen_set_maps(&g->gen, fds);
	a->err = kernel_prog_load(&load);
	if (a->err >= 0) {
		close(a->err);
		a->err = 0;
	}
	read_log(log, a);
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

static void compare(u64 seed, const struct answer *kernel, const struct answer *skep,
		    struct tally *t)
{
	t->programs++;
	t->accepted += !kernel->err;
	if (kernel->err != skep->err)
		show("verdicts differ", seed, ++t->verdicts, kernel, skep);
	else if (kernel->err && strcmp(kernel->line, skep->line))
		show("reasons differ", seed, ++t->lines, kernel, skep);
	else if (kernel->processed != skep->processed)
		show("processed otherwise", seed, ++t->counts, kernel, skep);
}

int main(int argc, char **argv)
{
	bool perfmon = argc < 2 || strcmp(argv[1], "-c");
	u64 count = argc > 2 - perfmon ? strtoull(argv[2 - perfmon], NULL, 0) : 3000;
	u64 start = argc > 3 - perfmon ? strtoull(argv[3 - perfmon], NULL, 0) : 1;
	u32 caps = perfmon ? VERIFY_CAPS_ALL : VERIFY_CAP_BPF;
	struct generated *g = calloc(1, sizeof(*g));
	char *log = malloc(LOG_SIZE);
	struct tally t = { 0 };
	int fds[GEN_NR_MAPS];

	if (why_no_kernel())
		return 77;
	fds[GEN_ARRAY] = kernel_map_create(BPF_MAP_TYPE_ARRAY, GEN_KEY_SIZE, GEN_VALUE_SIZE,
					   GEN_MAX_ENTRIES, 0);
	fds[GEN_HASH] = kernel_map_create(BPF_MAP_TYPE_HASH, GEN_KEY_SIZE, GEN_VALUE_SIZE,
					  GEN_MAX_ENTRIES, 0);
	if (!perfmon && kernel_give_up_perfmon())
		return 1;
	if (!generated_open(g) || fds[GEN_ARRAY] < 0 || fds[GEN_HASH] < 0)
		return 1;
	for (u64 i = 0; i < count; i++) {
		struct answer kernel, skep;

		if (!generated_make(g, start + i)) {
			ask_skep(g, caps, &skep);
			ask_the_kernel(g, fds, log, &kernel);
			compare(start + i, &kernel, &skep, &t);
		}
		generated_drop(g);
	}
	printf("%llu programs, %llu accepted by the kernel; %llu verdicts, %llu reasons, %llu "
	       "counts differ\n",
	       (unsigned long long)t.programs, (unsigned long long)t.accepted,
	       (unsigned long long)t.verdicts, (unsigned long long)t.lines,
	       (unsigned long long)t.counts);
	generated_close(g);
	free(log);
	free(g);
	return t.verdicts || !t.programs;
}
