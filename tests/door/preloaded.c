/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What may go wrong in a library that remembers what fds refer to: each argument is a thing to do,
 * as in raw.c. It can be run on the kernel, too.
 */
#define _LARGEFILE64_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

#include "client.h"

/* Mappings of maps that this process has. */
static int mapped(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	int nr = 0;

	CHECK(maps);
	while (fgets(line, sizeof(line), maps))
		nr += strstr(line, "bpf-map") != NULL;
	fclose(maps);
	return nr;
}

static int map_with(unsigned long value)
{
	int fd = map_create(BPF_MAP_TYPE_HASH, 4, 8, 4, 0);
	unsigned int key = 1;

	CHECK(fd >= 0 && elem(BPF_MAP_UPDATE_ELEM, fd, &key, &value) == 0);
	return fd;
}

static unsigned long value_in(int fd)
{
	unsigned int key = 1;
	unsigned long got = 0;

	CHECK(elem(BPF_MAP_LOOKUP_ELEM, fd, &key, &got) == 0);
	return got;
}

static int handlers_fd;
static volatile sig_atomic_t handled;

/* In the middle of whatever the thread does: calls, mallocs, closes. */
static void on_alarm(int sig)
{
	int saved = errno;

	CHECK(value_in(handlers_fd) == 7000ul + handled);
	close(handlers_fd);
	handlers_fd = map_with(7000 + ++handled);
	errno = saved;
}

static void do_signals(void)
{
	struct sigaction act = { .sa_handler = on_alarm };
	struct itimerval often = { { 0, 300 }, { 0, 300 } }, never = { 0 };
	int fd = map_with(5);

	handlers_fd = map_with(7000);
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (int i = 0; handled < 200; i++) {
		unsigned int key = 1;
		unsigned long value = i;
		void *mem = malloc(300000 + i % 7 * 1000);

		CHECK(elem(BPF_MAP_UPDATE_ELEM, fd, &key, &value) == 0);
		CHECK(value_in(fd) == value);
		free(mem);
		if (i % 100 == 0) {
			close(fd);
			fd = map_with(i);
		}
	}
	setitimer(ITIMER_REAL, &never, NULL);
	close(fd);
	close(handlers_fd);
	CHECK(mapped() == 0);
}

static sigjmp_buf back;

static void on_fault(int sig)
{
	siglongjmp(back, 1);
}

/* A thread leaves a call by a jump: calls go on to be answered. */
static void do_faults(void)
{
	struct sigaction act = { .sa_handler = on_fault };
	char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = map_with(5);
	unsigned int key = 1;

	sigaction(SIGSEGV, &act, NULL);
	for (volatile int i = 0; i < 10; i++) {
		if (!sigsetjmp(back, 1))
			CHECK(elem(BPF_MAP_LOOKUP_ELEM, fd, &key, page) == -1 && errno == EFAULT);
		CHECK(value_in(fd) == 5);
	}
	close(fd);
	CHECK(elem(BPF_MAP_LOOKUP_ELEM, fd, &key, page) == -1 && errno == EBADF);
}

static int crowds_fd;
static pthread_barrier_t all_here;

static void *look_and_wait(void *arg)
{
	CHECK(value_in(crowds_fd) == 5);
	pthread_barrier_wait(&all_here);
	CHECK(value_in(crowds_fd) == 5);
	return NULL;
}

static void *look(void *arg)
{
	CHECK(value_in(crowds_fd) == 5);
	return NULL;
}

/* Many threads at once, and many one after another. */
static void do_crowd(void)
{
	pthread_t threads[150], t;

	crowds_fd = map_with(5);
	pthread_barrier_init(&all_here, NULL, 150);
	for (int i = 0; i < 150; i++)
		CHECK(!pthread_create(&threads[i], NULL, look_and_wait, NULL));
	for (int i = 0; i < 150; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 300; i++) {
		CHECK(!pthread_create(&t, NULL, look, NULL));
		pthread_join(t, NULL);
	}
	close(crowds_fd);
	CHECK(mapped() == 0);
}

static volatile int is_done;

static void *look_always(void *arg)
{
	while (!is_done) {
		unsigned int key = 1;
		unsigned long got;

		if (elem(BPF_MAP_LOOKUP_ELEM, crowds_fd, &key, &got))
			CHECK(errno == EBADF || errno == ENOENT);
	}
	return NULL;
}

/* Closed in one thread while others use it: whoever is last unmaps it. */
static void do_gone(void)
{
	pthread_t threads[3];

	crowds_fd = map_with(1);
	for (int i = 0; i < 3; i++)
		CHECK(!pthread_create(&threads[i], NULL, look_always, NULL));
	for (int i = 0; i < 300; i++) {
		close(crowds_fd);
		map_with(i); /* it has the same number, mostly */
	}
	close(crowds_fd);
	is_done = 1;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	close_range(3, ~0U, 0);
	CHECK(mapped() == 0);
}

/* The lines of a fdinfo file that are the same on every machine. */
static void print_lines(FILE *file)
{
	static const char *const machines[] = { "pos:",    "flags:",   "mnt_id:", "ino:",
						"map_id:", "prog_id:", "btf_id:" };
	char line[256];

	CHECK(file);
	while (fgets(line, sizeof(line), file)) {
		bool is_machines = false;

		for (unsigned int i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
			is_machines |= !strncmp(line, machines[i], strlen(machines[i]));
		if (!is_machines)
			fputs(line, stdout);
		else if (strstr(line, "_id:") && strncmp(line, "mnt", 3))
			printf("%.*s\n", (int)strcspn(line, "\t"), line);
	}
	fclose(file);
}

/* As many ways to open it as there are. */
static void print_fdinfo(const char *what, int fd)
{
	static int way;
	char path[64];

	printf("%s\n", what);
	CHECK(fd >= 0);
	snprintf(path, sizeof(path), way % 2 ? "/proc/self/fdinfo/%d" : "/proc/%2$d/fdinfo/%1$d",
		 fd, getpid());
	switch (way++ % 6) {
	case 0:
		print_lines(fopen(path, "r"));
		break;
	case 1:
		print_lines(fopen64(path, "re"));
		break;
	case 2:
		print_lines(fdopen(open(path, O_RDONLY), "r"));
		break;
	case 3:
		print_lines(fdopen(open64(path, O_RDONLY | O_CLOEXEC), "r"));
		break;
	case 4:
		print_lines(fdopen(openat(AT_FDCWD, path, O_RDONLY), "r"));
		break;
	default:
		print_lines(fdopen(openat64(-1, path, O_RDONLY), "r"));
	}
}

static int tiny_program(void)
{
	const struct bpf_insn code[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K },
					 { .code = BPF_JMP | BPF_EXIT } };
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = 2 };

	attr.insns = (unsigned long)code;
	attr.license = (unsigned long)"GPL";
	return bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

static void print_shapes(void)
{
	static const int shapes[][4] = {
		/* key, value, entries, flags */
		{ 4, 8, 1, 0 },
		{ 4, 8, 3, 0 },
		{ 4, 8, 100, 0 },
		{ 4, 16, 10, 0 },
		{ 8, 1, 10, 0 },
		{ 4, 800, 16, 0 },
		{ 16, 8, 1025, 0 },
		{ 20, 8, 10, BPF_F_NO_PREALLOC },
		{ 4, 8, 100, BPF_F_NO_COMMON_LRU },
		{ 4, 4, 100, 0 },
		{ 4, 8, 10, BPF_F_MMAPABLE },
		{ 4, 8, 10, BPF_F_RDONLY },
		{ 4, 8, 10, BPF_F_RDONLY_PROG | BPF_F_WRONLY },
		{ 0, 4, 1000, 0 },
		{ 0, 8, 10, 0 },
		{ 0, 0, 4096, 0 },
		{ 0, 0, 16384, 0 },
		{ 16, 8, 0, 0 },
	};
	char what[64];

	for (int type = 1; type <= BPF_MAP_TYPE_USER_RINGBUF; type++) {
		for (unsigned int i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
			const int *s = shapes[i];
			int fd = map_create(type, s[0], s[1], s[2], s[3]);

			snprintf(what, sizeof(what), "type %d shape %u", type, i);
			if (fd >= 0)
				print_fdinfo(what, fd);
			close(fd);
		}
	}
}

static void fill(int fd, int key_size)
{
	struct {
		unsigned int first, second, rest[3];
	} key = { 32 };
	unsigned long values[64] = { 0 };

	for (int i = 0; i < 3; i++) {
		key.second = i * 77;
		CHECK(elem(BPF_MAP_UPDATE_ELEM, fd, &key, values) == 0);
	}
}

/* What fdinfo says: for comparing with the kernel's. */
static void do_fdinfo(void)
{
	union bpf_attr attr = { 0 };
	unsigned int key = 0;
	int prog = tiny_program(), fd = map_create(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 2, 0);

	print_shapes();
	print_fdinfo("program", prog);
	CHECK(elem(BPF_MAP_UPDATE_ELEM, fd, &key, &prog) == 0);
	print_fdinfo("with an owner", fd);
	fill(fd = map_create(BPF_MAP_TYPE_LPM_TRIE, 8, 12, 20, BPF_F_NO_PREALLOC), 8);
	print_fdinfo("trie", fd);
	fill(fd = map_create(BPF_MAP_TYPE_HASH, 20, 8, 20, BPF_F_NO_PREALLOC), 20);
	print_fdinfo("hash", fd);
	fill(fd = map_create(BPF_MAP_TYPE_PERCPU_HASH, 8, 8, 20, BPF_F_NO_PREALLOC), 8);
	print_fdinfo("percpu hash", fd);
	attr.map_fd = fd;
	CHECK(bpf(BPF_MAP_FREEZE, &attr, sizeof(attr)) == 0);
	print_fdinfo("frozen", fd);
	print_fdinfo("not an object", open("/dev/null", O_RDONLY));
	CHECK(open("/proc/self/fdinfo/77777", O_RDONLY) == -1 && errno == ENOENT);
	const char *volatile nowhere = NULL;
	CHECK(!fopen(nowhere, "r") && errno == EFAULT);
}

static long batch(int cmd, int fd, void *in, void *out, void *keys, void *values,
		  unsigned int *count)
{
	union bpf_attr attr = { 0 };
	long ret;

	attr.batch.map_fd = fd;
	attr.batch.in_batch = (unsigned long)in;
	attr.batch.out_batch = (unsigned long)out;
	attr.batch.keys = (unsigned long)keys;
	attr.batch.values = (unsigned long)values;
	attr.batch.count = *count;
	ret = bpf(cmd, &attr, offsetof(union bpf_attr, batch) + sizeof(attr.batch));
	*count = attr.batch.count;
	return ret;
}

#define MANY 3000

struct many {
	unsigned int keys[MANY];
	unsigned long values[MANY][4]; /* for as many CPUs; or one */
};

/* Fills the map at once, walks it in steps, and finds each element once. */
static void walk_all(int type, int cmd, unsigned int words)
{
	static struct many in, out;
	static unsigned char seen[MANY];
	int fd = map_create(type, 4, 8, MANY, 0);
	unsigned int count = MANY, position, total = 0;
	unsigned long *put = in.values[0], *got = out.values[0];

	memset(seen, 0, sizeof(seen));
	CHECK(fd >= 0);
	for (unsigned int i = 0; i < MANY; i++) {
		in.keys[i] = i;
		for (unsigned int w = 0; w < words; w++)
			put[i * words + w] = i * 10ul + w;
	}
	CHECK(batch(BPF_MAP_UPDATE_BATCH, fd, NULL, NULL, in.keys, put, &count) == 0);
	CHECK(count == MANY);
	for (long ret = 0; !ret; total += count) {
		count = 700;
		ret = batch(cmd, fd, total ? &position : NULL, &position, out.keys, got, &count);
		CHECK(!ret || errno == ENOENT);
		for (unsigned int i = 0; i < count; i++) {
			unsigned int key = out.keys[i];

			CHECK(key < MANY && !seen[key]++);
			CHECK(!memcmp(got + i * words, put + key * words, 8 * words));
		}
	}
	CHECK(total == MANY);
	if (cmd == BPF_MAP_LOOKUP_AND_DELETE_BATCH)
		CHECK(elem(BPF_MAP_GET_NEXT_KEY, fd, NULL, &position) == -1 && errno == ENOENT);
	close(fd);
}

static void do_batch_errors(void)
{
	static struct many many = { .keys = { 1, 2, 3 } };
	int fd = map_create(BPF_MAP_TYPE_HASH, 4, 8, 2, 0);
	union bpf_attr attr = { 0 };
	unsigned int count = 3, position;

	CHECK(batch(BPF_MAP_UPDATE_BATCH, fd, NULL, NULL, many.keys, many.values, &count) == -1 &&
	      errno == E2BIG && count == 2);
	count = 2;
	CHECK(batch(BPF_MAP_DELETE_BATCH, fd, NULL, NULL, many.keys + 1, NULL, &count) == -1 &&
	      errno == ENOENT && count == 1);
	count = 0;
	CHECK(!batch(BPF_MAP_LOOKUP_BATCH, fd, NULL, &position, many.keys, many.values, &count));
	count = 1;
	CHECK(batch(BPF_MAP_LOOKUP_BATCH, fd, NULL, &position, (void *)8, many.values, &count) ==
		      -1 &&
	      errno == EFAULT);
	attr.map_fd = fd;
	CHECK(bpf(BPF_MAP_FREEZE, &attr, sizeof(attr)) == 0);
	count = 1;
	CHECK(batch(BPF_MAP_UPDATE_BATCH, fd, NULL, NULL, many.keys, many.values, &count) == -1 &&
	      errno == EPERM);
	CHECK(batch(BPF_MAP_LOOKUP_AND_DELETE_BATCH, fd, NULL, &position, many.keys, many.values,
		    &count) == -1 &&
	      errno == EPERM);
	count = 2;
	CHECK(batch(BPF_MAP_LOOKUP_BATCH, fd, NULL, &position, many.keys, many.values, &count) ==
		      -1 &&
	      errno == ENOENT && count == 1 && many.keys[0] == 1);
	close(fd);
	fd = map_create(BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0);
	CHECK(batch(BPF_MAP_DELETE_BATCH, fd, NULL, NULL, many.keys, NULL, &count) == -1 &&
	      errno == 524);
}

static void do_batch(void)
{
	unsigned int cpus = sysconf(_SC_NPROCESSORS_CONF);

	walk_all(BPF_MAP_TYPE_ARRAY, BPF_MAP_LOOKUP_BATCH, 1);
	walk_all(BPF_MAP_TYPE_HASH, BPF_MAP_LOOKUP_BATCH, 1);
	walk_all(BPF_MAP_TYPE_HASH, BPF_MAP_LOOKUP_AND_DELETE_BATCH, 1);
	if (cpus <= 4) {
		walk_all(BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_LOOKUP_BATCH, cpus);
		walk_all(BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_LOOKUP_BATCH, cpus);
		walk_all(BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_LOOKUP_AND_DELETE_BATCH, cpus);
	}
	do_batch_errors();
}

/* Nanoseconds an element, in batches of 500. */
static void do_batch_bench(void)
{
	static struct many many;
	int fd = map_create(BPF_MAP_TYPE_HASH, 4, 8, MANY, 0);
	struct timespec begin, end;
	double best = 1e9;

	for (unsigned int i = 0; i < MANY; i++)
		many.keys[i] = i;
	for (int round = 0; round < 20; round++) {
		unsigned int count = 500, position;

		clock_gettime(CLOCK_MONOTONIC, &begin);
		CHECK(!batch(BPF_MAP_UPDATE_BATCH, fd, NULL, NULL, many.keys, many.values, &count));
		CHECK(!batch(BPF_MAP_LOOKUP_BATCH, fd, NULL, &position, many.keys, many.values,
			     &count) ||
		      errno == ENOENT);
		clock_gettime(CLOCK_MONOTONIC, &end);
		double ns = (end.tv_sec - begin.tv_sec) * 1e9 + end.tv_nsec - begin.tv_nsec;
		best = ns < best ? ns : best;
	}
	printf("batch %.1f ns\n", best / 1000);
}

/* clang-format off */
static const struct {
	const char *name;
	void (*run)(void);
} deeds[] = {
	{ "signals", do_signals },
	{ "faults", do_faults },
	{ "crowd", do_crowd },
	{ "gone", do_gone },
	{ "fdinfo", do_fdinfo },
	{ "batch", do_batch },
	{ "batch-bench", do_batch_bench },
};
/* clang-format on */

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		unsigned int d = 0;

		while (d < sizeof(deeds) / sizeof(deeds[0]) && strcmp(argv[i], deeds[d].name))
			d++;
		if (d == sizeof(deeds) / sizeof(deeds[0]))
			return 2;
		deeds[d].run();
	}
	return 0;
}
