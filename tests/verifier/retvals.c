/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs every program of BPF objects that loads, by BPF_PROG_TEST_RUN on 64 zero bytes, and prints a
 * row of tab-separated columns for each way of running:
 *
 *   object program expected mode result
 *
 * expected: what the program's BTF says that it returns ("comment:test_retval="), or "-". result:
 * the return value, "error N", "stopped: why", "refused", "died" or "hung". scripts/retvals builds
 * this twice, for skep and for the running kernel. Each program runs in a process of its own.
 *
 *   retvals [-t SECONDS] OBJECT...
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "verifier/judge.h"
#include "verifier/load_alone.h"
#include "verifier/wishes.h"

enum { MAX_PROGRAMS = 1024, MAX_MODES = 3, PACKET = 64 };

/* What a child tells its parent, in shared memory. */
struct results {
	char of[MAX_MODES][512];
};

static struct results *results;

void judge_saw(long cmd, const union bpf_attr *attr, long ret, double usec)
{
	(void)cmd, (void)attr, (void)ret, (void)usec;
}

static int be_silent(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level, (void)fmt, (void)ap;
	return 0;
}

static void run(struct bpf_program *prog, char *out, size_t size)
{
	unsigned char in[PACKET] = { 0 }, back[4 * PACKET];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in, .data_size_in = sizeof(in),
		    .data_out = back, .data_size_out = sizeof(back), .repeat = 1);
	LIBBPF_OPTS(bpf_test_run_opts, bare);
	enum bpf_prog_type type = bpf_program__type(prog);
	bool plain = type == BPF_PROG_TYPE_SYSCALL || type == BPF_PROG_TYPE_RAW_TRACEPOINT;
	struct bpf_test_run_opts *how = plain ? &bare : &opts;

	if (!bpf_prog_test_run_opts(bpf_program__fd(prog), how))
		snprintf(out, size, "%d", (int)how->retval);
	else if (judge_fault())
		snprintf(out, size, "stopped: %s", judge_fault());
	else
		snprintf(out, size, "error %d", errno);
	for (char *c = out; *c; c++) {
		if (*c == '\n' || *c == '\t')
			*c = ' ';
	}
}

/* A run may leave something behind in maps, so each mode gets an object of its own. */
static void run_in_mode(const char *path, const char *name, int mode)
{
	struct bpf_object *obj;
	int err;

	judge_mode(mode);
	snprintf(results->of[mode], sizeof(results->of[mode]), "refused");
	obj = load_alone(path, name, &err);
	if (!obj)
		return;
	snprintf(results->of[mode], sizeof(results->of[mode]), "died");
	run(bpf_object__find_program_by_name(obj, name), results->of[mode],
	    sizeof(results->of[mode]));
	bpf_object__close(obj);
}

static void run_apart(const char *path, const char *name, unsigned int seconds)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	struct wishes w;

	memset(results, 0, sizeof(*results));
	read_wishes(path, name, &w);
	for (int mode = 0; mode < judge_modes(); mode++) {
		int status = 0;
		pid_t pid = fork();

		if (!pid) {
			alarm(seconds);
			run_in_mode(path, name, mode);
			_exit(0);
		}
		waitpid(pid, &status, 0);
		if (WIFSIGNALED(status))
			snprintf(results->of[mode], sizeof(results->of[mode]), "%s",
				 WTERMSIG(status) == SIGALRM ? "hung" : "died");
		printf("%s\t%s\t%s\t%s\t%s\n", base, name, w.retval[0] ? w.retval : "-",
		       judge_mode(mode), results->of[mode]);
	}
}

static void run_object(const char *path, unsigned int seconds)
{
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	char *names[MAX_PROGRAMS];
	struct bpf_program *p;
	int n = 0;

	if (!obj)
		return;
	bpf_object__for_each_program (p, obj) {
		if (n < MAX_PROGRAMS)
			names[n++] = strdup(bpf_program__name(p));
	}
	bpf_object__close(obj);
	for (int i = 0; i < n; i++) {
		run_apart(path, names[i], seconds);
		free(names[i]);
	}
}

int main(int argc, char **argv)
{
	unsigned int seconds = 20;

	for (int c; (c = getopt(argc, argv, "t:")) != -1;) {
		if (c != 't')
			return 2;
		seconds = atoi(optarg);
	}
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
	setvbuf(stdout, NULL, _IOLBF, 0);
	results = mmap(NULL, sizeof(*results), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (results == MAP_FAILED || judge_start(true)) {
		fprintf(stderr, "retvals: no memory, or no world\n");
		return 1;
	}
	libbpf_set_print(be_silent);
	for (int i = optind; i < argc; i++)
		run_object(argv[i], seconds);
	return 0;
}
