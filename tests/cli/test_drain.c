/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpf_user_ringbuf_drain: user space writes samples of every kind, a program loaded by libbpf
 * drains them; skep in each mode and the kernel count the same, and stop at the same position.
 */
#include "../unit/cmocka_all.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../diff/asked.h"
#include "../diff/doors.h"

#define RING_SIZE 4096
#define BUSY BPF_RINGBUF_BUSY_BIT
#define DISCARD BPF_RINGBUF_DISCARD_BIT

struct globals {
	unsigned long most, flags;
	long sum, bytes, drained;
};

struct side {
	struct bpf_object *obj;
	int prog_fd, globals_fd;
	u64 *consumer, *producer;
	u8 *data;
};

static void open_side(struct side *s)
{
	char path[512];
	u8 *pages;

	snprintf(path, sizeof(path), "%s/drain.o", getenv("SKEP_TEST_OBJECTS"));
	s->obj = bpf_object__open_file(path, NULL);
	assert_non_null(s->obj);
	assert_int_equal(bpf_object__load(s->obj), 0);
	s->prog_fd = bpf_program__fd(bpf_object__find_program_by_name(s->obj, "drains"));
	s->globals_fd = bpf_object__find_map_fd_by_name(s->obj, ".bss");
	int ring_fd = bpf_object__find_map_fd_by_name(s->obj, "samples");
	assert_true(s->prog_fd >= 0 && s->globals_fd >= 0 && ring_fd >= 0);
	s->consumer = mmap(NULL, 4096, PROT_READ, MAP_SHARED, ring_fd, 0);
	pages = mmap(NULL, 4096 + 2 * RING_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, ring_fd, 4096);
	assert_true(s->consumer != MAP_FAILED && pages != MAP_FAILED);
	s->producer = (u64 *)pages;
	s->data = pages + 4096;
}

static void close_side(struct side *s)
{
	munmap(s->consumer, 4096);
	munmap(s->producer, 4096 + 2 * RING_SIZE);
	bpf_object__close(s->obj);
}

/* A sample whose header says len, and whose bytes say number. */
static void produce(struct side *s, u32 len, u32 number)
{
	u64 at = *s->producer % RING_SIZE;
	u32 size = len & ~(BUSY | DISCARD);

	memcpy(s->data + at, &(u64){ len }, 8);
	for (u32 i = 0; i < size && i < 64; i++)
		s->data[(at + 8 + i) % (2 * RING_SIZE)] = i == 8 ? number : i < 8;
	__atomic_store_n(s->producer, *s->producer + (8 + size + 7) / 8 * 8, __ATOMIC_RELEASE);
}

/* What is in the ring, and what the program is told. */
struct scene {
	const char *what;
	u32 lens[5];
	u32 rounds; /* how often they are written and drained */
	unsigned long most, flags;
	u64 producer_bytes; /* added to the producer's position: what no producer would */
};

static const struct scene scenes[] = {
	{ "nothing", { 0 }, 1, 10, 0, 0 },
	{ "samples of several sizes", { 8, 16, 100, 1, 64 }, 100, 10, 0, 0 },
	{ "discarded ones between", { 16, 32 | DISCARD, 16, 48 | DISCARD, 16 }, 50, 10, 0, 0 },
	{ "only two are wanted", { 16, 16, 16, 16, 16 }, 1, 2, 0, 0 },
	{ "only one, after a discarded one", { 16 | DISCARD, 16, 16 }, 1, 1, 0, 0 },
	{ "one still being written", { 16, 16 | BUSY, 16 }, 1, 10, 0, 0 },
	{ "no wake-up", { 16, 16 }, 1, 10, BPF_RB_NO_WAKEUP, 0 },
	{ "forced wake-up", { 16 }, 1, 10, BPF_RB_FORCE_WAKEUP, 0 },
	{ "both", { 16 }, 1, 10, BPF_RB_FORCE_WAKEUP | BPF_RB_NO_WAKEUP, 0 },
	{ "an unknown flag", { 16 }, 1, 10, 4, 0 },
	{ "an unaligned position", { 16, 16 }, 1, 10, 0, 4 },
	{ "larger than what was produced", { 16, 8000 }, 1, 10, 0, (u64)-4000 },
	{ "larger than the ring", { 16, 5000 }, 1, 10, 0, 0 },
};

static void play(struct side *s, const struct scene *scene, struct globals *out)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	u32 key = 0;

	for (u32 round = 0; round < scene->rounds; round++) {
		*out = (struct globals){ .most = scene->most, .flags = scene->flags };
		assert_int_equal(bpf_map_update_elem(s->globals_fd, &key, out, 0), 0);
		for (u32 i = 0; i < 5 && scene->lens[i]; i++)
			produce(s, scene->lens[i], i + 1);
		*s->producer += scene->producer_bytes;
		assert_int_equal(bpf_prog_test_run_opts(s->prog_fd, &opts), 0);
		assert_int_equal(bpf_map_lookup_elem(s->globals_fd, &key, out), 0);
	}
}

static void samples_are_drained_alike(void **state)
{
	for (u32 i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		struct globals expected, got;
		u64 position = 0;

		for (int d = 0; d < nr_doors; d++) {
			struct side s;

			asked = &doors[d];
			open_side(&s);
			play(&s, &scenes[i], d ? &got : &expected);
			if (d && (memcmp(&got, &expected, sizeof(got)) || *s.consumer != position))
				fail_msg("%s, %s: %ld drained, sum %ld, at %llu; else %ld, %ld, "
					 "%llu",
					 scenes[i].what, doors[d].name, got.drained, got.sum,
					 (unsigned long long)*s.consumer, expected.drained,
					 expected.sum, (unsigned long long)position);
			position = *s.consumer;
			close_side(&s);
		}
		print_message("%s: %ld drained, sum %ld\n", scenes[i].what, expected.drained,
			      expected.sum);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(samples_are_drained_alike) };

	if (!doors_open_modes())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
