/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/progress.h"

#include <inttypes.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FIRST_NS 500000000
#define INTERVAL_NS 100000000

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

void progress_start(struct progress *p, FILE *input)
{
	struct stat st;

	*p = (struct progress){ .input = input, .next_ns = INT64_MAX };
	if (!isatty(STDERR_FILENO))
		return;
	if (!fstat(fileno(input), &st) && S_ISREG(st.st_mode))
		p->total = st.st_size;
	p->next_ns = now_ns() + FIRST_NS;
}

void progress_step(struct progress *p, uint64_t packets)
{
	if (p->next_ns == INT64_MAX || packets % 256 || now_ns() < p->next_ns)
		return;
	p->next_ns = now_ns() + INTERVAL_NS;
	fprintf(stderr, "\r%" PRIu64 " packets", packets);
	if (p->total)
		fprintf(stderr, ", %d %%", (int)(ftell(p->input) * 100 / p->total));
	fputs("\033[K", stderr);
}

void progress_end(struct progress *p)
{
	if (p->next_ns != INT64_MAX)
		fputs("\r\033[K", stderr);
}
