/* SPDX-License-Identifier: BSD-2-Clause */
/* Perf rings: what a consumer of bpf_perf_event_output finds in the mmapped pages. */
#include <linux/perf_event.h>

#include "map/fd_array.h"
#include "map/perf_ring.h"
#include "map_torture.h"

#define PAGE 4096u

struct setting {
	struct perf_event event;
	struct services svc;
	struct map *map;
	u8 *mem;
	u32 woken;
};

static u64 clock_of_test(void *opaque, clockid_t clock)
{
	return 1000;
}

static void task_of_test(const struct services *svc, struct task *out)
{
	*out = (struct task){ .pid = 11, .tgid = 10 };
}

static const struct perf_event *event_of_test(void *opaque, u32 id)
{
	struct setting *s = opaque;

	return id == s->event.id ? &s->event : NULL;
}

static void wake_of_test(void *opaque, struct map *map, u32 index)
{
	((struct setting *)opaque)->woken++;
}

static void set_up(struct setting *s, u64 sample_type)
{
	u32 index = 0, id = 5;
	size_t size = skep__perf_ring_bytes(PAGE) + 2 * TORTURE_GUARD;

	*s = (struct setting){ 0 };
	s->mem = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_ptr_not_equal(s->mem, MAP_FAILED);
	s->mem += TORTURE_GUARD;
	assert_int_equal(mprotect(s->mem, 2 * PAGE, PROT_READ | PROT_WRITE), 0);
	s->event = (struct perf_event){ .id = id,
					.type = PERF_TYPE_SOFTWARE,
					.config = PERF_COUNT_SW_BPF_OUTPUT,
					.sample_type = sample_type,
					.wakeup_events = 1,
					.has_ring = true };
	skep__perf_ring_init(&s->event.ring, s->mem, PAGE);
	s->svc = (struct services){ .opaque = s,
				    .clock_ns = clock_of_test,
				    .current_task = task_of_test,
				    .event_by_id = event_of_test,
				    .wake = wake_of_test };
	s->map = torture_map(&(struct map_def){ .type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
						.key_size = 4,
						.value_size = 4,
						.max_entries = 2 });
	s->map->svc = &s->svc;
	assert_int_equal(s->map->ops->sys_update(s->map, &index, &id, BPF_ANY), 0);
}

static void tear_down(struct setting *s)
{
	skep__map_free(s->map);
	munmap(s->mem - TORTURE_GUARD, 2 * PAGE + 2 * TORTURE_GUARD);
}

static int output(struct setting *s, u64 flags, const void *data, u32 size)
{
	return skep__perf_event_output(s->map, 0, flags, &(struct perf_frag){ data, size }, 1);
}

static struct perf_event_mmap_page *page_of(struct setting *s)
{
	return (struct perf_event_mmap_page *)s->mem;
}

/* Copies the next record out, wrapped or not, and moves the tail; returns its type, 0 for none. */
static u32 next(struct setting *s, void *out, u32 room)
{
	u64 tail = page_of(s)->data_tail;
	struct perf_event_header header;

	if (tail == page_of(s)->data_head)
		return 0;
	memcpy(&header, s->mem + PAGE + tail % PAGE, sizeof(header));
	assert_true(header.size % 8 == 0 && header.size <= room);
	for (u32 i = 0; i < header.size; i++)
		((u8 *)out)[i] = s->mem[PAGE + (tail + i) % PAGE];
	page_of(s)->data_tail = tail + header.size;
	return header.type;
}

struct raw_sample {
	struct perf_event_header header;
	u32 size;
	u8 data[2000];
};

static void raw_data_arrives_as_it_was_given(void **state)
{
	struct raw_sample got;
	struct setting s;
	u8 data[300];

	set_up(&s, PERF_SAMPLE_RAW);
	assert_int_equal(page_of(&s)->data_offset, PAGE);
	assert_int_equal(page_of(&s)->data_size, PAGE);
	for (u32 i = 0; i < 3000; i++) { /* wraps many times */
		u32 size = i % sizeof(data);

		memset(data, i, sizeof(data));
		assert_int_equal(output(&s, 0, data, size), 0);
		assert_int_equal(next(&s, &got, sizeof(got)), PERF_RECORD_SAMPLE);
		assert_int_equal(got.size, round_up(size + 4, 8u) - 4);
		assert_memory_equal(got.data, data, size);
		for (u32 j = size; j < got.size; j++)
			assert_int_equal(got.data[j], 0);
	}
	assert_int_equal(next(&s, &got, sizeof(got)), 0);
	assert_int_equal(s.woken, 3000);
	tear_down(&s);
}

static void pieces_become_one_record(void **state)
{
	struct perf_frag frags[] = { { "abc", 3 }, { "", 0 }, { "defgh", 5 } };
	struct raw_sample got;
	struct setting s;

	set_up(&s, PERF_SAMPLE_RAW);
	assert_int_equal(skep__perf_event_output(s.map, 0, BPF_F_CURRENT_CPU, frags, 3), 0);
	assert_int_equal(next(&s, &got, sizeof(got)), PERF_RECORD_SAMPLE);
	assert_memory_equal(got.data, "abcdefgh\0\0\0\0", 12);
	tear_down(&s);
}

static void other_fields_stand_where_perf_puts_them(void **state)
{
	struct {
		struct perf_event_header header;
		u32 pid, tid;
		u64 time, id;
		u32 cpu, res;
		u32 size;
		char data[20];
	} got;
	struct setting s;

	set_up(&s, PERF_SAMPLE_RAW | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID |
			   PERF_SAMPLE_CPU);
	assert_int_equal(output(&s, 0, "hello", 6), 0);
	assert_int_equal(next(&s, &got, sizeof(got)), PERF_RECORD_SAMPLE);
	assert_int_equal(got.pid, 10);
	assert_int_equal(got.tid, 11);
	assert_int_equal(got.time, 1000);
	assert_int_equal(got.id, 5);
	assert_int_equal(got.cpu, 0);
	assert_string_equal(got.data, "hello");
	assert_int_equal(skep__perf_ring_check(s.event.sample_type), 0);
	assert_int_equal(skep__perf_ring_check(PERF_SAMPLE_CALLCHAIN), -EINVAL);
	tear_down(&s);
}

static void what_did_not_fit_is_reported_as_lost(void **state)
{
	struct {
		struct perf_event_header header;
		u64 id, lost;
		u8 rest[2000];
	} got;
	struct setting s;
	u8 data[500] = { 0 };
	u32 nr = 0;

	set_up(&s, PERF_SAMPLE_RAW);
	while (!output(&s, 0, data, sizeof(data)))
		nr++;
	assert_int_equal(nr, 7);
	assert_int_equal(output(&s, 0, data, sizeof(data)), -ENOSPC);
	for (u32 i = 0; i < nr; i++)
		assert_int_equal(next(&s, &got, sizeof(got)), PERF_RECORD_SAMPLE);
	assert_int_equal(output(&s, 0, data, 8), 0);
	assert_int_equal(next(&s, &got, sizeof(got)), PERF_RECORD_LOST);
	assert_int_equal(got.header.size, 24);
	assert_int_equal(got.id, 5);
	assert_int_equal(got.lost, 2);
	assert_int_equal(next(&s, &got, sizeof(got)), PERF_RECORD_SAMPLE);
	tear_down(&s);
}

static void errors_are_the_helper_s(void **state)
{
	static const u8 large[70000];
	struct setting s;

	set_up(&s, PERF_SAMPLE_RAW);
	assert_int_equal(output(&s, 1ull << 32, "", 0), -EINVAL);
	assert_int_equal(output(&s, 2, "", 0), -E2BIG);
	assert_int_equal(output(&s, 1, "", 0), -ENOENT);
	assert_int_equal(skep__perf_event_output(s.map, 1, 0, NULL, 0), -EOPNOTSUPP);
	assert_int_equal(output(&s, 0, large, sizeof(large)), -E2BIG);
	s.event.config = PERF_COUNT_SW_CPU_CLOCK;
	assert_int_equal(output(&s, 0, "", 0), -EINVAL);
	s.event.config = PERF_COUNT_SW_BPF_OUTPUT;
	s.event.has_ring = false;
	assert_int_equal(output(&s, 0, "", 0), -ENOSPC);
	s.event.id = 6; /* the slot's is gone */
	assert_int_equal(output(&s, 0, "", 0), -ENOENT);
	tear_down(&s);
}

static void the_consumer_is_woken_as_often_as_it_asked(void **state)
{
	struct setting s;
	u8 data[1004] = { 0 };

	set_up(&s, PERF_SAMPLE_RAW);
	s.event.wakeup_events = 3;
	for (u32 i = 0; i < 9; i++)
		output(&s, 0, data, 4);
	assert_int_equal(s.woken, 3);
	tear_down(&s);
	set_up(&s, PERF_SAMPLE_RAW);
	s.event.wakeup_events = 0; /* when half the ring is full */
	output(&s, 0, data, sizeof(data));
	assert_int_equal(s.woken, 0);
	output(&s, 0, data, sizeof(data));
	output(&s, 0, data, sizeof(data));
	assert_int_equal(s.woken, 1);
	tear_down(&s);
}

static void a_scribbled_ring_costs_its_data_and_nothing_else(void **state)
{
	struct setting s;
	u64 seed = 3;
	u8 data[700] = { 0 };

	set_up(&s, PERF_SAMPLE_RAW | PERF_SAMPLE_TIME);
	s.event.wakeup_events = 0;
	for (u32 i = 0; i < 50000; i++) {
		struct map view = { .mem = s.mem };

		torture_scribble(&view, 0, 2 * PAGE, i % 20, &seed);
		torture_scribble(&view, offsetof(struct perf_event_mmap_page, data_head),
				 offsetof(struct perf_event_mmap_page, data_head) + 16, 1, &seed);
		torture_scribble(&view, 2048 + 8, 2048 + 64, i % 2, &seed);
		memset(s.mem + 2048, 0, 4); /* somebody alive might hold it */
		output(&s, 0, data, i % sizeof(data));
	}
	tear_down(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(raw_data_arrives_as_it_was_given),
		cmocka_unit_test(pieces_become_one_record),
		cmocka_unit_test(other_fields_stand_where_perf_puts_them),
		cmocka_unit_test(what_did_not_fit_is_reported_as_lost),
		cmocka_unit_test(errors_are_the_helper_s),
		cmocka_unit_test(the_consumer_is_woken_as_often_as_it_asked),
		cmocka_unit_test(a_scribbled_ring_costs_its_data_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
