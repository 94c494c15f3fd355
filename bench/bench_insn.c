/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs without helpers, four ways in one run: the same C compiled for this machine, as machine
 * code from skep, by the kernel, and interpreted; and programs with helpers, all but the first way.
 * The ways take turns, round by round; what is shown are medians of nanoseconds per run of the
 * program, and instructions executed.
 *
 *	bench_insn [-b] [-r ROUNDS] DIRECTORY [PROGRAM...]
 *
 * -b shows the fastest samples in place of medians: the better measure on a machine that is not
 * quiet.
 */
#include "bpf_call.h" /* before libbpf's: it has the newer union bpf_attr */

#include <bpf/libbpf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/types.h"
#include "count.h"
#include "ctx/lowmem.h"

#define PACKET_BYTES 1408
#define MAX_ROUNDS 101
#define SAMPLE_NS 3000000.0 /* one sample takes about this long */

typedef int native_fn(struct xdp_md *ctx);

#define PROGRAM(name) int bench_##name(struct xdp_md *ctx);
#define HELPER_PROGRAM(name)
#include "programs.def"
#undef PROGRAM
#undef HELPER_PROGRAM

enum way { NATIVE, JIT, KERNEL, INTERP, NR_WAYS };

struct subject {
	const char *name;
	native_fn *native; /* NULL: it has helpers */
	struct bpf_object *objects[NR_WAYS]; /* KERNEL and JIT; INTERP runs the latter */
	int fds[NR_WAYS];
	u32 repeat[NR_WAYS];
	double ns[NR_WAYS][MAX_ROUNDS], median[NR_WAYS];
	unsigned long instructions[NR_WAYS];
	u32 code_bytes[NR_WAYS];
	u32 retval[NR_WAYS];
	const char *kernel_refuses;
};

struct bench {
	struct skep_world *world;
	u8 *packet; /* below 4 GiB, as the context's fields are 32 bits wide */
	const char *directory;
	u32 rounds;
	bool best; /* show the fastest samples: for a machine that has other things to do */
};

static int silent(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

static int load(const struct bench *b, struct subject *s, enum way way)
{
	char path[4096];
	struct bpf_object *object;
	struct bpf_program *prog;
	int err;

	snprintf(path, sizeof(path), "%s/%s.bpf.o", b->directory, s->name);
	bpf_call_use(way == KERNEL ? NULL : b->world);
	object = bpf_object__open(path);
	err = object ? bpf_object__load(object) : -errno;
	bpf_call_use(NULL);
	if (err) {
		bpf_object__close(object);
		return err;
	}
	prog = bpf_object__find_program_by_name(object, s->name);
	s->objects[way] = object;
	s->fds[way] = prog ? bpf_program__fd(prog) : -ENOENT;
	return s->fds[way] < 0 ? s->fds[way] : 0;
}

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static struct xdp_md native_ctx(const struct bench *b)
{
	return (struct xdp_md){ .data = (u32)(uintptr_t)b->packet,
				.data_end = (u32)(uintptr_t)b->packet + PACKET_BYTES };
}

static double run_native(const struct bench *b, struct subject *s, u32 repeat)
{
	struct xdp_md ctx = native_ctx(b);
	double start = now_ns();

	for (u32 i = 0; i < repeat; i++)
		s->retval[NATIVE] = s->native(&ctx);
	return (now_ns() - start) / repeat;
}

static double test_run(const struct bench *b, struct subject *s, enum way way, u32 repeat)
{
	union bpf_attr attr;
	long ret;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = s->fds[way == INTERP ? JIT : way];
	attr.test.data_in = (uintptr_t)b->packet;
	attr.test.data_size_in = PACKET_BYTES;
	attr.test.repeat = repeat;
	if (way != KERNEL)
		skep_world_set_mode(b->world, way == JIT ? SKEP_MODE_JIT : SKEP_MODE_INTERP);
	ret = bpf_call(way == KERNEL ? NULL : b->world, BPF_PROG_TEST_RUN, &attr);
	if (ret < 0) {
		fprintf(stderr, "bench: test run of %s: %s\n", s->name, strerror(-ret));
		exit(1);
	}
	s->retval[way] = attr.test.retval;
	return attr.test.duration;
}

static double run(const struct bench *b, struct subject *s, enum way way, u32 repeat)
{
	return way == NATIVE ? run_native(b, s, repeat) : test_run(b, s, way, repeat);
}

static bool has(const struct subject *s, enum way way)
{
	if (way == NATIVE)
		return s->native;
	return way != KERNEL || !s->kernel_refuses;
}

static void calibrate(const struct bench *b, struct subject *s)
{
	for (enum way w = 0; w < NR_WAYS; w++) {
		if (!has(s, w))
			continue;
		double ns = run(b, s, w, w == INTERP ? 10 : 200);

		s->repeat[w] = ns > 0 && ns < SAMPLE_NS ? SAMPLE_NS / ns : 10;
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void measure(const struct bench *b, struct subject *s)
{
	calibrate(b, s);
	for (u32 r = 0; r < b->rounds; r++) {
		for (enum way w = 0; w < NR_WAYS; w++) {
			if (has(s, w))
				s->ns[w][r] = run(b, s, w, s->repeat[w]);
		}
	}
	for (enum way w = 0; w < NR_WAYS; w++) {
		qsort(s->ns[w], b->rounds, sizeof(double), by_value);
		s->median[w] = s->ns[w][b->best ? 0 : b->rounds / 2];
	}
}

struct once {
	const struct bench *b;
	struct subject *s;
	enum way way;
};

static void run_once(void *arg)
{
	const struct once *once = arg;

	run(once->b, once->s, once->way, 1);
}

static void count(const struct bench *b, struct subject *s)
{
	for (enum way w = s->native ? NATIVE : JIT; w <= JIT; w++) {
		struct once once = { b, s, w };
		struct counted counted = count_instructions(run_once, &once);

		s->instructions[w] = w == JIT ? counted.outside : counted.all;
	}
}

static u32 code_bytes(const struct bench *b, const struct subject *s, enum way way)
{
	struct bpf_prog_info info;
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	memset(&info, 0, sizeof(info));
	attr.info.bpf_fd = s->fds[way];
	attr.info.info = (uintptr_t)&info;
	attr.info.info_len = sizeof(info);
	if (bpf_call(way == KERNEL ? NULL : b->world, BPF_OBJ_GET_INFO_BY_FD, &attr) < 0)
		return 0;
	return info.jited_prog_len;
}

static void show_number(bool there, int width, int digits, double number)
{
	if (there)
		printf(" %*.*f", width, digits, number);
	else
		printf(" %*s", width, "-");
}

static void show(const struct subject *s)
{
	const double *m = s->median;
	bool native = has(s, NATIVE), kernel = has(s, KERNEL);

	printf("%-10s", s->name);
	show_number(native, 9, 0, m[NATIVE]);
	show_number(true, 9, 0, m[JIT]);
	show_number(kernel, 9, 0, m[KERNEL]);
	show_number(true, 9, 0, m[INTERP]);
	show_number(native, 8, 2, m[JIT] / m[NATIVE]);
	show_number(kernel, 8, 2, m[JIT] / m[KERNEL]);
	show_number(true, 8, 1, m[INTERP] / m[JIT]);
	show_number(native, 8, 0, s->instructions[NATIVE]);
	printf(" %8lu %6u %6u\n", s->instructions[JIT], s->code_bytes[JIT], s->code_bytes[KERNEL]);
	fflush(stdout);
}

static bool same_results(const struct subject *s)
{
	for (enum way w = JIT; w < NR_WAYS; w++) {
		if (has(s, w) && s->native && s->retval[w] != s->retval[NATIVE]) {
			fprintf(stderr, "bench: %s returned %#x natively, %#x otherwise\n", s->name,
				s->retval[NATIVE], s->retval[w]);
			return false;
		}
	}
	return true;
}

static bool bench_one(const struct bench *b, struct subject *s)
{
	int err = load(b, s, JIT);

	if (err) {
		fprintf(stderr, "bench: %s does not load: %s\n", s->name, strerror(-err));
		return false;
	}
	if (load(b, s, KERNEL))
		s->kernel_refuses = strerror(errno);
	measure(b, s);
	count(b, s);
	s->code_bytes[JIT] = code_bytes(b, s, JIT);
	if (!s->kernel_refuses)
		s->code_bytes[KERNEL] = code_bytes(b, s, KERNEL);
	show(s);
	bpf_object__close(s->objects[KERNEL]);
	bpf_call_use(b->world);
	bpf_object__close(s->objects[JIT]);
	bpf_call_use(NULL);
	return same_results(s);
}

/* Geometric mean of a ratio over the subjects without helpers that have both. */
static double mean(const struct subject *subjects, u32 n, enum way a, enum way b)
{
	double sum = 0;
	u32 count = 0;

	for (u32 i = 0; i < n; i++) {
		if (!subjects[i].native || !subjects[i].median[a] || !subjects[i].median[b])
			continue;
		sum += log(subjects[i].median[a] / subjects[i].median[b]);
		count++;
	}
	return count ? exp(sum / count) : 0;
}

static void print_machine(void)
{
	char line[256] = "", *name = NULL;
	FILE *f = fopen("/proc/cpuinfo", "r");
	struct utsname u;

	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "model name", 10)) {
			name = strchr(line, ':') + 2;
			name[strcspn(name, "\n")] = '\0';
			break;
		}
	}
	if (f)
		fclose(f);
	uname(&u);
	printf("%s, %ld CPUs, %s %s\n", name ? name : u.machine, sysconf(_SC_NPROCESSORS_ONLN),
	       u.sysname, u.release);
}

static void make_packet(u8 *packet)
{
	u64 x = 88172645463325252ull;

	for (u32 i = 0; i < PACKET_BYTES; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		packet[i] = x >> 24;
	}
}

static bool is_chosen(const char *name, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++) {
		if (!strcmp(name, *names))
			return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	static struct subject subjects[] = {
#define PROGRAM(n) { .name = #n, .native = bench_##n },
#define HELPER_PROGRAM(n) { .name = #n },
#include "programs.def"
	};
	struct skep_world_opts opts = { .size = sizeof(opts) };
	struct bench b = { .rounds = 51 };
	bool fine = true;
	int opt;

	while ((opt = getopt(argc, argv, "br:")) != -1) {
		if (opt == 'b')
			b.best = true;
		else if (opt == 'r')
			b.rounds = min(max(atoi(optarg), 1), MAX_ROUNDS);
	}
	b.directory = argv[optind] ? argv[optind++] : ".";
	b.world = skep_world_new(&opts);
	b.packet = skep__lowmem_map(PACKET_BYTES);
	if (!b.world || !b.packet) {
		fprintf(stderr, "bench: no world or no packet memory: %s\n", strerror(errno));
		return 1;
	}
	libbpf_set_print(silent);
	make_packet(b.packet);
	print_machine();
	printf("%-10s %9s %9s %9s %9s %8s %8s %8s %8s %8s %6s %6s\n", "", "native", "JIT", "kernel",
	       "interp", "JIT/", "JIT/", "interp/", "insns", "insns", "bytes", "bytes");
	printf("%-10s %9s %9s %9s %9s %8s %8s %8s %8s %8s %6s %6s\n", "program", "ns", "ns", "ns",
	       "ns", "native", "kernel", "JIT", "native", "JIT", "JIT", "kernel");
	for (u32 i = 0; i < ARRAY_SIZE(subjects); i++) {
		if (is_chosen(subjects[i].name, argv + optind))
			fine &= bench_one(&b, &subjects[i]);
	}
	if (mean(subjects, ARRAY_SIZE(subjects), JIT, NATIVE) > 0)
		printf("geometric means: JIT/native %.2f, JIT/kernel %.2f, kernel/native %.2f, "
		       "interp/JIT "
		       "%.1f\n",
		       mean(subjects, ARRAY_SIZE(subjects), JIT, NATIVE),
		       mean(subjects, ARRAY_SIZE(subjects), JIT, KERNEL),
		       mean(subjects, ARRAY_SIZE(subjects), KERNEL, NATIVE),
		       mean(subjects, ARRAY_SIZE(subjects), INTERP, JIT));
	return fine ? 0 : 1;
}
