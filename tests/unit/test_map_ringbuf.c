/* SPDX-License-Identifier: BSD-2-Clause */
/* Ring buffers, as the program that fills one and the process that reads it rely on them. */
#include <pthread.h>
#include <sched.h>

#include "map/ringbuf.h"
#include "map_torture.h"

#define HDR BPF_RINGBUF_HDR_SZ

static struct map *new_ring(u32 size)
{
	return torture_map(&(struct map_def){ .type = BPF_MAP_TYPE_RINGBUF, .max_entries = size });
}

static u64 *position(struct map *map, u32 page)
{
	return (u64 *)(map->mem + page * sysconf(_SC_PAGESIZE));
}

/* The next record as a consumer that knows nothing but the layout finds it; NULL: none. */
static u8 *next_record(struct map *map, u32 *len)
{
	u64 cons = *position(map, 0), prod = __atomic_load_n(position(map, 1), __ATOMIC_ACQUIRE);
	u8 *header = (u8 *)position(map, 2) + (cons & (map->def.max_entries - 1));

	if (cons >= prod)
		return NULL;
	*len = __atomic_load_n((u32 *)header, __ATOMIC_ACQUIRE);
	return *len & BPF_RINGBUF_BUSY_BIT ? NULL : header + HDR;
}

static void consume(struct map *map, u32 len)
{
	u64 size = round_up((len & ~BPF_RINGBUF_DISCARD_BIT) + HDR, 8u);

	__atomic_store_n(position(map, 0), *position(map, 0) + size, __ATOMIC_RELEASE);
}

static void a_record_is_seen_when_it_is_submitted(void **state)
{
	struct map *map = new_ring(4096);
	struct ringbuf_held held = { 0 };
	u32 *first = skep__ringbuf_reserve(map, 4, &held), *second, len;

	second = skep__ringbuf_reserve(map, 5, &held);
	*first = 1;
	*second = 2;
	assert_int_equal(skep__ringbuf_submit(&held, second, 0), 0);
	assert_null(next_record(map, &len)); /* behind one that is still being written */
	assert_int_equal(skep__ringbuf_submit(&held, first, 0), 0);
	assert_int_equal(skep__ringbuf_submit(&held, first, 0), -EINVAL);
	assert_int_equal(*next_record(map, &len), 1);
	assert_int_equal(len, 4);
	consume(map, len);
	assert_int_equal(*next_record(map, &len), 2);
	assert_int_equal(len, 5);
	consume(map, len);
	assert_null(next_record(map, &len));
	skep__map_free(map);
}

static void a_discarded_record_is_skipped(void **state)
{
	struct map *map = new_ring(4096);
	struct ringbuf_held held = { 0 };
	u32 len;

	assert_int_equal(skep__ringbuf_discard(&held, skep__ringbuf_reserve(map, 100, &held), 0),
			 0);
	assert_non_null(next_record(map, &len));
	assert_int_equal(len, 100 | BPF_RINGBUF_DISCARD_BIT);
	skep__map_free(map);
}

static void a_full_ring_refuses_and_takes_again_what_was_read(void **state)
{
	struct map *map = new_ring(4096);
	char data[100] = "x";
	u32 nr = 0, len;

	while (!skep__ringbuf_output(map, data, 100, 0))
		nr++;
	assert_int_equal(nr, 4095 / 112);
	assert_int_equal(skep__ringbuf_output(map, data, 100, 0), -EAGAIN);
	assert_int_equal(skep__ringbuf_query(map, BPF_RB_AVAIL_DATA), nr * 112);
	assert_int_equal(skep__ringbuf_query(map, BPF_RB_RING_SIZE), 4096);
	assert_non_null(next_record(map, &len));
	consume(map, len);
	assert_int_equal(skep__ringbuf_query(map, BPF_RB_CONS_POS), 112);
	assert_int_equal(skep__ringbuf_query(map, BPF_RB_PROD_POS), nr * 112);
	assert_int_equal(skep__ringbuf_query(map, 4), 0);
	assert_int_equal(skep__ringbuf_output(map, data, 100, 0), 0);
	assert_int_equal(skep__ringbuf_output(map, data, 100, 4), -EINVAL);
	skep__map_free(map);
}

static void sizes_are_bounded(void **state)
{
	struct map *map = new_ring(4096);
	struct ringbuf_held held = { 0 };

	assert_null(skep__ringbuf_reserve(map, 4096 - HDR, &held)); /* one byte must stay free */
	assert_null(skep__ringbuf_reserve(map, UINT32_MAX / 4 + 1ull, &held));
	assert_null(skep__ringbuf_reserve(map, UINT64_MAX, &held));
	assert_non_null(skep__ringbuf_reserve(map, 4096 - HDR - 8, &held));
	assert_null(skep__ringbuf_reserve(map, 0, &held));
	skep__ringbuf_abandon(&held);
	skep__map_free(map);
}

static void a_stopped_run_gives_back_all_it_held(void **state)
{
	struct map *map = new_ring(4096);
	struct ringbuf_held held = { 0 };
	u32 len, nr = 0;

	for (u32 i = 0; i < RINGBUF_MAX_HELD; i++)
		assert_non_null(skep__ringbuf_reserve(map, 8, &held));
	assert_null(skep__ringbuf_reserve(map, 8, &held));
	skep__ringbuf_abandon(&held);
	for (; next_record(map, &len); nr++, consume(map, len))
		assert_true(len & BPF_RINGBUF_DISCARD_BIT);
	assert_int_equal(nr, RINGBUF_MAX_HELD);
	skep__map_free(map);
}

static void count_wake(void *opaque, struct map *map, u32 index)
{
	++*(u32 *)opaque;
}

static void the_consumer_is_woken_when_it_has_caught_up(void **state)
{
	u32 woken = 0, len;
	struct services svc = { .opaque = &woken, .wake = count_wake };
	struct map *map = new_ring(4096);

	map->svc = &svc;
	skep__ringbuf_output(map, "a", 1, 0);
	assert_int_equal(woken, 0); /* nobody waits */
	skep__ringbuf_output(map, "a", 1, BPF_RB_FORCE_WAKEUP);
	assert_int_equal(woken, 1);
	skep__ringbuf_watch(map, 1);
	skep__ringbuf_output(map, "b", 1, 0);
	assert_int_equal(woken, 1); /* there is still something unread before it */
	while (next_record(map, &len))
		consume(map, len);
	skep__ringbuf_output(map, "c", 1, 0);
	assert_int_equal(woken, 2);
	while (next_record(map, &len))
		consume(map, len);
	skep__ringbuf_output(map, "d", 1, BPF_RB_NO_WAKEUP);
	assert_int_equal(woken, 2);
	skep__ringbuf_output(map, "e", 1, BPF_RB_FORCE_WAKEUP);
	assert_int_equal(woken, 3);
	skep__map_free(map);
}

#define PRODUCERS 3
#define RECORDS 20000

struct producer {
	struct map *map;
	u32 number;
};

static void *produce(void *arg)
{
	struct producer *me = arg;
	struct ringbuf_held held = { 0 };

	for (u32 i = 0; i < RECORDS;) {
		u32 words = 2 + i % 20, *data = skep__ringbuf_reserve(me->map, words * 4, &held);

		if (!data) {
			sched_yield();
			continue;
		}
		for (u32 j = 0; j < words; j++)
			data[j] = me->number << 24 | i;
		if (i % 5 == 4)
			skep__ringbuf_discard(&held, data, 0);
		else
			skep__ringbuf_submit(&held, data, 0);
		i++;
	}
	return NULL;
}

static void each_producer_s_records_arrive_whole_and_in_order(void **state)
{
	struct producer producers[PRODUCERS];
	pthread_t threads[PRODUCERS];
	struct map *map = new_ring(4096);
	u32 next[PRODUCERS] = { 0 }, total = 0, len;

	for (u32 i = 0; i < PRODUCERS; i++) {
		producers[i] = (struct producer){ map, i };
		pthread_create(&threads[i], NULL, produce, &producers[i]);
	}
	while (total < PRODUCERS * RECORDS) {
		u32 *data = (u32 *)next_record(map, &len);

		if (!data) {
			sched_yield();
			continue;
		}
		if (!(len & BPF_RINGBUF_DISCARD_BIT)) {
			u32 who = data[0] >> 24;

			for (u32 j = 1; j < len / 4; j++)
				assert_int_equal(data[j], data[0]);
			next[who] += next[who] % 5 == 4;
			assert_int_equal(data[0] & 0xffffff, next[who]);
			next[who]++;
		}
		total += len != BPF_RINGBUF_DISCARD_BIT; /* that one only fills the end */
		consume(map, len);
	}
	for (u32 i = 0; i < PRODUCERS; i++)
		pthread_join(threads[i], NULL);
	skep__map_free(map);
}

static void reserve_and_submit(struct map *map, u64 seed)
{
	struct ringbuf_held held = { 0 };
	u64 *data = skep__ringbuf_reserve(map, 8 + seed % 64, &held);

	if (!data)
		return;
	*data = seed;
	if (seed % 3)
		skep__ringbuf_submit(&held, data, 0);
	else
		skep__ringbuf_discard(&held, data, 0);
}

/* Killed between the two for sure. */
static void reserve_and_die(struct map *map, u64 seed)
{
	struct ringbuf_held held = { 0 };

	skep__ringbuf_reserve(map, 64, &held);
	kill(getpid(), SIGKILL);
}

static void a_killed_producer_s_record_does_not_block_the_ring(void **state)
{
	u32 blocked = 0, len;

	for (u32 i = 0; i < 200; i++) {
		struct map *map = new_ring(1 << 20);
		struct ringbuf_held held = { 0 };

		if (i % 2)
			torture_kill(reserve_and_die, map, i, 0);
		else
			torture_kill(reserve_and_submit, map, i * 1000, 200 + i * 5);
		while (next_record(map, &len))
			consume(map, len);
		blocked += *position(map, 0) != *position(map, 1);
		assert_true(skep__ringbuf_reap(map) >= 0);
		while (next_record(map, &len))
			consume(map, len);
		assert_int_equal(*position(map, 0), *position(map, 1));
		assert_non_null(skep__ringbuf_reserve(map, (1 << 20) - 64, &held));
		skep__map_free(map);
	}
	assert_true(blocked >= 100);
}

static void a_full_ring_finds_the_dead_by_itself(void **state)
{
	struct map *map = new_ring(4096);
	struct ringbuf_held held = { 0 };
	pid_t child = fork();
	u32 len, tries = 0;

	if (child == 0) {
		skep__ringbuf_reserve(map, 4000, &held);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	while (skep__ringbuf_output(map, "abcdefgh", 100, 0) && !next_record(map, &len))
		assert_true(++tries < 200);
	assert_non_null(next_record(map, &len));
	assert_int_equal(len, 4000 | BPF_RINGBUF_DISCARD_BIT);
	skep__map_free(map);
}

static void a_scribbled_ring_costs_its_data_and_nothing_else(void **state)
{
	struct map *map = new_ring(4096);
	u64 seed = 11, page = sysconf(_SC_PAGESIZE);
	char data[300] = { 0 };

	torture_fence(map);
	for (u32 i = 0; i < 20000; i++) {
		struct ringbuf_held held = { 0 };
		char *a = skep__ringbuf_reserve(map, i % 300, &held);
		char *b = skep__ringbuf_reserve(map, i % 77, &held);

		torture_scribble(map, 0, 8, i % 3, &seed);
		torture_scribble(map, page, page + 8, i % 3, &seed);
		torture_scribble(map, 2 * page, 2 * page + 8192, i % 50, &seed);
		torture_scribble(map, map->geo.control + 4, map->geo.control + 64, i % 4, &seed);
		if (a)
			memset(a, i, i % 300);
		if (b)
			memset(b, i, i % 77);
		skep__ringbuf_output(map, data, i % 300, 0);
		skep__ringbuf_submit(&held, b, 0);
		skep__ringbuf_abandon(&held);
		if (i % 100 == 0)
			skep__ringbuf_reap(map);
		if (i % 10 == 0) { /* the consumer gives it room again */
			*position(map, 0) = *position(map, 1);
			memset(map->mem + map->geo.control, 0, 64);
		}
	}
	skep__map_free(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_is_seen_when_it_is_submitted),
		cmocka_unit_test(a_discarded_record_is_skipped),
		cmocka_unit_test(a_full_ring_refuses_and_takes_again_what_was_read),
		cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(a_stopped_run_gives_back_all_it_held),
		cmocka_unit_test(the_consumer_is_woken_when_it_has_caught_up),
		cmocka_unit_test(each_producer_s_records_arrive_whole_and_in_order),
		cmocka_unit_test(a_killed_producer_s_record_does_not_block_the_ring),
		cmocka_unit_test(a_full_ring_finds_the_dead_by_itself),
		cmocka_unit_test(a_scribbled_ring_costs_its_data_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
