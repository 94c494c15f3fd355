/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs send to user space through ring buffers and perf events, by helper number. */
#include <linux/perf_event.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmocka_all.h"
#include "ctx/packet.h"
#include "helper_run.h"
#include "map/map.h"
#include "map/perf_ring.h"

static struct perf_event event;
static u32 wakes;

static const struct perf_event *event_by_id(void *opaque, u32 id)
{
	return id == event.id ? &event : NULL;
}

static void count_wake(void *opaque, struct map *map, u32 index)
{
	wakes++;
}

static const struct services svc = { .event_by_id = event_by_id, .wake = count_wake };

static struct map *new_map(u32 type, u32 key_size, u32 value_size, u32 entries)
{
	struct map_def def = { .type = type,
			       .key_size = key_size,
			       .value_size = value_size,
			       .max_entries = entries,
			       .nr_cpus = 2 };
	int err = skep__map_check(&def);
	struct map *map;

	assert_int_equal(err, 0);
	map = skep__map_new(&def, NULL, 1, "test", &svc, &err);
	assert_non_null(map);
	return map;
}

static void records_are_reserved_filled_and_submitted(void **state)
{
	struct map *map = new_map(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096);
	struct run run = { .svc = &svc };
	char *record = (char *)CALL(&run, ringbuf_reserve, map, 16, 0, 0, 0);

	assert_non_null(record);
	memset(record, 'h', 16);
	assert_int_equal(run.records.nr, 1);
	assert_int_equal(CALL(&run, ringbuf_submit, record, 0, 0, 0, 0), 0);
	assert_int_equal(run.records.nr, 0);
	assert_int_equal(CALL(&run, ringbuf_output, map, "honey", 6, 0, 0), 0);
	assert_int_equal(CALL(&run, ringbuf_query, map, BPF_RB_AVAIL_DATA, 0, 0, 0), 24 + 16);
	assert_int_equal(CALL(&run, ringbuf_query, map, BPF_RB_RING_SIZE, 0, 0, 0), 4096);
	record = (char *)CALL(&run, ringbuf_reserve, map, 16, 0, 0, 0);
	CALL(&run, ringbuf_discard, record, 0, 0, 0, 0);
	assert_int_equal(run.records.nr, 0);
	skep__map_free(map);
}

static void what_does_not_fit_or_has_flags_is_refused(void **state)
{
	struct map *map = new_map(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096);
	struct run run = { .svc = &svc };

	assert_int_equal(CALL(&run, ringbuf_reserve, map, 16, 1, 0, 0), 0);
	assert_int_equal(CALL(&run, ringbuf_reserve, map, 5000, 0, 0, 0), 0);
	assert_int_equal(CALL(&run, ringbuf_output, map, "honey", 6, 4, 0), -EINVAL);
	assert_int_equal(CALL(&run, ringbuf_output, map, event_by_id, 1 << 20, 0, 0), -EAGAIN);
	skep__map_free(map);
}

/* An event on CPU 0 with a ring of one page. */
static void open_event(u8 **mem)
{
	u64 size = sysconf(_SC_PAGESIZE);

	assert_int_equal(posix_memalign((void **)mem, size, skep__perf_ring_bytes(size)), 0);
	memset(*mem, 0, skep__perf_ring_bytes(size));
	event = (struct perf_event){
		.id = 9,
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW,
		.wakeup_events = 1,
		.has_ring = true,
	};
	skep__perf_ring_init(&event.ring, *mem, size);
}

/* The raw data of the ring's first sample. */
static const u8 *first_raw(const u8 *mem, u32 *size)
{
	const u8 *sample = mem + sysconf(_SC_PAGESIZE);

	assert_int_equal(((const struct perf_event_header *)sample)->type, PERF_RECORD_SAMPLE);
	memcpy(size, sample + sizeof(struct perf_event_header), 4);
	return sample + sizeof(struct perf_event_header) + 4;
}

static void packets_are_appended_as_far_as_flags_say(void **state)
{
	static u8 bytes[64] = "a packet of forty bytes and then some more";
	struct map *map = new_map(BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 2);
	struct xdp_ctx xdp = { .pkt = { .data = bytes, .data_end = bytes + 20, .nr_frags = 1 } };
	struct run run = { .svc = &svc };
	const u64 flags = BPF_F_CURRENT_CPU | 30ull << 32;
	u32 key = 0, id = 9, size;
	const u8 *raw;
	u8 *mem;

	xdp.pkt.frags[0] = (struct packet_frag){ bytes + 20, 20, 20 };
	open_event(&mem);
	assert_int_equal(map->ops->sys_update(map, &key, &id, 0), 0);
	assert_int_equal(call_as(&run, BPF_PROG_TYPE_XDP, BPF_FUNC_perf_event_output, (u64)&xdp,
				 (u64)map, flags, (u64) "meta", 4),
			 0);
	raw = first_raw(mem, &size);
	assert_true(size >= 34);
	assert_memory_equal(raw, "meta", 4);
	assert_memory_equal(raw + 4, bytes, 30);
	assert_int_equal(call_as(&run, BPF_PROG_TYPE_XDP, BPF_FUNC_perf_event_output, (u64)&xdp,
				 (u64)map, BPF_F_CURRENT_CPU | 41ull << 32, (u64) "meta", 4),
			 -EFAULT);
	assert_int_equal(call_as(&run, BPF_PROG_TYPE_XDP, BPF_FUNC_perf_event_output, (u64)&xdp,
				 (u64)map, flags | 1ull << 60, (u64) "meta", 4),
			 -EINVAL);
	skep__map_free(map);
	free(mem);
}

static void programs_without_packets_send_their_own_bytes_only(void **state)
{
	struct map *map = new_map(BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 2);
	const u32 type = BPF_PROG_TYPE_RAW_TRACEPOINT, nr = BPF_FUNC_perf_event_output;
	struct run run = { .svc = &svc };
	u32 key = 0, id = 9, size;
	u8 *mem;

	open_event(&mem);
	assert_int_equal(call_as(&run, type, nr, 0, (u64)map, 0, (u64) "meta", 4), -ENOENT);
	assert_int_equal(map->ops->sys_update(map, &key, &id, 0), 0);
	assert_int_equal(call_as(&run, type, nr, 0, (u64)map, 0, (u64) "meta", 4), 0);
	assert_memory_equal(first_raw(mem, &size), "meta", 4);
	assert_int_equal(call_as(&run, type, nr, 0, (u64)map, 1ull << 32, (u64) "meta", 4),
			 -EINVAL);
	assert_int_equal(call_as(&run, type, nr, 0, (u64)map, 2, (u64) "meta", 4), -E2BIG);
	assert_true(wakes > 0);
	skep__map_free(map);
	free(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_reserved_filled_and_submitted),
		cmocka_unit_test(what_does_not_fit_or_has_flags_is_refused),
		cmocka_unit_test(packets_are_appended_as_far_as_flags_say),
		cmocka_unit_test(programs_without_packets_send_their_own_bytes_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
