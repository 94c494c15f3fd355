/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/progress.h"

#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

#define FIRST_NS 500000000
#define INTERVAL_NS 100000000

void progress_start(struct progress *p, FILE *input)
{
	struct stat st;

	*p = (struct progress){ .input = input, .next_ns = INT64_MAX };
	if (!isatty(STDERR_FILENO))
		return;
	if (!fstat(fileno(input), &st) && S_ISREG(st.st_mode))
		p->total = st.st_size;
	p->next_ns = (int64_t)now_ns(CLOCK_MONOTONIC) + FIRST_NS;
}

void progress_step(struct progress *p, uint64_t packets)
{
	if (p->next_ns == INT64_MAX || packets % 256 ||
	    (int64_t)now_ns(CLOCK_MONOTONIC) < p->next_ns)
		return;
	p->next_ns = (int64_t)now_ns(CLOCK_MONOTONIC) + INTERVAL_NS;
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
