/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of fds and processes, and places in memory, that are used for one thing after another. */
#include "reuse.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "client.h"

/* The fd's number is used for one map after another, in every way that a number changes hands. */
void do_reuse(void)
{
	unsigned int key = 0;

	for (int i = 0; i < 300; i++) {
		int a = map_create(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0),
		    b = map_create(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
		unsigned long one = 100 + i, two = 200 + i, got = 0;

		CHECK(a >= 0 && b >= 0);
		CHECK(elem(BPF_MAP_UPDATE_ELEM, a, &key, &one) == 0);
		CHECK(elem(BPF_MAP_UPDATE_ELEM, b, &key, &two) == 0);
		if (i % 3 == 0)
			CHECK(dup2(b, a) == a);
		else if (i % 3 == 1)
			CHECK(dup3(b, a, O_CLOEXEC) == a);
		else
			CHECK(close(a) == 0 && dup(b) == a);
		CHECK(elem(BPF_MAP_LOOKUP_ELEM, a, &key, &got) == 0 && got == two);
		CHECK(close_range(b, b, 0) == 0);
		CHECK(elem(BPF_MAP_LOOKUP_ELEM, b, &key, &got) == -1 && errno == EBADF);
		close(a);
	}
	/* What has been freed is gone: nothing keeps maps that nobody has. */
	union bpf_attr attr = { 0 };
	CHECK(bpf(BPF_MAP_GET_NEXT_ID, &attr, sizeof(attr)) == -1 && errno == ENOENT);
}

/* Often, so that whoever answers may think that nothing changes. */
static void check_value(int fd, unsigned long value)
{
	unsigned int key = 0;
	unsigned long got = 0;

	for (int i = 0; i < 24; i++)
		CHECK(elem(BPF_MAP_LOOKUP_ELEM, fd, &key, &got) == 0 && got == value);
}

static int map_with(int type, unsigned long value)
{
	unsigned int key = 0;
	int fd = map_create(type, 4, 8, 1, 0);

	CHECK(fd >= 0 && elem(BPF_MAP_UPDATE_ELEM, fd, &key, &value) == 0);
	return fd;
}

static int first_map(unsigned int flags)
{
	union bpf_attr attr = { 0 };

	if (bpf(BPF_MAP_GET_NEXT_ID, &attr, sizeof(attr)))
		return -1;
	attr = (union bpf_attr){ .map_id = attr.next_id };
	attr.open_flags = flags;
	return bpf(BPF_MAP_GET_FD_BY_ID, &attr, sizeof(attr));
}

/* An fd's number is another file's from one call to the next, and is not in another process. */
void do_changes(void)
{
	int a = map_with(BPF_MAP_TYPE_ARRAY, 1), b = map_with(BPF_MAP_TYPE_HASH, 2), status;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), reader = first_map(BPF_F_RDONLY);
	unsigned int key = 0;
	unsigned long got = 0;

	CHECK(null >= 0 && reader >= 0);
	check_value(a, 1);
	pid_t pid = fork();
	if (pid == 0) {
		check_value(a, 1);
		CHECK(dup2(b, a) == a);
		check_value(a, 2);
		exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	check_value(a, 1);
	check_value(b, 2);
	/* The same map, by a description that may not write it, and back. */
	int writer = dup(a);
	CHECK(writer >= 0 && dup2(reader, a) == a);
	CHECK(elem(BPF_MAP_UPDATE_ELEM, a, &key, &got) == -1 && errno == EPERM);
	check_value(a, 1);
	CHECK(elem(BPF_MAP_UPDATE_ELEM, a, &key, &got) == -1 && errno == EPERM);
	CHECK(dup2(writer, a) == a);
	got = 3;
	CHECK(elem(BPF_MAP_UPDATE_ELEM, a, &key, &got) == 0);
	check_value(a, 3);
	CHECK(dup2(null, a) == a);
	CHECK(elem(BPF_MAP_LOOKUP_ELEM, a, &key, &got) == -1 && errno == EINVAL);
	close(a);
	CHECK(elem(BPF_MAP_LOOKUP_ELEM, a, &key, &got) == -1 && errno == EBADF);
	CHECK(map_with(BPF_MAP_TYPE_ARRAY, 4) == a);
	check_value(a, 4);
	CHECK(close_range(3, ~0u, 0) == 0);
	CHECK(first_map(0) == -1 && errno == ENOENT); /* what was asked about is not kept by that */
}

static unsigned long *a_page(void)
{
	void *mem = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(mem != MAP_FAILED);
	return mem;
}

/* Key and value in the same places time after time, and what then happens to those places. */
void do_places(void)
{
	int fd = map_create(BPF_MAP_TYPE_ARRAY, 4, 8, 64, 0);
	unsigned int *key = (unsigned int *)a_page();
	unsigned long *value = a_page(), *other = a_page(), got = 0;

	CHECK(fd >= 0);
	for (int i = 0; i < 64; i++) {
		*key = i;
		*value = 1000 + i;
		CHECK(elem(BPF_MAP_UPDATE_ELEM, fd, key, i % 8 == 7 ? other : value) == 0);
		CHECK(elem(BPF_MAP_LOOKUP_ELEM, fd, key, &got) == 0);
		CHECK(got == (i % 8 == 7 ? 0 : 1000 + (unsigned long)i));
	}
	for (int i = 0; i < 4; i++)
		CHECK(elem(BPF_MAP_UPDATE_ELEM, fd, key, value) == 0);
	CHECK(mprotect(value, 4096, PROT_NONE) == 0);
	CHECK(elem(BPF_MAP_UPDATE_ELEM, fd, key, value) == -1 && errno == EFAULT);
	CHECK(elem(BPF_MAP_UPDATE_ELEM, fd, key, other) == 0);
	CHECK(munmap(value, 4096) == 0);
	CHECK(elem(BPF_MAP_UPDATE_ELEM, fd, key, value) == -1 && errno == EFAULT);
	CHECK(mmap(value, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		   0) == value);
	*value = 5;
	for (int i = 0; i < 4; i++) {
		CHECK(elem(BPF_MAP_UPDATE_ELEM, fd, key, value) == 0);
		/* A lookup's key where its value goes to. */
		CHECK(elem(BPF_MAP_LOOKUP_ELEM, fd, key, other) == 0 && *other == 5 + (unsigned)i);
		*other = *key;
		CHECK(elem(BPF_MAP_LOOKUP_ELEM, fd, other, other) == 0 && *other == (*value)++);
	}
	CHECK(munmap(key, 4096) == 0);
	CHECK(elem(BPF_MAP_UPDATE_ELEM, fd, key, value) == -1 && errno == EFAULT);
}

/* A process with the number that a process had which is gone, or -1. */
static pid_t fork_as(pid_t number)
{
	struct clone_args args = { .exit_signal = SIGCHLD };

	args.set_tid = number ? (unsigned long)&number : 0;
	args.set_tid_size = !!number;
	return syscall(SYS_clone3, &args, sizeof(args));
}

static void live(int fd, unsigned long *value, unsigned long mine)
{
	unsigned int key = 0;
	unsigned long got = 0;

	for (int i = 0; i < 5; i++) {
		*value = mine + i;
		CHECK(elem(BPF_MAP_UPDATE_ELEM, fd, &key, value) == 0);
		CHECK(elem(BPF_MAP_LOOKUP_ELEM, fd, &key, &got) == 0 && got == mine + i);
	}
}

/* One process after the other has a number. Says so when that cannot be had here. */
void do_numbers(void)
{
	int fd = map_create(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0),
	    odd = map_create(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0), status;
	unsigned long *value = a_page(), got = 0;
	unsigned int key = 0;
	pid_t number = 0;

	CHECK(fd >= 0 && odd >= 0);
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork_as(number);

		if (pid == 0) {
			if (i % 2)
				CHECK(dup2(odd, fd) == fd);
			live(fd, value, 1000 * i);
			if (i % 3)
				kill(getpid(), SIGKILL);
			_exit(0);
		}
		if (pid < 0 && errno == EPERM) {
			printf("no numbers\n");
			return;
		}
		CHECK(pid > 0 && (!number || pid == number));
		CHECK(waitpid(pid, &status, 0) == pid && status == (i % 3 ? SIGKILL : 0));
		CHECK(elem(BPF_MAP_LOOKUP_ELEM, i % 2 ? odd : fd, &key, &got) == 0);
		CHECK(got == 1000 * (unsigned long)i + 4);
		number = pid;
	}
	printf("20 of a number\n");
}
