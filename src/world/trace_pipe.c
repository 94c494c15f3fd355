/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace_pipe: what bpf_trace_printk prints, with the header that the kernel puts before each line.
 * It is a fifo that the world has open for both ends, so it holds lines before anybody reads; when
 * it is full, the oldest go, as from the kernel's ring.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "world/world.h"

#define PIPE_BYTES (256 << 10)
#define LINE_MAX_BYTES 2048

int skep__world_open_trace_pipe(struct world *w, int tracing_dir)
{
	int fd = openat(tracing_dir, "trace_pipe", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES); /* or what it has */
	w->trace_pipe = skep__fd_move_high(fd);
	return 0;
}

/* Whole lines of them. */
static bool forget_oldest(int pipe)
{
	char lines[LINE_MAX_BYTES];
	ssize_t n = read(pipe, lines, sizeof(lines));
	char last = n > 0 ? lines[n - 1] : '\n';

	while (last != '\n' && read(pipe, &last, 1) == 1)
		;
	return n > 0;
}

void skep__world_trace_pipe(struct world *w, const struct services *svc, const char *line,
			    size_t len)
{
	char text[LINE_MAX_BYTES];
	u64 us = svc->clock_ns(svc->opaque, CLOCK_MONOTONIC) / 1000;
	struct task task;
	int n;

	svc->current_task(svc, &task);
	n = snprintf(text, sizeof(text),
		     "%16.16s-%-7u [%03d] ...11 %5llu.%06llu: bpf_trace_printk: %.*s\n", task.comm,
		     task.pid, max(sched_getcpu(), 0), (unsigned long long)us / 1000000,
		     (unsigned long long)us % 1000000, (int)len, line);
	n = min(n, (int)sizeof(text) - 1);
	while (write(w->trace_pipe, text, n) < 0 && errno == EAGAIN && forget_oldest(w->trace_pipe))
		;
}
