/* SPDX-License-Identifier: BSD-2-Clause */
/* libbpf's own consumers and producers, unmodified, on skep's ring buffers and perf rings. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "libbpf_door.h"
#include "map/ringbuf.h"
#include "map/user_ringbuf.h"
#include "unit/cmocka_all.h"

#include <bpf/libbpf.h>

static struct map *new_map(struct door *door, struct map_def def)
{
	struct map *map;
	int err;

	def.nr_cpus = libbpf_num_possible_cpus();
	map = skep__map_new(&def, NULL, 1, "anon_inode:bpf-map", &door->svc, &err);
	assert_int_equal(err, 0);
	door_add_map(door, map);
	return map;
}

#define RECORDS 1500000u

struct record {
	u32 number, check;
	u32 words[14];
};

static u32 length_of(u32 number)
{
	return 8 + number % 57;
}

static void *fill(void *arg)
{
	struct map *map = arg;
	struct ringbuf_held held = { 0 };

	for (u32 i = 0; i < RECORDS;) {
		struct record *r = skep__ringbuf_reserve(map, length_of(i), &held);

		if (!r) {
			sched_yield();
			continue;
		}
		r->number = i;
		r->check = ~i;
		if (i % 1000 == 999)
			skep__ringbuf_discard(&held, r, 0);
		else
			skep__ringbuf_submit(&held, r, 0);
		i++;
	}
	return NULL;
}

struct count {
	u32 next, bad, got;
};

static int take(void *ctx, void *data, size_t size)
{
	struct count *count = ctx;
	struct record *r = data;

	count->next += count->next % 1000 == 999;
	count->bad +=
		r->number != count->next || r->check != ~r->number || size != length_of(r->number);
	count->next++;
	count->got++;
	return 0;
}

static u64 now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Polls until more records have come than before; fails when nobody wakes us for two seconds. */
static void poll_for_more(struct ring_buffer *rb, const struct count *count)
{
	u32 before = count->got;
	u64 began = now_ms();

	/* A wake-up may find nothing: its record was read on the way to the one before it. */
	while (count->got == before) {
		assert_true(ring_buffer__poll(rb, 2000) >= 0);
		assert_true(now_ms() - began < 2000);
	}
}

static void ring_buffer_gets_every_record(void **state)
{
	struct door door;
	struct count count = { 0 };
	pthread_t producer;

	door_open(&door);
	struct map *map = new_map(
		&door, (struct map_def){ .type = BPF_MAP_TYPE_RINGBUF, .max_entries = 1 << 18 });
	struct ring_buffer *rb = ring_buffer__new(map->fd, take, &count, NULL);

	assert_non_null(rb);
	skep__ringbuf_watch(map, 1);
	assert_int_equal(pthread_create(&producer, NULL, fill, map), 0);
	while (count.got < RECORDS - RECORDS / 1000)
		poll_for_more(rb, &count);
	pthread_join(producer, NULL);
	assert_int_equal(count.bad, 0);
	assert_int_equal(ring_buffer__poll(rb, 0), 0);
	ring_buffer__free(rb);
	door_close(&door);
	skep__map_free(map);
}

static int take_from_any(void *ctx, void *data, size_t size)
{
	struct count *count = ctx;
	struct record *r = data;

	count->bad += r->check != ~r->number;
	count->got++;
	return 0;
}

/* Three processes produce; one of them is killed again and again. */
static void ring_buffer_goes_on_when_producers_are_killed(void **state)
{
	struct door door;
	struct count count = { 0 };
	pid_t children[3];

	door_open(&door);
	struct map *map = new_map(
		&door, (struct map_def){ .type = BPF_MAP_TYPE_RINGBUF, .max_entries = 1 << 16 });
	struct ring_buffer *rb = ring_buffer__new(map->fd, take_from_any, &count, NULL);

	assert_non_null(rb);
	skep__ringbuf_watch(map, 1);
	for (u32 i = 0; i < 90; i++) {
		u32 which = i % 3, before = count.got;

		if (i >= 3) {
			kill(children[which], SIGKILL);
			waitpid(children[which], NULL, 0);
			assert_true(skep__ringbuf_reap(map) >= 0);
		}
		children[which] = fork();
		if (children[which] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			fill(map);
			_exit(0);
		}
		while (count.got < before + 2000)
			poll_for_more(rb, &count);
	}
	for (u32 i = 0; i < 3; i++) {
		kill(children[i], SIGKILL);
		waitpid(children[i], NULL, 0);
	}
	assert_int_equal(count.bad, 0);
	ring_buffer__free(rb);
	door_close(&door);
	skep__map_free(map);
}

static u32 drain(struct map *map, struct count *count)
{
	u32 nr = 0, size;
	void *sample;
	int err;

	if (skep__user_ringbuf_begin(map))
		return 0;
	while (!(err = skep__user_ringbuf_peek(map, &sample, &size)) || err == -EAGAIN) {
		if (err)
			continue;
		take(count, sample, size);
		skep__user_ringbuf_release(map, size);
		nr++;
	}
	assert_int_equal(err, -ENODATA);
	skep__user_ringbuf_end(map, nr, 0);
	return nr;
}

struct draining {
	struct map *map;
	struct count count;
};

static void *drain_all(void *arg)
{
	struct draining *d = arg;

	while (d->count.got < RECORDS - RECORDS / 1000)
		if (!drain(d->map, &d->count))
			sched_yield();
	return NULL;
}

static void user_ring_buffer_delivers_every_sample(void **state)
{
	struct draining d = { 0 };
	struct door door;
	pthread_t drainer;

	door_open(&door);
	d.map = new_map(&door, (struct map_def){ .type = BPF_MAP_TYPE_USER_RINGBUF,
						 .max_entries = 1 << 16 });
	struct user_ring_buffer *rb = user_ring_buffer__new(d.map->fd, NULL);

	assert_non_null(rb);
	assert_int_equal(pthread_create(&drainer, NULL, drain_all, &d), 0);
	for (u32 i = 0; i < RECORDS; i++) {
		struct record *r = user_ring_buffer__reserve_blocking(rb, length_of(i), 2000);

		assert_non_null(r);
		r->number = i;
		r->check = ~i;
		if (i % 1000 == 999)
			user_ring_buffer__discard(rb, r);
		else
			user_ring_buffer__submit(rb, r);
	}
	pthread_join(drainer, NULL);
	assert_int_equal(d.count.bad, 0);
	user_ring_buffer__free(rb);
	door_close(&door);
	skep__map_free(d.map);
}

struct perf_count {
	struct count count;
	u64 lost;
};

static void take_perf(void *ctx, int cpu, void *data, u32 size)
{
	struct perf_count *perf = ctx;
	struct record *r = data;

	perf->count.bad += r->check != ~r->number || r->number < perf->count.next;
	perf->count.next = r->number + 1;
	perf->count.got++;
}

static void lose_perf(void *ctx, int cpu, unsigned long long lost)
{
	((struct perf_count *)ctx)->lost += lost;
}

#define PERF_RECORDS 300000u

static void *fill_perf(void *arg)
{
	struct map *map = arg;

	for (u32 i = 0; i < PERF_RECORDS; i++) {
		struct record r = { i, ~i, { 0 } };
		struct perf_frag frag = { &r, length_of(i) };
		int err = skep__perf_event_output(map, 0, BPF_F_CURRENT_CPU, &frag, 1);

		if (err != 0 && err != -ENOSPC)
			return (void *)(intptr_t)err;
		if (err)
			sched_yield();
	}
	return NULL;
}

static void perf_buffer_gets_or_counts_every_record(void **state)
{
	struct perf_count perf = { 0 };
	struct door door;
	pthread_t producer;
	void *result;

	door_open(&door);
	struct map *map = new_map(&door, (struct map_def){ .type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
							   .key_size = 4,
							   .value_size = 4,
							   .max_entries = DOOR_CPUS });
	struct perf_buffer *pb = perf_buffer__new(map->fd, 8, take_perf, lose_perf, &perf, NULL);

	assert_non_null(pb);
	assert_int_equal(pthread_create(&producer, NULL, fill_perf, map), 0);
	while (perf.count.next < PERF_RECORDS && perf.count.got + perf.lost < PERF_RECORDS)
		if (perf_buffer__poll(pb, 500) <= 0)
			break; /* the last ones were lost: nothing comes after them to say so */
	pthread_join(producer, &result);
	assert_null(result);
	perf_buffer__consume(pb);
	assert_int_equal(perf.count.bad, 0);
	assert_true(perf.count.got > 1000);
	if (perf.count.next == PERF_RECORDS)
		assert_int_equal(perf.count.got + perf.lost, PERF_RECORDS);
	perf_buffer__free(pb);
	door_close(&door);
	skep__map_free(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ring_buffer_gets_every_record),
		cmocka_unit_test(ring_buffer_goes_on_when_producers_are_killed),
		cmocka_unit_test(user_ring_buffer_delivers_every_sample),
		cmocka_unit_test(perf_buffer_gets_or_counts_every_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
