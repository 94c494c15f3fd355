/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client as hard to catch as a client can be: static, with inline system calls. Each argument of
 * the command line is a thing to do; what goes wrong is said on stderr and ends in exit status 1.
 * It can be run on the kernel too.
 * Built with USE_LIBC it is as easy as most programs are: dynamic, through libc's syscall().
 */
#include <fcntl.h>
#include <poll.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "client.h"
#include "reuse.h"

static void do_elements(void)
{
	int fd = map_create(BPF_MAP_TYPE_HASH, 4, 8, 16, 0);
	unsigned int key = 5;
	unsigned long value = 77, got = 0;

	CHECK(fd >= 0);
	CHECK(elem(BPF_MAP_LOOKUP_ELEM, fd, &key, &got) == -1 && errno == ENOENT);
	CHECK(elem(BPF_MAP_UPDATE_ELEM, fd, &key, &value) == 0);
	CHECK(elem(BPF_MAP_LOOKUP_ELEM, fd, &key, &got) == 0 && got == 77);
	CHECK(elem(BPF_MAP_LOOKUP_ELEM, fd, &key, (void *)8) == -1 && errno == EFAULT);
	CHECK(elem(BPF_MAP_LOOKUP_ELEM, 0, &key, &got) == -1 && errno == EINVAL);
	CHECK(elem(BPF_MAP_LOOKUP_ELEM, 500, &key, &got) == -1 && errno == EBADF);
	CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);
	close(fd);
	CHECK(elem(BPF_MAP_LOOKUP_ELEM, fd, &key, &got) == -1 && errno == EBADF);
}

static void do_mmap(void)
{
	int fd = map_create(BPF_MAP_TYPE_ARRAY, 4, 8, 512, BPF_F_MMAPABLE);
	unsigned int key = 9;
	unsigned long value = 0;

	CHECK(fd >= 0);
	unsigned long *mem = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(mem != MAP_FAILED);
	mem[9] = 1234;
	CHECK(elem(BPF_MAP_LOOKUP_ELEM, fd, &key, &value) == 0 && value == 1234);
}

static int map_errno(int fd, size_t length, int prot, off_t offset)
{
	void *mem = mmap(NULL, length, prot, MAP_SHARED, fd, offset);

	if (mem == MAP_FAILED)
		return errno;
	munmap(mem, length);
	return 0;
}

/* What may be mapped, and that a perf ring's header tells its size as soon as it is mapped. */
static void do_mmap_rules(void)
{
	const size_t page = 4096;
	const int ro = PROT_READ, rw = PROT_READ | PROT_WRITE;
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = PERF_COUNT_SW_BPF_OUTPUT,
					.sample_type = PERF_SAMPLE_RAW };
	union bpf_attr freeze = { 0 };
	int fd = map_create(BPF_MAP_TYPE_HASH, 4, 8, 16, 0);

	CHECK(map_errno(fd, page, rw, 0) == 524);
	fd = map_create(BPF_MAP_TYPE_ARRAY, 4, 8, 16, 0);
	CHECK(map_errno(fd, page, ro, 0) == EINVAL);
	fd = map_create(BPF_MAP_TYPE_ARRAY, 4, 8, 512, BPF_F_MMAPABLE);
	CHECK(map_errno(fd, 8, rw, 0) == 0);
	CHECK(map_errno(fd, page + 1, ro, 0) == EINVAL);
	CHECK(map_errno(fd, page, ro, page) == EINVAL);
	freeze.map_fd = fd;
	CHECK(bpf(BPF_MAP_FREEZE, &freeze, sizeof(freeze)) == 0);
	CHECK(map_errno(fd, page, ro, 0) == 0 && map_errno(fd, page, rw, 0) == EPERM);
	fd = map_create(BPF_MAP_TYPE_ARRAY, 4, 8, 512, BPF_F_MMAPABLE | BPF_F_RDONLY_PROG);
	CHECK(map_errno(fd, page, ro, 0) == 0 && map_errno(fd, page, rw, 0) == EACCES);
	fd = map_create(BPF_MAP_TYPE_RINGBUF, 0, 0, page, 0);
	CHECK(map_errno(fd, page, rw, 0) == 0 && map_errno(fd, page, rw, page) == EPERM);
	CHECK(map_errno(fd, 3 * page, ro, page) == 0 && map_errno(fd, 5 * page, ro, 0) == EINVAL);
	fd = map_create(BPF_MAP_TYPE_USER_RINGBUF, 0, 0, page, 0);
	CHECK(map_errno(fd, page, rw, 0) == EPERM && map_errno(fd, 3 * page, rw, page) == 0);

	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	CHECK(fd >= 0 && map_errno(fd, 4 * page, rw, 0) == EINVAL);
	CHECK(map_errno(fd, 2 * page, rw, page) == EINVAL);
	struct perf_event_mmap_page *header = mmap(NULL, 5 * page, rw, MAP_SHARED, fd, 0);
	CHECK(header != MAP_FAILED);
	CHECK(header->data_offset == page && header->data_size == 4 * page);
	CHECK(map_errno(fd, 5 * page, rw, 0) == 0 && map_errno(fd, 3 * page, rw, 0) == EINVAL);
}

/* An attr, its key and its value at every place of two pages that have nothing around them. */
static void do_edges(void)
{
	const unsigned int attr_size = offsetof(union bpf_attr, flags) + 8;
	char *all = mmap(NULL, 4 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	     *pages = all + 4096;
	int fd = map_create(BPF_MAP_TYPE_HASH, 4, 8, 64, 0);

	CHECK(all != MAP_FAILED && !mprotect(pages, 2 * 4096, PROT_READ | PROT_WRITE));
	for (unsigned int at = 0; at + attr_size <= 2 * 4096; at += 24) {
		union bpf_attr *attr = (void *)(pages + at);
		bool is_high = at > 4096;
		char *key = is_high ? pages + at - 4 : pages + at + attr_size;
		char *value = is_high ? pages : pages + 2 * 4096 - 8;
		unsigned int k = at % 64;
		unsigned long v = at + 1, none = 0;

		memset(attr, 0, attr_size);
		attr->map_fd = fd;
		attr->key = (unsigned long)key;
		attr->value = (unsigned long)value;
		memcpy(key, &k, 4);
		memcpy(value, &v, 8);
		CHECK(bpf(BPF_MAP_UPDATE_ELEM, attr, attr_size) == 0);
		memcpy(value, &none, 8);
		CHECK(bpf(BPF_MAP_LOOKUP_ELEM, attr, attr_size) == 0 && !memcmp(value, &v, 8));
		attr->key = (unsigned long)all;
		CHECK(bpf(BPF_MAP_LOOKUP_ELEM, attr, attr_size) == -1 && errno == EFAULT);
		attr->key = (unsigned long)(pages + 2 * 4096 - 2);
		CHECK(bpf(BPF_MAP_LOOKUP_ELEM, attr, attr_size) == -1 && errno == EFAULT);
	}
	CHECK(bpf(BPF_MAP_LOOKUP_ELEM, (void *)(pages + 2 * 4096 - 8), attr_size) == -1 &&
	      errno == EFAULT);
	CHECK(bpf(BPF_MAP_LOOKUP_ELEM, (void *)-16ul, attr_size) == -1 && errno == EFAULT);
	CHECK(bpf(BPF_MAP_LOOKUP_ELEM, (void *)-4096ul, attr_size) == -1 && errno == EFAULT);
}

static volatile sig_atomic_t signals;

static void on_signal(int sig)
{
	signals++;
}

static void *use_maps(void *arg)
{
	for (int i = 0; i < 200; i++) {
		int fd = map_create(i % 2 ? BPF_MAP_TYPE_HASH : BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0);
		unsigned int key = i % 4;
		unsigned long value = i, got = ~0ul;

		CHECK(fd >= 0);
		CHECK(elem(BPF_MAP_UPDATE_ELEM, fd, &key, &value) == 0);
		CHECK(elem(BPF_MAP_LOOKUP_ELEM, fd, &key, &got) == 0 && got == value);
		close(fd);
	}
	return NULL;
}

/* No call fails and none happens twice, however many signals arrive whose handlers want calls
 * restarted. */
static void do_threads(void)
{
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = { 0 };
	pthread_t threads[8];

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (int i = 0; i < 8; i++)
		CHECK(!pthread_create(&threads[i], NULL, use_maps, NULL));
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	setitimer(ITIMER_REAL, &never, NULL);
	CHECK(signals > 0);
}

static int send_fd(int sock, int fd)
{
	char byte = 0, room[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = room,
			      .msg_controllen = sizeof(room) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&msg);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	return sendmsg(sock, &msg, 0) == 1 ? 0 : -1;
}

static int receive_fd(int sock)
{
	char byte, room[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = room,
			      .msg_controllen = sizeof(room) };
	int fd;

	if (recvmsg(sock, &msg, 0) != 1 || !CMSG_FIRSTHDR(&msg))
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

static void wait_for(pid_t pid)
{
	int status;

	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

/* The child makes a map, passes it on and dies; the map lives. */
static void do_pass(void)
{
	unsigned int key = 1;
	unsigned long value = 42, got = 0;
	int pair[2];

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	pid_t pid = fork();
	if (pid == 0) {
		int fd = map_create(BPF_MAP_TYPE_HASH, 4, 8, 4, 0);

		CHECK(fd >= 0 && elem(BPF_MAP_UPDATE_ELEM, fd, &key, &value) == 0);
		CHECK(send_fd(pair[1], fd) == 0);
		_exit(0);
	}
	wait_for(pid);
	int fd = receive_fd(pair[0]);
	CHECK(fd >= 0 && elem(BPF_MAP_LOOKUP_ELEM, fd, &key, &got) == 0 && got == 42);
}

/* An fd without close-on-exec is the map for whoever is executed. */
static void do_exec(const char *self)
{
	int fd = map_create(BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0), kept;
	unsigned int key = 3;
	unsigned long value = 99;
	char number[16];

	CHECK(fd >= 0 && elem(BPF_MAP_UPDATE_ELEM, fd, &key, &value) == 0);
	kept = dup(fd);
	snprintf(number, sizeof(number), "%d", kept);
	pid_t pid = fork();
	if (pid == 0) {
		execl(self, self, "inherited", number, (char *)NULL);
		_exit(1);
	}
	wait_for(pid);
}

static void do_inherited(const char *number)
{
	unsigned int key = 3;
	unsigned long got = 0;

	CHECK(elem(BPF_MAP_LOOKUP_ELEM, atoi(number), &key, &got) == 0 && got == 99);
}

static int load_program(const struct bpf_insn *code, unsigned int len)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER };

	attr.insns = (unsigned long)code;
	attr.insn_cnt = len;
	attr.license = (unsigned long)"GPL";
	return bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

static int ringbuf_program(int ring)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ST | BPF_MEM | BPF_DW,
		  .dst_reg = BPF_REG_10,
		  .off = -8,
		  .imm = 4711 },
		{ .code = BPF_LD | BPF_IMM | BPF_DW,
		  .dst_reg = BPF_REG_1,
		  .src_reg = BPF_PSEUDO_MAP_FD,
		  .imm = ring },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X,
		  .dst_reg = BPF_REG_2,
		  .src_reg = BPF_REG_10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_2, .imm = -8 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = 8 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_4, .imm = 0 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_ringbuf_output },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return load_program(code, sizeof(code) / sizeof(code[0]));
}

static void run_program(int prog)
{
	union bpf_attr attr = { 0 };
	char packet[64] = { 0 };

	attr.test.prog_fd = prog;
	attr.test.data_in = (unsigned long)packet;
	attr.test.data_size_in = sizeof(packet);
	CHECK(bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)) == 0);
}

/* What a program writes wakes who waits, by epoll, and lies in the mapped ring. */
static void do_ring(void)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = 1234567 }, got = { 0 };
	int ring = map_create(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0),
	    set = epoll_create1(EPOLL_CLOEXEC);

	CHECK(ring >= 0 && set >= 0);
	volatile unsigned long *producer = mmap(NULL, 3 * 4096, PROT_READ, MAP_SHARED, ring, 4096);
	CHECK(producer != MAP_FAILED);
	int other = dup(ring);
	CHECK(epoll_ctl(set, EPOLL_CTL_ADD, other, &event) == 0);
	CHECK(epoll_ctl(set, EPOLL_CTL_ADD, other, &event) == -1 && errno == EEXIST);
	while (epoll_wait(set, &got, 1, 0) > 0)
		;
	int prog = ringbuf_program(ring);
	CHECK(prog >= 0);
	pid_t pid = fork();
	if (pid == 0) {
		usleep(20000);
		run_program(prog);
		_exit(0);
	}
	CHECK(epoll_wait(set, &got, 1, 5000) == 1 && got.data.u64 == 1234567);
	wait_for(pid);
	CHECK(producer[0] == 16 && producer[512 + 1] == 4711);
	int pipes[2];
	CHECK(!pipe(pipes) && epoll_ctl(set, EPOLL_CTL_ADD, pipes[0], &event) == 0);
	CHECK(epoll_ctl(set, EPOLL_CTL_DEL, other, NULL) == 0);
}

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}

/* Objects whose only fds may not write end with those, too. */
static void do_read_only(void)
{
	int fd = map_create(BPF_MAP_TYPE_ARRAY, 4, 4096, 1, BPF_F_RDONLY | BPF_F_MMAPABLE);
	union bpf_attr attr = { 0 };

	CHECK(fd >= 0 && bpf(BPF_MAP_GET_NEXT_ID, &attr, sizeof(attr)) == 0);
	unsigned int id = attr.next_id;
	void *mem = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(mem != MAP_FAILED && !close(fd));
	attr = (union bpf_attr){ .map_id = id, .open_flags = BPF_F_RDONLY };
	fd = bpf(BPF_MAP_GET_FD_BY_ID, &attr, sizeof(attr));
	CHECK(fd >= 0 && !munmap(mem, 4096));
	int other = dup(fd);
	close(fd);
	fd = bpf(BPF_MAP_GET_FD_BY_ID, &attr, sizeof(attr));
	CHECK(fd >= 0 && !close(other) && !close(fd));
	attr = (union bpf_attr){ 0 };
	CHECK(bpf(BPF_MAP_GET_NEXT_ID, &attr, sizeof(attr)) == -1 && errno == ENOENT);
}

/* Times that are none, and one that is nearly for ever. */
static void check_timeouts(int ring, int prog, volatile unsigned long *consumer)
{
	static const struct timespec bad[] = { { -1, 0 }, { 0, -1 }, { 0, 1000000000 } };
	struct timespec ages = { 18446744074, 0 }; /* 2^64 ns, and 0.29 s */
	struct pollfd polled = { ring, POLLIN, 7 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(ring, &set);
	for (int i = 0; i < 3; i++) {
		CHECK(ppoll(&polled, 1, &bad[i], NULL) == -1 && errno == EINVAL);
		CHECK(pselect(ring + 1, &set, NULL, NULL, &bad[i], NULL) == -1 && errno == EINVAL);
	}
	for (int use_select = 0; use_select < 2; use_select++) {
		pid_t pid = fork();

		if (pid == 0) {
			usleep(600000);
			run_program(prog);
			_exit(0);
		}
		CHECK((use_select ? pselect(ring + 1, &set, NULL, NULL, &ages, NULL)
				  : ppoll(&polled, 1, &ages, NULL)) == 1);
		wait_for(pid);
		consumer[0] += 16;
	}
}

/* poll waits until something is unread. */
static void do_poll(void)
{
	int ring = map_create(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0), prog = ringbuf_program(ring),
	    ends[2];

	CHECK(ring >= 0 && prog >= 0 && !pipe(ends));
	volatile unsigned long *consumer =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring, 0);
	CHECK(consumer != MAP_FAILED);
	struct pollfd fds[] = { { ring, POLLIN, 7 }, { ends[0], POLLIN, 7 } };
	double start = now_us();
	CHECK(poll(fds, 2, 20) == 0 && !fds[0].revents && !fds[1].revents);
	CHECK(now_us() - start >= 19000);
	for (int i = 1; i <= 3; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			usleep(20000);
			run_program(prog);
			_exit(0);
		}
		CHECK(poll(fds, 2, 5000) == 1 && fds[0].revents == POLLIN && !fds[1].revents);
		wait_for(pid);
		CHECK(poll(fds, 1, -1) == 1 && fds[0].revents == POLLIN);
		consumer[0] = 16 * i;
		CHECK(poll(fds, 2, 0) == 0);
	}
	check_timeouts(ring, prog, consumer);
	CHECK(write(ends[1], "x", 1) == 1);
	CHECK(poll(fds, 2, 5000) == 1 && !fds[0].revents && fds[1].revents == POLLIN);
	CHECK(close(ring) == 0 && poll(fds, 1, 100) == 1 && fds[0].revents == POLLNVAL);
}

static int select_two(int a, int b, long ms, fd_set *set, long *left_ms)
{
	struct timeval t = { ms / 1000, ms % 1000 * 1000 };
	int ret;

	FD_ZERO(set);
	FD_SET(a, set);
	FD_SET(b, set);
	ret = select((a > b ? a : b) + 1, set, NULL, NULL, &t);
	*left_ms = t.tv_sec * 1000 + t.tv_usec / 1000;
	return ret;
}

/* As do_poll. */
static void do_select(void)
{
	int ring = map_create(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0), prog = ringbuf_program(ring),
	    ends[2];
	struct timespec none = { 0 };
	fd_set set;
	long left;

	CHECK(ring >= 0 && prog >= 0 && !pipe(ends));
	volatile unsigned long *consumer =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring, 0);
	double start = now_us();
	CHECK(select_two(ring, ends[0], 20, &set, &left) == 0 && !left);
	CHECK(now_us() - start >= 19000 && !FD_ISSET(ring, &set) && !FD_ISSET(ends[0], &set));
	pid_t pid = fork();
	if (pid == 0) {
		usleep(20000);
		run_program(prog);
		_exit(0);
	}
	CHECK(select_two(ring, ends[0], 9000, &set, &left) == 1 && left > 0 && left < 9000);
	CHECK(FD_ISSET(ring, &set) && !FD_ISSET(ends[0], &set));
	wait_for(pid);
	CHECK(pselect(ring + 1, &set, NULL, NULL, &none, NULL) == 1 && FD_ISSET(ring, &set));
	CHECK(write(ends[1], "x", 1) == 1);
	CHECK(select_two(ring, ends[0], 9000, &set, &left) == 2);
	consumer[0] = 16;
	CHECK(select_two(ring, ends[0], 9000, &set, &left) == 1 && !FD_ISSET(ring, &set));
	close(ends[0]);
	CHECK(select_two(ring, ends[0], 100, &set, &left) == -1 && errno == EBADF);
}

static void do_undumpable(void)
{
	CHECK(!prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
	do_elements();
	CHECK(!prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

/* Raised as loaders do before they begin. */
static void do_memlock(void)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY }, none = { 0, RLIM_INFINITY };

	CHECK(!setrlimit(RLIMIT_MEMLOCK, &none));
	do_elements();
	CHECK(!setrlimit(RLIMIT_MEMLOCK, &all));
	all.rlim_cur = 5, all.rlim_max = 4;
	CHECK(setrlimit(RLIMIT_MEMLOCK, &all) == -1 && errno == EINVAL);
}

/* A program that prints a line. */
static void do_print(void)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ST | BPF_MEM | BPF_W,
		  .dst_reg = BPF_REG_10,
		  .off = -8,
		  .imm = 0x20756f79 },
		{ .code = BPF_ST | BPF_MEM | BPF_W,
		  .dst_reg = BPF_REG_10,
		  .off = -4,
		  .imm = 0x00756c },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X,
		  .dst_reg = BPF_REG_1,
		  .src_reg = BPF_REG_10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_1, .imm = -8 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = 8 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_trace_printk },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int prog = load_program(code, sizeof(code) / sizeof(code[0]));

	CHECK(prog >= 0);
	run_program(prog);
}

/* The kernel's types have the first id and a name, and are nobody's own. */
static void do_kernel_types(void)
{
	char name[8] = { 0 }, cut[4] = "xxxx";
	struct bpf_btf_info info = { .name = (unsigned long)name, .name_len = sizeof(name) };
	union bpf_attr attr = { 0 };

	CHECK(!bpf(BPF_BTF_GET_NEXT_ID, &attr, sizeof(attr)) && attr.next_id == 1);
	attr = (union bpf_attr){ .btf_id = 1 };
	int fd = bpf(BPF_BTF_GET_FD_BY_ID, &attr, sizeof(attr));
	CHECK(fd >= 0);
	attr = (union bpf_attr){ .info.bpf_fd = fd, .info.info_len = sizeof(info) };
	attr.info.info = (unsigned long)&info;
	CHECK(!bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)));
	CHECK(info.id == 1 && info.kernel_btf == 1 && info.name_len == 7);
	CHECK(info.btf_size > 100000 && !strcmp(name, "vmlinux"));
	info = (struct bpf_btf_info){ .name = (unsigned long)cut, .name_len = sizeof(cut) };
	CHECK(bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) == -1 && errno == ENOSPC);
	CHECK(!strcmp(cut, "vml") && info.name_len == 7);
	attr = (union bpf_attr){ .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4 };
	attr.max_entries = 1;
	attr.btf_fd = fd;
	attr.btf_key_type_id = attr.btf_value_type_id = 1;
	CHECK(bpf(BPF_MAP_CREATE, &attr, sizeof(attr)) == -1 && errno == EACCES);
}

/* A signal ends a long run of a program. */
static void do_interrupt(void)
{
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct itimerval soon = { .it_value = { 0, 100000 } };
	int prog = ringbuf_program(map_create(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0));
	union bpf_attr attr = { 0 };
	char packet[64] = { 0 };

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &soon, NULL);
	attr.test.prog_fd = prog;
	attr.test.data_in = (unsigned long)packet;
	attr.test.data_size_in = sizeof(packet);
	attr.test.repeat = 1 << 30;
	CHECK(bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)) == -1 && errno == EINTR);
	CHECK(signals == 1);
}

/* Microseconds a call: the median of 21 rounds. */
static int by_value(const void *a, const void *b)
{
	return *(const double *)a < *(const double *)b ? -1 : 1;
}

/* As libbpf asks: its attr ends behind the last field that is wanted. */
static void next_key(int fd, unsigned int *key)
{
	union bpf_attr attr = { .map_fd = fd };
	unsigned int next;

	attr.key = (unsigned long)key;
	attr.next_key = (unsigned long)&next;
	CHECK(bpf(BPF_MAP_GET_NEXT_KEY, &attr, offsetof(union bpf_attr, flags)) == -1 &&
	      errno == ENOENT);
}

static void do_bench(void)
{
	int fd = map_create(BPF_MAP_TYPE_HASH, 4, 8, 16, 0);
	unsigned int key = 5;
	unsigned long value = 77;
	double look[21], next[21], load[21];

	CHECK(fd >= 0 && elem(BPF_MAP_UPDATE_ELEM, fd, &key, &value) == 0);
	int ring = map_create(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	for (int r = 0; r < 21; r++) {
		double t = now_us();

		for (int i = 0; i < 1000; i++)
			elem(BPF_MAP_LOOKUP_ELEM, fd, &key, &value);
		look[r] = (now_us() - t) / 1000;
		t = now_us();
		for (int i = 0; i < 1000; i++)
			next_key(fd, &key);
		next[r] = (now_us() - t) / 1000;
		t = now_us();
		for (int i = 0; i < 20; i++)
			close(ringbuf_program(ring));
		load[r] = (now_us() - t) / 20;
	}
	qsort(look, 21, sizeof(double), by_value);
	qsort(next, 21, sizeof(double), by_value);
	qsort(load, 21, sizeof(double), by_value);
	printf("lookup %.2f us, next %.2f us, load and close %.2f us\n", look[10], next[10],
	       load[10]);
}

#ifdef IS_GO
/* What Go programs have, which make system calls of their own. */
__asm__(".pushsection .note.go.buildid,\"a\",@note\n.align 4\n.long 4, 4, 4\n.asciz "
	"\"Go\\0\"\n.long 0\n"
	".popsection");
#endif

/* A close that nobody sees: the next map has the number. */
static void do_unseen(void)
{
	unsigned int key = 0;
	unsigned long one = 1, two = 2, got = 0;
	int fd = map_create(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	long closed;

	CHECK(fd >= 0 && elem(BPF_MAP_UPDATE_ELEM, fd, &key, &one) == 0);
#if defined(__x86_64__)
	__asm__ volatile("syscall"
			 : "=a"(closed)
			 : "a"(SYS_close), "D"((long)fd)
			 : "rcx", "r11", "memory");
#else
	closed = close(fd);
#endif
	CHECK(closed == 0 && map_create(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0) == fd);
	CHECK(elem(BPF_MAP_LOOKUP_ELEM, fd, &key, &got) == 0 && got == 0);
	CHECK(elem(BPF_MAP_UPDATE_ELEM, fd, &key, &two) == 0);
}

/* Other maps of plain bytes. */
static void do_kinds(void)
{
	static const int types[] = { BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_PERCPU_ARRAY,
				     BPF_MAP_TYPE_LRU_PERCPU_HASH };
	unsigned long out[1024], in[1024];
	unsigned int key = 1;

	for (int i = 0; i < 1024; i++)
		in[i] = i + 1;
	for (int i = 0; i < 3; i++) {
		int fd = map_create(types[i], 4, 8, 4, 0);

		CHECK(fd >= 0 && elem(BPF_MAP_UPDATE_ELEM, fd, &key, in) == 0);
		memset(out, 0, sizeof(out));
		CHECK(elem(BPF_MAP_LOOKUP_ELEM, fd, &key, out) == 0);
		int cpus = 0;
		while (cpus < 1024 && out[cpus])
			cpus++;
		CHECK(cpus > 0 && !memcmp(in, out, cpus * 8) && !out[cpus]);
		CHECK(elem(BPF_MAP_GET_NEXT_KEY, fd, NULL, &key) == 0);
	}
	struct {
		unsigned int bits;
		unsigned char addr[4];
	} net = { 8, { 10 } }, host = { 32, { 10, 1, 2, 3 } };
	int fd = map_create(BPF_MAP_TYPE_LPM_TRIE, 8, 8, 4, BPF_F_NO_PREALLOC);
	CHECK(fd >= 0 && elem(BPF_MAP_UPDATE_ELEM, fd, &net, in) == 0);
	CHECK(elem(BPF_MAP_LOOKUP_ELEM, fd, &host, out) == 0 && out[0] == 1);
	net.bits = 40;
	CHECK(elem(BPF_MAP_UPDATE_ELEM, fd, &net, in) == -1 && errno == EINVAL);
	CHECK(elem(BPF_MAP_DELETE_ELEM, fd, &host, NULL) == -1 && errno == ENOENT);
}

static void *fork_always(void *arg)
{
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (!pid) {
			do_elements();
			_exit(0);
		}
		wait_for(pid);
	}
	return NULL;
}

/* Children of a process whose other threads are in the middle of calls. */
static void do_fork(void)
{
	pthread_t users[4], forker;

	for (int i = 0; i < 4; i++)
		CHECK(!pthread_create(&users[i], NULL, use_maps, NULL));
	CHECK(!pthread_create(&forker, NULL, fork_always, NULL));
	for (int i = 0; i < 4; i++)
		pthread_join(users[i], NULL);
	pthread_join(forker, NULL);
}

static void do_freeze(void)
{
	union bpf_attr attr = { 0 };
	unsigned int key = 0;
	unsigned long value = 7;
	int fd = map_create(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);

	attr.map_fd = fd;
	CHECK(fd >= 0 && elem(BPF_MAP_UPDATE_ELEM, fd, &key, &value) == 0);
	CHECK(bpf(BPF_MAP_FREEZE, &attr, sizeof(attr)) == 0);
	CHECK(elem(BPF_MAP_UPDATE_ELEM, fd, &key, &value) == -1 && errno == EPERM);
	CHECK(elem(BPF_MAP_LOOKUP_ELEM, fd, &key, &value) == 0 && value == 7);
}

/* Threads use a number that another thread gives to other maps all the time: they get a map's
 * answer or EBADF. */
static int shared_fd;
static volatile int is_done;

static void *look_always(void *arg)
{
	while (!is_done) {
		unsigned int key = 0;
		unsigned long got = 1;

		if (elem(BPF_MAP_LOOKUP_ELEM, shared_fd, &key, &got))
			CHECK(errno == EBADF);
		else
			CHECK(got == 0 || got == 5);
	}
	return NULL;
}

static void do_race(void)
{
	pthread_t threads[4];

	shared_fd = dup(0);
	close(shared_fd);
	for (int i = 0; i < 4; i++)
		CHECK(!pthread_create(&threads[i], NULL, look_always, NULL));
	for (int i = 0; i < 200; i++) {
		unsigned int key = 0;
		unsigned long five = 5;
		int fd = map_create(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);

		CHECK(fd >= 0);
		CHECK(elem(BPF_MAP_UPDATE_ELEM, fd, &key, &five) == 0);
		close(fd);
	}
	is_done = 1;
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

/* Makes and drops objects until somebody ends it. */
static void do_forever(void)
{
	for (;;)
		use_maps(NULL);
}

/* Calls until a call fails, and says how. */
static void do_until_error(void)
{
	int fd;

	puts("ready");
	fflush(stdout);
	while ((fd = map_create(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0)) >= 0)
		close(fd);
	printf("%s\n", strerror(errno));
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *what = argv[i];

		if (!strcmp(what, "elements"))
			do_elements();
		else if (!strcmp(what, "edges"))
			do_edges();
		else if (!strcmp(what, "mmap"))
			do_mmap();
		else if (!strcmp(what, "mmap-rules"))
			do_mmap_rules();
		else if (!strcmp(what, "threads"))
			do_threads();
		else if (!strcmp(what, "pass"))
			do_pass();
		else if (!strcmp(what, "exec"))
			do_exec(argv[0]);
		else if (!strcmp(what, "inherited") && i + 1 < argc)
			do_inherited(argv[++i]);
		else if (!strcmp(what, "ring"))
			do_ring();
		else if (!strcmp(what, "read-only"))
			do_read_only();
		else if (!strcmp(what, "undumpable"))
			do_undumpable();
		else if (!strcmp(what, "poll"))
			do_poll();
		else if (!strcmp(what, "select"))
			do_select();
		else if (!strcmp(what, "memlock"))
			do_memlock();
		else if (!strcmp(what, "print"))
			do_print();
		else if (!strcmp(what, "kernel-types"))
			do_kernel_types();
		else if (!strcmp(what, "interrupt"))
			do_interrupt();
		else if (!strcmp(what, "reuse"))
			do_reuse();
		else if (!strcmp(what, "changes"))
			do_changes();
		else if (!strcmp(what, "places"))
			do_places();
		else if (!strcmp(what, "numbers"))
			do_numbers();
		else if (!strcmp(what, "kinds"))
			do_kinds();
		else if (!strcmp(what, "unseen"))
			do_unseen();
		else if (!strcmp(what, "fork"))
			do_fork();
		else if (!strcmp(what, "freeze"))
			do_freeze();
		else if (!strcmp(what, "race"))
			do_race();
		else if (!strcmp(what, "bench"))
			do_bench();
		else if (!strcmp(what, "forever"))
			do_forever();
		else if (!strcmp(what, "until-error"))
			do_until_error();
		else
			return 2;
	}
	return 0;
}
