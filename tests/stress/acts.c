/* SPDX-License-Identifier: BSD-2-Clause */
/* What the actors of a crowd do. Each act checks what it gets, and leaves nothing behind. */
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "../door/client.h"
#include "crowd.h"

#define INSN(...) ((struct bpf_insn){ __VA_ARGS__ })
#define MAP_IN(reg, fd)                                                                            \
	INSN(.code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = (reg), .src_reg = BPF_PSEUDO_MAP_FD,    \
	     .imm = (fd)),                                                                         \
		INSN(0)
#define COPY(to, from) INSN(.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = (to), .src_reg = (from))
#define SET(reg, value) INSN(.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (reg), .imm = (value))
#define ADD(reg, value) INSN(.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = (reg), .imm = (value))
#define CALL(helper) INSN(.code = BPF_JMP | BPF_CALL, .imm = (helper))
#define STACK(at, value)                                                                           \
	INSN(.code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .off = (at), .imm = (value))
#define EXIT INSN(.code = BPF_JMP | BPF_EXIT)

static int load(const struct bpf_insn *code, int nr)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER };

	attr.insns = (unsigned long)code;
	attr.insn_cnt = nr;
	attr.license = (unsigned long)"GPL";
	return bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}
#define LOAD(code) load(code, sizeof(code) / sizeof((code)[0]))

/* (*lookup(map, 0))++, by all at once. */
int adding_program(int map)
{
	const struct bpf_insn code[] = {
		STACK(-8, 0),
		MAP_IN(BPF_REG_1, map),
		COPY(BPF_REG_2, BPF_REG_10),
		ADD(BPF_REG_2, -8),
		CALL(BPF_FUNC_map_lookup_elem),
		INSN(.code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = BPF_REG_0, .off = 2),
		SET(BPF_REG_1, 1),
		INSN(.code = BPF_STX | BPF_ATOMIC | BPF_DW, .dst_reg = BPF_REG_0,
		     .src_reg = BPF_REG_1, .imm = BPF_ADD),
		SET(BPF_REG_0, 77),
		EXIT,
	};

	return LOAD(code);
}

static int ringing_program(int ring, int word)
{
	const struct bpf_insn code[] = {
		STACK(-8, word),
		MAP_IN(BPF_REG_1, ring),
		COPY(BPF_REG_2, BPF_REG_10),
		ADD(BPF_REG_2, -8),
		SET(BPF_REG_3, 8),
		SET(BPF_REG_4, 0),
		CALL(BPF_FUNC_ringbuf_output),
		SET(BPF_REG_0, 0),
		EXIT,
	};

	return LOAD(code);
}

static unsigned int run(int prog)
{
	union bpf_attr attr = { 0 };
	char packet[64] = { 0 };

	attr.test.prog_fd = prog;
	attr.test.data_in = (unsigned long)packet;
	attr.test.data_size_in = sizeof(packet);
	CHECK(bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)) == 0);
	return attr.test.retval;
}

static void add(struct actor *a)
{
	__atomic_fetch_add(&crowd->adds_begun, 1, __ATOMIC_SEQ_CST);
	CHECK(run(adder) == 77);
	__atomic_fetch_add(&crowd->adds_ended, 1, __ATOMIC_SEQ_CST);
}

/* A key of the shared table that nobody else has. */
static unsigned long long value_of(unsigned int key)
{
	return key * 0x100000001ull;
}

static int update(int fd, unsigned int key, unsigned long long value, int flags)
{
	union bpf_attr attr = { .map_fd = fd };

	attr.key = (unsigned long)&key;
	attr.value = (unsigned long)&value;
	attr.flags = flags;
	return bpf(BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr));
}

static void keep_keys(struct actor *a)
{
	unsigned long long got = 0;
	unsigned int i, key;

	if (a->nr_keys < KEYS_OF_EACH && pick(a, 2)) {
		key = (a->id & 0x7fff0000) | (a->id & 0xff) << 8 | a->nr_keys;
		if (update(table, key, value_of(key), BPF_NOEXIST)) {
			/* full, of what the killed have left */
			CHECK(errno == E2BIG || (a->in < 0 && errno == EEXIST));
			return;
		}
		a->keys[a->nr_keys++] = key;
	}
	if (!a->nr_keys)
		return;
	i = pick(a, a->nr_keys);
	CHECK(!elem(BPF_MAP_LOOKUP_ELEM, table, &a->keys[i], &got) && got == value_of(a->keys[i]));
}

void drop_keys(struct actor *a)
{
	unsigned long long got;

	for (; a->nr_keys; a->nr_keys--) {
		unsigned int *key = &a->keys[a->nr_keys - 1];

		CHECK(!elem(BPF_MAP_LOOKUP_ELEM, table, key, &got) && got == value_of(*key));
		CHECK(!elem(BPF_MAP_DELETE_ELEM, table, key, NULL));
		CHECK(elem(BPF_MAP_LOOKUP_ELEM, table, key, &got) && errno == ENOENT);
	}
}

static void make_map(struct actor *a)
{
	static const unsigned int types[] = { BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_ARRAY,
					      BPF_MAP_TYPE_LRU_HASH };
	unsigned long long got, count = 0;
	unsigned int type = types[pick(a, 3)], n = 1 + pick(a, 30), key, *at = NULL;
	int fd = map_create(type, 4, 8, 32, 0);

	CHECK(fd >= 0);
	for (unsigned int i = 0; i < n; i++)
		CHECK(!update(fd, i, i + 1, BPF_ANY));
	while (!elem(BPF_MAP_GET_NEXT_KEY, fd, at, &key)) {
		at = &key;
		CHECK(!elem(BPF_MAP_LOOKUP_ELEM, fd, &key, &got));
		count += got;
	}
	CHECK(errno == ENOENT && count == n * (n + 1) / 2);
	close(fd);
}

static void make_program(struct actor *a)
{
	const struct bpf_insn code[] = { SET(BPF_REG_0, (int)pick(a, 1000)), EXIT };
	int fd = LOAD(code);

	CHECK(fd >= 0 && run(fd) == (unsigned int)code[0].imm);
	close(fd);
}

static void ring(struct actor *a)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = a->id }, got = { 0 };
	int fd = map_create(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	int set = epoll_create1(EPOLL_CLOEXEC), word = 1 + pick(a, 1000);
	int prog = ringing_program(fd, word);
	volatile unsigned long *pages;

	CHECK(fd >= 0 && set >= 0 && prog >= 0);
	CHECK(!epoll_ctl(set, EPOLL_CTL_ADD, fd, &event));
	pages = mmap(NULL, 3 * 4096, PROT_READ, MAP_SHARED, fd, 4096);
	CHECK(pages != MAP_FAILED);
	run(prog);
	CHECK(epoll_wait(set, &got, 1, 60000) == 1 && got.data.u64 == a->id);
	CHECK(pages[0] == 16 && pages[512 + 1] == (unsigned long)word);
	munmap((void *)pages, 3 * 4096);
	close(prog);
	close(set);
	close(fd);
}

/* A map in a map, and back by its id. */
static void nest(struct actor *a)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_HASH_OF_MAPS };
	int inner = map_create(BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0), outer, again;
	unsigned int key = pick(a, 100), id = 0, zero = 0;
	unsigned long long got = 0;

	attr.key_size = attr.value_size = 4;
	attr.max_entries = 4;
	attr.inner_map_fd = inner;
	outer = bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
	CHECK(inner >= 0 && outer >= 0 && !update(inner, 0, a->id, BPF_ANY));
	CHECK(!elem(BPF_MAP_UPDATE_ELEM, outer, &key, &inner));
	close(inner);
	CHECK(!elem(BPF_MAP_LOOKUP_ELEM, outer, &key, &id) && id);
	attr = (union bpf_attr){ .map_id = id };
	again = bpf(BPF_MAP_GET_FD_BY_ID, &attr, sizeof(attr));
	CHECK(again >= 0 && !elem(BPF_MAP_LOOKUP_ELEM, again, &zero, &got) && got == a->id);
	close(again);
	close(outer);
}

/* Others' objects come and go while they are looked at. */
static void look_around(struct actor *a)
{
	union bpf_attr attr = { .start_id = pick(a, 1000) };
	struct bpf_map_info info = { 0 };

	if (bpf(BPF_MAP_GET_NEXT_ID, &attr, sizeof(attr))) {
		CHECK(errno == ENOENT);
		return;
	}
	attr = (union bpf_attr){ .map_id = attr.next_id };
	int fd = bpf(BPF_MAP_GET_FD_BY_ID, &attr, sizeof(attr));
	if (fd < 0) {
		CHECK(errno == ENOENT);
		return;
	}
	attr = (union bpf_attr){ 0 };
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (unsigned long)&info;
	CHECK(!bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) && info.id);
	close(fd);
}

/* To the neighbour goes a map with its sender's number in it. */
static void send_map(struct actor *a)
{
	char room[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { &a->id, sizeof(a->id) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = room,
			      .msg_controllen = sizeof(room) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&msg);
	int fd = map_create(BPF_MAP_TYPE_HASH, 4, 8, 4, 0);

	CHECK(fd >= 0 && !update(fd, a->id, value_of(a->id), BPF_ANY));
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	if (a->out >= 0 && sendmsg(a->out, &msg, 0) < 0)
		CHECK(errno == EAGAIN || errno == ECONNREFUSED || errno == ETOOMANYREFS ||
		      errno == ECONNRESET);
	close(fd);
}

static void receive_map(struct actor *a)
{
	char room[CMSG_SPACE(sizeof(int))];
	unsigned int from;
	unsigned long long got = 0;
	struct iovec iov = { &from, sizeof(from) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = room,
			      .msg_controllen = sizeof(room) };
	int fd;

	if (a->in < 0 || recvmsg(a->in, &msg, MSG_CMSG_CLOEXEC) != sizeof(from))
		return;
	CHECK(CMSG_FIRSTHDR(&msg));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	CHECK(!elem(BPF_MAP_LOOKUP_ELEM, fd, &from, &got) && got == value_of(from));
	close(fd);
}

/* A child uses what it inherits, and a copy of the fd is the map too. */
static void inherit(struct actor *a)
{
	int fd = map_create(BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0), copy = dup(fd), status;
	unsigned int key = 1;
	unsigned long long got = 0;
	pid_t pid;

	if (pick(a, 8)) { /* forking is dear */
		CHECK(!update(copy, 1, 5, BPF_ANY));
	} else {
		pid = fork();
		CHECK(pid >= 0);
		if (!pid)
			_exit(update(fd, 1, 5, BPF_ANY) != 0);
		CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	}
	close(fd);
	CHECK(!elem(BPF_MAP_LOOKUP_ELEM, copy, &key, &got) && got == 5);
	close(copy);
}

static void freeze(struct actor *a)
{
	union bpf_attr attr = { 0 };
	int fd = map_create(BPF_MAP_TYPE_ARRAY, 4, 8, 4, BPF_F_RDONLY_PROG);

	CHECK(fd >= 0 && !update(fd, 1, 2, BPF_ANY));
	attr.map_fd = fd;
	CHECK(!bpf(BPF_MAP_FREEZE, &attr, sizeof(attr)));
	CHECK(update(fd, 1, 3, BPF_ANY) && errno == EPERM);
	close(fd);
}

/* The header, no types but `int`, and its name. */
static void load_types(struct actor *a)
{
	const struct {
		unsigned short magic;
		unsigned char version, flags;
		unsigned int header, types, types_len, strings, strings_len;
		unsigned int type[4];
		char names[8];
	} btf = { 0xeb9f, 1, 0, 24, 0, 16, 16, 8, { 1, 1 << 24, 4, 32 }, "\0int" };
	union bpf_attr attr = { 0 };

	attr.btf = (unsigned long)&btf;
	attr.btf_size = sizeof(btf);
	int fd = bpf(BPF_BTF_LOAD, &attr, sizeof(attr));
	CHECK(fd >= 0);
	close(fd);
}

static void mistakes(struct actor *a)
{
	const struct bpf_insn code[] = { EXIT }; /* without a result */
	unsigned int key = 0;
	unsigned long long got;

	CHECK(map_create(BPF_MAP_TYPE_HASH, 0, 8, 1, 0) == -1 && errno == EINVAL);
	CHECK(elem(BPF_MAP_LOOKUP_ELEM, table, (void *)8, &got) == -1 && errno == EFAULT);
	CHECK(elem(BPF_MAP_LOOKUP_ELEM, 1 << 20, &key, &got) == -1 && errno == EBADF);
	int fd = LOAD(code);
	if (fd >= 0) /* a world that does not verify */
		close(fd);
}

act_fn *const all_acts[] = { add,    keep_keys,   make_map, make_program, ring,
			     nest,   look_around, send_map, receive_map,  inherit,
			     freeze, load_types,  mistakes, add,          keep_keys };
const unsigned int nr_acts = sizeof(all_acts) / sizeof(all_acts[0]);
