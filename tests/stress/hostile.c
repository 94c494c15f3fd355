/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hostile client in a world: the fuzzer's inputs (tests/fuzz/attr_calls.h), and random changes of
 * them, through the real door.
 *
 *	hostile CORPUS SECONDS [SEED]
 *
 * A child makes the calls of some inputs, and may be killed by what they write into its memory;
 *after each child the world must still answer. With 0 seconds each input is replayed as it is.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../fuzz/attr_calls.h"

#define IN_A_WORLD 0x536b6570 /* a command that no kernel has, answered with itself */
#define MAX_INPUTS 4096
#define MAX_SIZE 65536
#define INPUTS_OF_A_CHILD 32
#define SECONDS_OF_A_CHILD 60

static struct {
	size_t size;
	uint8_t *data;
} inputs[MAX_INPUTS];
static unsigned int nr_inputs;
static uint64_t state;

static unsigned int pick(unsigned int below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % below;
}

static long bpf(void *opaque, int cmd, union bpf_attr *attr, unsigned int size)
{
	return syscall(SYS_bpf, cmd, attr, size);
}

static void read_input(const char *path)
{
	static uint8_t data[MAX_SIZE];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, data, sizeof(data));

	if (fd >= 0)
		close(fd);
	if (n <= 0 || nr_inputs == MAX_INPUTS)
		return;
	inputs[nr_inputs].data = malloc(n);
	if (!inputs[nr_inputs].data)
		exit(1);
	memcpy(inputs[nr_inputs].data, data, n);
	inputs[nr_inputs++].size = n;
}

static void read_corpus(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	char path[4096];

	while (d && (entry = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (entry->d_name[0] != '.')
			read_input(path);
	}
	if (d)
		closedir(d);
}

/* One input's beginning, another's end, and some bytes changed. */
static size_t change(uint8_t *data)
{
	static const uint8_t edges[] = { 0, 0xff, 0x7f, 0x80, 8 };
	unsigned int a = pick(nr_inputs), b = pick(nr_inputs);
	size_t head = pick(inputs[a].size + 1), tail = pick(inputs[b].size + 1);

	if (head + tail > MAX_SIZE)
		head = 0;
	memcpy(data, inputs[a].data, head);
	memcpy(data + head, inputs[b].data + inputs[b].size - tail, tail);
	for (unsigned int i = pick(8); head + tail && i; i--)
		data[pick(head + tail)] = pick(3) ? pick(256) : edges[pick(sizeof(edges))];
	return head + tail;
}

static void be_child(unsigned int first, int as_it_is)
{
	static uint8_t data[MAX_SIZE];

	alarm(SECONDS_OF_A_CHILD);
	for (unsigned int i = first; i < first + INPUTS_OF_A_CHILD; i++) {
		if (!as_it_is)
			attr_calls(data, change(data), bpf, NULL);
		else if (i < nr_inputs)
			attr_calls(inputs[i].data, inputs[i].size, bpf, NULL);
	}
	_exit(0);
}

/* The world answers, and as it should. */
static int is_well(void)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY };
	unsigned int key = 1;
	uint64_t value = 0;
	int fd, err;

	attr.key_size = 4;
	attr.value_size = 8;
	attr.max_entries = 2;
	fd = bpf(NULL, BPF_MAP_CREATE, &attr, sizeof(attr));
	if (fd < 0)
		return 0;
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = (uint64_t)&key;
	attr.value = (uint64_t)&value;
	err = bpf(NULL, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr));
	close(fd);
	return !err && !value;
}

static int run_child(unsigned int first, int as_it_is)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		be_child(first, as_it_is);
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("child");
		return 1;
	}
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
		fprintf(stderr, "calls take longer than %d s\n", SECONDS_OF_A_CHILD);
		return 1;
	}
	if (!is_well()) {
		perror("the world does not answer as it should");
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned int done = 0, seconds = argc > 2 ? atoi(argv[2]) : 0;
	time_t end = time(NULL) + seconds;
	int failed = 0;

	if (argc < 3)
		return 2;
	if (syscall(SYS_bpf, IN_A_WORLD, NULL, 0) != IN_A_WORLD) {
		fprintf(stderr, "hostile: only for worlds\n");
		return 2;
	}
	state = argc > 3 ? strtoull(argv[3], NULL, 0) | 1 : 1;
	read_corpus(argv[1]);
	if (!nr_inputs)
		return 2;
	for (; !failed && (seconds ? time(NULL) < end : done < nr_inputs);
	     done += INPUTS_OF_A_CHILD) {
		failed = run_child(done, !seconds);
		state += 0x9e3779b97f4a7c15ull * (done + 1); /* the child's choices are its own */
	}
	printf("%u inputs%s\n", done, failed ? ", and then something was wrong" : "");
	return failed;
}
