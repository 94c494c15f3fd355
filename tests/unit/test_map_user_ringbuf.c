/* SPDX-License-Identifier: BSD-2-Clause */
/* User ring buffers: a program drains what user space wrote, and believes nothing of it. */
#include "map/user_ringbuf.h"
#include "map_torture.h"

#define SIZE 4096u

static struct map *new_ring(void)
{
	return torture_map(
		&(struct map_def){ .type = BPF_MAP_TYPE_USER_RINGBUF, .max_entries = SIZE });
}

static u64 *position(struct map *map, u32 page)
{
	return (u64 *)(map->mem + page * sysconf(_SC_PAGESIZE));
}

static u8 *data_at(struct map *map, u64 pos)
{
	return (u8 *)position(map, 2) + pos % SIZE;
}

/* What a producer does: header, data, position. `bits` go into the header. */
static void produce(struct map *map, const void *data, u32 len, u32 bits)
{
	u64 prod = *position(map, 1);
	u32 header = len | bits;

	memcpy(data_at(map, prod), &header, 4);
	memcpy(data_at(map, prod) + 8, data, len);
	__atomic_store_n(position(map, 1), prod + round_up(len + 8, 8u), __ATOMIC_RELEASE);
}

static void samples_come_in_order_and_once(void **state)
{
	struct map *map = new_ring();
	u32 size, text[100];
	void *sample;

	for (u32 round = 0; round < 300; round++) {
		for (u32 i = 1; i <= 3; i++) {
			text[0] = round + i;
			produce(map, text, 100 * i, 0);
		}
		assert_int_equal(skep__user_ringbuf_begin(map), 0);
		for (u32 i = 1; i <= 3; i++) {
			assert_int_equal(skep__user_ringbuf_peek(map, &sample, &size), 0);
			assert_int_equal(size, 100 * i);
			assert_int_equal(*(u32 *)sample, round + i);
			skep__user_ringbuf_release(map, size);
		}
		assert_int_equal(skep__user_ringbuf_peek(map, &sample, &size), -ENODATA);
		skep__user_ringbuf_end(map, 3, 0);
	}
	skep__map_free(map);
}

static void discarded_samples_are_skipped_and_busy_ones_waited_for(void **state)
{
	struct map *map = new_ring();
	void *sample;
	u32 size;

	produce(map, "a", 1, BPF_RINGBUF_DISCARD_BIT);
	produce(map, "b", 1, BPF_RINGBUF_BUSY_BIT);
	assert_int_equal(skep__user_ringbuf_peek(map, &sample, &size), -EAGAIN);
	assert_int_equal(skep__user_ringbuf_peek(map, &sample, &size), -ENODATA);
	assert_int_equal(*position(map, 0), 16);
	skep__map_free(map);
}

static void lies_are_answered_as_the_kernel_does(void **state)
{
	struct map *map = new_ring();
	void *sample;
	u32 size;

	*position(map, 1) = 12; /* not aligned */
	assert_int_equal(skep__user_ringbuf_peek(map, &sample, &size), -EINVAL);
	*position(map, 1) = 64;
	*(u32 *)data_at(map, 0) = 57; /* beyond the producer's position */
	assert_int_equal(skep__user_ringbuf_peek(map, &sample, &size), -EINVAL);
	*position(map, 1) = 8 * SIZE;
	*(u32 *)data_at(map, 0) = SIZE; /* larger than the ring */
	assert_int_equal(skep__user_ringbuf_peek(map, &sample, &size), -E2BIG);
	*position(map, 0) = 16 * SIZE; /* behind itself */
	assert_int_equal(skep__user_ringbuf_peek(map, &sample, &size), -ENODATA);
	skep__map_free(map);
}

static void one_run_drains_at_a_time(void **state)
{
	struct map *map = new_ring();
	pid_t child;
	int status;

	assert_int_equal(skep__user_ringbuf_begin(map), 0);
	assert_int_equal(skep__user_ringbuf_begin(map), -EBUSY);
	child = fork();
	if (child == 0)
		_exit(-skep__user_ringbuf_begin(map));
	waitpid(child, &status, 0);
	assert_int_equal(WEXITSTATUS(status), EBUSY);
	skep__user_ringbuf_end(map, 0, 0);
	skep__map_free(map);
}

static void begin_and_die(struct map *map, u64 seed)
{
	skep__user_ringbuf_begin(map);
	kill(getpid(), SIGKILL);
}

static void the_right_to_drain_does_not_die_with_its_holder(void **state)
{
	struct map *map = new_ring();

	for (u32 i = 0; i < 50; i++) {
		torture_kill(begin_and_die, map, i, 0);
		assert_int_equal(skep__user_ringbuf_begin(map), 0);
		skep__user_ringbuf_end(map, 0, 0);
	}
	skep__map_free(map);
}

static void count_wake(void *opaque, struct map *map, u32 index)
{
	++*(u32 *)opaque;
}

static void producers_are_woken_when_there_is_room(void **state)
{
	u32 woken = 0;
	struct services svc = { .opaque = &woken, .wake = count_wake };
	struct map *map = new_ring();

	map->svc = &svc;
	for (u32 i = 0; i < 4; i++) {
		u32 samples = i % 2, flags = i / 2 ? BPF_RB_NO_WAKEUP : 0;

		assert_int_equal(skep__user_ringbuf_begin(map), 0);
		skep__user_ringbuf_end(map, samples, flags);
		assert_int_equal(woken, i >= 1);
	}
	assert_int_equal(skep__user_ringbuf_begin(map), 0);
	skep__user_ringbuf_end(map, 0, BPF_RB_FORCE_WAKEUP);
	assert_int_equal(woken, 2);
	skep__map_free(map);
}

static void a_scribbled_ring_yields_samples_inside_it(void **state)
{
	struct map *map = new_ring();
	u64 seed = 31, page = sysconf(_SC_PAGESIZE);
	u32 seen = 0;

	torture_fence(map);
	for (u32 i = 0; i < 100000; i++) {
		void *sample;
		u32 size;

		torture_scribble(map, 0, 8, i % 2, &seed);
		torture_scribble(map, page, page + 8, 1, &seed);
		torture_scribble(map, 2 * page, 2 * page + SIZE, i % 20, &seed);
		if (i % 3) {
			*position(map, 0) &= 0xffff8;
			*position(map, 1) &= 0xffff8;
		}
		if (skep__user_ringbuf_peek(map, &sample, &size))
			continue;
		seen++;
		assert_true((u8 *)sample >= map->mem + 2 * page);
		assert_true((u8 *)sample + size <= map->mem + 2 * page + 2 * SIZE);
		memset(sample, 0, size);
		skep__user_ringbuf_release(map, size);
	}
	assert_true(seen > 100);
	skep__map_free(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_come_in_order_and_once),
		cmocka_unit_test(discarded_samples_are_skipped_and_busy_ones_waited_for),
		cmocka_unit_test(lies_are_answered_as_the_kernel_does),
		cmocka_unit_test(one_run_drains_at_a_time),
		cmocka_unit_test(the_right_to_drain_does_not_die_with_its_holder),
		cmocka_unit_test(producers_are_woken_when_there_is_room),
		cmocka_unit_test(a_scribbled_ring_yields_samples_inside_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
