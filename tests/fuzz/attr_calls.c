/* SPDX-License-Identifier: BSD-2-Clause */
#include "attr_calls.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_CALLS 24
#define MAX_FDS 32
#define ARENA 4096

struct input {
	const uint8_t *at, *end;
};

struct caller {
	attr_bpf *bpf;
	void *opaque;
	int fds[MAX_FDS];
	int nr_fds;
	uint8_t arena[ARENA]; /* what pointers point to: the input itself */
};

static uint8_t take(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static uint64_t take_word(struct input *in, struct caller *c)
{
	uint8_t how = take(in);
	uint64_t word = 0;

	for (int i = 0; i < (how & 0x08 ? 8 : 1); i++)
		word |= (uint64_t)take(in) << 8 * i;
	switch (how & 7) {
	case 1:
		return (uint64_t)c->arena + word % ARENA;
	case 2:
		return c->nr_fds ? (uint64_t)c->fds[word % c->nr_fds] : word;
	case 3: /* an fd in the upper half */
		return c->nr_fds ? (uint64_t)c->fds[word % c->nr_fds] << 32 | (word & 0xff) : word;
	case 4:
		return word << 32 | take(in);
	default:
		return word;
	}
}

/* Commands that make an fd, and so an object for later calls. */
static int gives_fd(int cmd)
{
	return cmd == BPF_MAP_CREATE || cmd == BPF_PROG_LOAD || cmd == BPF_BTF_LOAD ||
	       cmd == BPF_OBJ_GET || cmd == BPF_MAP_GET_FD_BY_ID || cmd == BPF_PROG_GET_FD_BY_ID ||
	       cmd == BPF_BTF_GET_FD_BY_ID || cmd == BPF_ENABLE_STATS;
}

/* Sizes stay where one input cannot take all memory or many seconds: the limits themselves are
 * tested elsewhere. */
static void bound(int cmd, uint64_t words[sizeof(union bpf_attr) / 8])
{
	union bpf_attr *attr = (union bpf_attr *)words;

	if (cmd == BPF_MAP_CREATE) {
		attr->max_entries &= 0x8000ffff;
		attr->value_size &= 0x80003fff;
	}
	if (cmd == BPF_PROG_TEST_RUN)
		attr->test.repeat &= 0xff;
}

static void call(struct caller *c, struct input *in)
{
	uint64_t words[sizeof(union bpf_attr) / 8 + 2] = { 0 };
	int cmd = take(in) % (__MAX_BPF_CMD + 1), nr = take(in) % (sizeof(words) / 8);

	for (int i = 0; i < nr; i++)
		words[i] = take_word(in, c);
	bound(cmd, words);
	long fd = c->bpf(c->opaque, cmd, (union bpf_attr *)words, take(in) % (sizeof(words) + 1));
	if (fd < 0 || !gives_fd(cmd))
		return;
	if (c->nr_fds < MAX_FDS)
		c->fds[c->nr_fds++] = fd;
	else
		close(fd);
}

void attr_calls(const uint8_t *data, size_t size, attr_bpf *bpf, void *opaque)
{
	struct input in = { data, data + size };
	static struct caller c;

	memset(&c, 0, sizeof(c));
	c.bpf = bpf;
	c.opaque = opaque;
	memcpy(c.arena, data, size < ARENA ? size : ARENA);
	for (int i = 0; i < MAX_CALLS && in.at < in.end; i++)
		call(&c, &in);
	for (int i = 0; i < c.nr_fds; i++)
		close(c.fds[i]);
}
