/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads every program of BPF objects, one at a time, and prints a row of tab-separated columns for
 * each:
 *
 *   object program verdict errno processed microseconds closing-line
 *
 * verdict: accept, reject (by the verifier), refused (before it was asked), died, hung.
 * scripts/verdicts builds this twice, with WITH_SKEP as a user of libskep and without as a user of
 * the running kernel, so that both are asked the same by the same text. Each program is judged in a
 * process of its own, with a limit of time.
 *
 *   verdicts [-t SECONDS] [-c] [-p PROGRAM] OBJECT...      -c: without CAP_PERFMON
 * Flags and BTF that an object's tags ask for ("comment:test_prog_flags=",
 * "comment:test_btf_path=") are given to its programs.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "verifier/judge.h"
#include "verifier/wishes.h"

#define MAX_PROGRAMS 1024

/* What a child tells its parent, in shared memory. */
struct answer {
	bool asked; /* PROG_LOAD was called */
	int err;
	long processed;
	double usec;
	char line[512];
};

static char log_buf[64 << 20];
static struct answer *answer;
static char complaint[512]; /* libbpf's first */
static char closing[512]; /* of the last refusal's log */

static bool is_statistics(const char *line)
{
	return !strncmp(line, "processed ", 10) || !strncmp(line, "verification time ", 18) ||
	       !strncmp(line, "stack depth ", 12);
}

/* The last line of a log that is not statistics. */
static void closing_line(const char *text, char *out, size_t size)
{
	const char *end = text + strlen(text), *line;

	snprintf(out, size, "-");
	for (; end > text; end = line) {
		end -= end[-1] == '\n';
		for (line = end; line > text && line[-1] != '\n'; line--)
			;
		if (line == end || is_statistics(line))
			continue;
		snprintf(out, size, "%.*s", (int)(end - line), line);
		break;
	}
	for (char *c = out; *c; c++) {
		if (*c == '\t')
			*c = ' ';
	}
}

/*
 * The verdict is what PROG_LOAD of the program's own name and log returned: bpf_object__load may
 * fail later for other reasons, and loads small programs of its own to see what the kernel can do.
 */
void judge_saw(long cmd, const union bpf_attr *attr, long ret, double usec)
{
	if (cmd != BPF_PROG_LOAD || attr->log_buf != (unsigned long)log_buf)
		return;
	if (ret < 0) /* libbpf writes into it what it makes of it */
		closing_line(log_buf, closing, sizeof(closing));
	answer->asked = true;
	answer->err = ret < 0 ? ret : 0; /* else it is an fd */
	answer->usec = usec;
}

static int keep_complaint(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	if (level == LIBBPF_WARN && !complaint[0])
		vsnprintf(complaint, sizeof(complaint), fmt, ap);
	return 0;
}

static void drop_caps(bool perfmon)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		return;
	data[0].effective &= ~(1u << CAP_SYS_ADMIN);
	if (!perfmon)
		data[1].effective &= ~(1u << (CAP_PERFMON - 32));
	syscall(SYS_capset, &head, data);
}

static int load(const char *path, const char *name, int level)
{
	struct wishes w;

	read_wishes(path, name, &w);
	struct bpf_object *obj = open_as_wished(path, &w);
	struct bpf_program *p;
	struct bpf_map *m;

	if (!obj)
		return -errno;
	bpf_object__for_each_program (p, obj) {
		bool wanted = !strcmp(bpf_program__name(p), name);

		bpf_program__set_autoload(p, wanted);
		if (!wanted)
			continue;
		bpf_program__set_log_buf(p, log_buf, sizeof(log_buf));
		bpf_program__set_log_level(p, level);
		bpf_program__set_flags(p, bpf_program__flags(p) | w.flags);
	}
	bpf_object__for_each_map (m, obj)
		bpf_map__set_pin_path(m, NULL);
	log_buf[0] = complaint[0] = 0;
	answer->asked = false;
	int err = bpf_object__load(obj);

	bpf_object__close(obj);
	return answer->asked ? answer->err : err;
}

/* In the child: statistics alone are cheap to log; the reason of a refusal takes a second load. */
static void judge(const char *path, const char *name)
{
	int err = load(path, name, 4);
	const char *stat = strstr(log_buf, "processed ");
	struct answer found = *answer;

	found.err = err;
	found.processed = -1;
	if (stat)
		sscanf(stat, "processed %ld", &found.processed);
	snprintf(found.line, sizeof(found.line), "-");
	if (err && !found.asked)
		closing_line(complaint, found.line, sizeof(found.line));
	else if (err) {
		load(path, name, 1);
		snprintf(found.line, sizeof(found.line), "%s", closing);
	}
	*answer = found;
}

static const char *verdict(int status, bool hung)
{
	if (hung)
		return "hung";
	if (status)
		return "died";
	if (!answer->err)
		return "accept";
	return answer->asked && answer->processed >= 0 ? "reject" : "refused";
}

static void judge_apart(const char *path, const char *name, unsigned int seconds)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	int status = 0;

	*answer = (struct answer){ .processed = -1, .line = "-" };
	pid_t pid = fork();

	if (!pid) {
		alarm(seconds);
		judge(path, name);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	bool hung = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;

	printf("%s\t%s\t%s\t%d\t%ld\t%.0f\t%s\n", base, name, verdict(status, hung), answer->err,
	       answer->processed, answer->usec, answer->line);
}

static void judge_object(const char *path, const char *only, unsigned int seconds)
{
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	char *names[MAX_PROGRAMS];
	struct bpf_program *p;
	int n = 0;

	if (!obj) {
		printf("%s\t-\trefused\t%d\t-1\t0\tlibbpf does not open it\n", path, -errno);
		return;
	}
	bpf_object__for_each_program (p, obj) {
		const char *name = bpf_program__name(p);

		if (n < MAX_PROGRAMS && (!only || !strcmp(only, name)))
			names[n++] = strdup(name);
	}
	bpf_object__close(obj);
	for (int i = 0; i < n; i++) {
		judge_apart(path, names[i], seconds);
		free(names[i]);
	}
}

int main(int argc, char **argv)
{
	const char *only = NULL;
	unsigned int seconds = 30;
	bool perfmon = true;

	for (int c; (c = getopt(argc, argv, "t:cp:")) != -1;) {
		if (c == 't')
			seconds = atoi(optarg);
		else if (c == 'c')
			perfmon = false;
		else if (c == 'p')
			only = optarg;
		else
			return 2;
	}
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
	setvbuf(stdout, NULL, _IOLBF, 0);
	answer = mmap(NULL, sizeof(*answer), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (answer == MAP_FAILED || judge_start(perfmon)) {
		fprintf(stderr, "verdicts: no memory, or no world\n");
		return 1;
	}
	drop_caps(perfmon);
	libbpf_set_print(keep_complaint);
	for (int i = optind; i < argc; i++)
		judge_object(argv[i], only, seconds);
	return 0;
}
