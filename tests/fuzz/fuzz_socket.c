/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The world's socket, where there is no notification: messages of any length and content from
 * another process, which may leave at any moment, and whose memory, fds and paths the world goes to
 * (door/remote.c). The input is up to 16 messages, and what is in the memory that they point to.
 * The same bytes are also taken for a message between those who make worlds (door/keeper.c).
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/uapi.h"
#include "door/carry.h"
#include "door/keeper.h"
#include "door/socket.h"
#include "skep/skep.h"
#include "visitor.h"

#define MAX_VISITS 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *at, *end;
};

static uint8_t take(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static uint64_t take_bytes(struct input *in, int n)
{
	uint64_t word = 0;

	for (int i = 0; i < n; i++)
		word |= (uint64_t)take(in) << 8 * i;
	return word;
}

static uint32_t take_call(struct input *in)
{
	static const uint16_t calls[] = { SYS_bpf,   SYS_perf_event_open, SYS_epoll_ctl, SYS_statfs,
					  SYS_ioctl, SYS_prlimit64,       SYS_mmap,      SYS_bpf };
	uint8_t which = take(in);

	return which < ARRAY_SIZE(calls) ? calls[which]
	       : which & 0x80            ? (uint32_t)take_bytes(in, 4)
					 : which;
}

static uint32_t take_thread(struct input *in, int visitor)
{
	uint8_t which = take(in);

	if (which < 0xf0)
		return (uint32_t)visitor;
	return which < 0xf8 ? (uint32_t)getpid() : (uint32_t)take_bytes(in, 4);
}

static uint64_t take_arg(struct input *in)
{
	static const uint32_t words[] = { CARRY_BPF, CARRY_PERF_EVENT_OPEN, DOOR_PROBE, DOOR_READER,
					  DOOR_BELL, DOOR_SYMBOLS };
	uint8_t how = take(in);
	uint64_t word = take_bytes(in, 2);

	switch (how & 7) {
	case 0:
		return word;
	case 1:
	case 2:
		return (uint64_t)(uintptr_t)ARENA + word % ARENA_SIZE;
	case 3:
		return words[word % ARRAY_SIZE(words)];
	case 4:
		return word % 20; /* an fd, a command */
	default:
		return word << (how >> 3);
	}
}

/* Mostly of a call's size; else of another one, or nothing that begins like a call. */
static struct visit take_visit(struct input *in, int visitor)
{
	struct visit v = { .how = take(in) & 0x0f, .size = sizeof(struct socket_call) };
	uint8_t shape = take(in);
	struct socket_call c = { .nr = take_call(in), .tid = take_thread(in, visitor) };

	for (int i = 0; i < 6; i++)
		c.args[i] = take_arg(in);
	memcpy(v.message, &c, sizeof(c));
	if (shape >= 0xf0)
		v.size = take(in) % (sizeof(v.message) + 1);
	return v;
}

static void tell(void *opaque)
{
	eventfd_write(*(int *)opaque, 1);
}

/* Both ends of the conversation between those who make worlds. */
static void between_keepers(const uint8_t *data, size_t size)
{
	int pair[2], word, fds[FDS_MAX], some[FDS_MAX] = { 0 };

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		abort();
	if (!skep__fds_send_bytes(pair[0], data, size % 64, some, data[0] % (FDS_MAX + 1)) &&
	    !skep__fds_receive(pair[1], &word, fds))
		skep__fds_close(fds);
	close(pair[0]);
	close(pair[1]);
}

static void serve(struct skep_world *world, struct input *in, int visitor)
{
	int sock = skep__socket_new(), gone = eventfd(0, EFD_CLOEXEC),
	    ended = eventfd(0, EFD_CLOEXEC);
	int stop = dup(gone);
	eventfd_t n;

	if (sock < 0 || gone < 0 || ended < 0 || stop < 0 ||
	    skep__socket_start(world, sock, gone, tell, &ended))
		abort();
	for (uint8_t left = take(in) % MAX_VISITS; left; left--) {
		struct visit v = take_visit(in, visitor);

		visitor_go(getenv(DOOR_VARIABLE), &v);
	}
	eventfd_write(stop, 1);
	eventfd_read(ended, &n);
	close(stop);
	close(ended);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skep_world_opts opts = {
		.size = sizeof(opts), .nr_cpus = 2, .max_objects = 64, .max_bytes = 64 << 20
	};
	struct skep_world *world = skep_world_new(&opts);
	struct input in = { data, data + size };
	int visitor = visitor_pid();
	size_t rest;

	signal(SIGPIPE, SIG_IGN);
	if (!world || visitor < 0)
		abort();
	if (size)
		between_keepers(data, size);
	/* The messages come first, and their memory is what is behind the first 1,024 bytes. */
	rest = size > 1024 ? size - 1024 : 0;
	memset(ARENA, 0, ARENA_SIZE);
	memcpy(ARENA, data + size - rest, rest < ARENA_SIZE ? rest : ARENA_SIZE);
	in.end -= rest;
	serve(world, &in, visitor);
	skep_world_free(world);
	return 0;
}
