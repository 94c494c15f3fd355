// SPDX-License-Identifier: BSD-2-Clause
/* Dynptrs over map values and ring buffer records, and those that callbacks and global functions are handed. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "told.h"

#define AT(fp, off) ((void *)(fp) + (off))

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} samples SEC(".maps");

struct value {
	char bytes[32];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct value);
} values SEC(".maps");

static __always_inline struct value *value_at(__u32 key)
{
	return bpf_map_lookup_elem(&values, &key);
}

static __always_inline long make(struct bpf_dynptr *ptr)
{
	struct value *v = value_at(0);

	return v ? bpf_dynptr_from_mem(v, sizeof(*v), 0, ptr) : -1;
}

/* ---- what is allowed ---- */

SEC("tc")
RETURNS(0)
int value_is_written_and_read(struct __sk_buff *skb)
{
	char in[8] = "abcdefg", out[8] = {};
	struct bpf_dynptr ptr;
	struct value *v = value_at(0);

	if (!v || bpf_dynptr_from_mem(v, sizeof(*v), 0, &ptr))
		return 1;
	if (bpf_dynptr_write(&ptr, 24, in, 8, 0) || bpf_dynptr_read(out, 8, &ptr, 24, 0))
		return 2;
	if (*(long *)in != *(long *)out || *(long *)&v->bytes[24] != *(long *)in)
		return 3;
	if (bpf_dynptr_write(&ptr, 25, in, 8, 0) != -7 ||
	    bpf_dynptr_read(out, 8, &ptr, -1, 0) != -7)
		return 4;
	if (bpf_dynptr_write(&ptr, 0, in, 8, 1) != -22 ||
	    bpf_dynptr_read(out, 8, &ptr, 0, 1) != -22)
		return 5;
	return 0;
}

SEC("tc")
RETURNS(0)
int slice_is_the_value(struct __sk_buff *skb)
{
	struct value *v = value_at(0);
	struct bpf_dynptr ptr;
	char *slice;

	if (!v || bpf_dynptr_from_mem(v, sizeof(*v), 0, &ptr))
		return 1;
	slice = bpf_dynptr_data(&ptr, 8, 8);
	if (!slice)
		return 2;
	slice[7] = 42;
	if (bpf_dynptr_data(&ptr, 25, 8) || bpf_dynptr_data(&ptr, 33, 0))
		return 3;
	return v->bytes[15] == 42 ? 0 : 4;
}

SEC("tc")
RETURNS(0)
int records_are_given_up_in_any_order(struct __sk_buff *skb)
{
	struct bpf_dynptr first, second, none;
	__u64 from = bpf_ringbuf_query(&ring, BPF_RB_PROD_POS), to;
	long err;

	err = bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &first);
	err |= bpf_ringbuf_reserve_dynptr(&ring, 16, 0, &second);
	if (bpf_ringbuf_reserve_dynptr(&ring, 8192, 0, &none) != -22)
		err = 1;
	bpf_ringbuf_submit_dynptr(&second, 0);
	bpf_ringbuf_discard_dynptr(&none, 0);
	bpf_ringbuf_discard_dynptr(&first, 0);
	to = bpf_ringbuf_query(&ring, BPF_RB_PROD_POS);
	return err ? 1 : to - from == 16 + 24 ? 0 : 2;
}

SEC("tc")
RETURNS(5)
int room_of_one_that_is_no_more_is_used_again(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	struct value *v = value_at(1);
	char in[4] = { 5 };

	if (make(&ptr) || !v || bpf_dynptr_from_mem(v, 16, 0, &ptr))
		return 1;
	if (bpf_dynptr_write(&ptr, 0, in, 4, 0))
		return 2;
	return v->bytes[0];
}

static __noinline int first_byte(const struct bpf_dynptr *ptr)
{
	char byte = 0;

	return bpf_dynptr_read(&byte, 1, ptr, 0, 0) ? -1 : byte;
}

SEC("tc")
RETURNS(7)
int static_function_uses_the_callers(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	char in[1] = { 7 };

	if (make(&ptr) || bpf_dynptr_write(&ptr, 0, in, 1, 0))
		return 1;
	return first_byte(&ptr);
}

__noinline int global_byte(const struct bpf_dynptr *ptr, int off)
{
	char byte = 0;

	return bpf_dynptr_read(&byte, 1, ptr, off, 0) ? -1 : byte;
}

SEC("tc")
RETURNS(9)
int global_function_is_handed_one(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	char in[4] = { 0, 0, 9 };

	if (make(&ptr) || bpf_dynptr_write(&ptr, 0, in, 4, 0))
		return 1;
	return global_byte(&ptr, 2);
}

SEC("tc")
RETURNS(0)
int loops_make_one_again_and_again(struct __sk_buff *skb)
{
	for (int i = 0; i < 20; i++) {
		struct bpf_dynptr ptr;
		char *slice;

		if (bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &ptr)) {
			bpf_ringbuf_discard_dynptr(&ptr, 0);
			continue;
		}
		slice = bpf_dynptr_data(&ptr, 0, 8);
		if (slice)
			slice[0] = i;
		bpf_ringbuf_discard_dynptr(&ptr, 0);
	}
	return 0;
}

static long sum_up(struct bpf_dynptr *ptr, void *ctx)
{
	char byte = 0, *slice = bpf_dynptr_data(ptr, 0, 1);

	if (!slice || bpf_dynptr_read(&byte, 1, ptr, 0, 0))
		return 1;
	*(long *)ctx += byte + *slice;
	return 0;
}

SEC("tc")
RETURNS(0)
int callback_reads_its_sample(struct __sk_buff *skb)
{
	long sum = 0;

	return bpf_user_ringbuf_drain(&samples, sum_up, &sum, 0) + sum;
}

/* ---- what is not: made wrong ---- */

SEC("?tc")
REFUSED("Unsupported reg type fp for bpf_dynptr_from_mem data")
int not_over_the_stack(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	char bytes[16] = {};

	bpf_dynptr_from_mem(bytes, 16, 0, &ptr);
	return 0;
}

SEC("?tc")
REFUSED("Dynptr has to be an uninitialized dynptr")
int not_at_an_odd_place(struct __sk_buff *skb)
{
	char room[32];
	struct value *v = value_at(0);

	if (v)
		bpf_dynptr_from_mem(v, 8, 0, AT(room, 4));
	return 0;
}

SEC("?tc")
REFUSED("Dynptr has to be an uninitialized dynptr")
int not_at_a_variable_place(struct __sk_buff *skb)
{
	char room[64];
	struct value *v = value_at(0);
	__u32 off = skb->len & 8;

	__builtin_memset(room, 0, sizeof(room));
	if (v)
		bpf_dynptr_from_mem(v, 8, 0, AT(room, off));
	return 0;
}

SEC("?tc")
REFUSED("R4 type=map_value expected=fp, dynptr_ptr")
int not_in_a_map(struct __sk_buff *skb)
{
	struct value *v = value_at(0), *w = value_at(1);

	if (v && w)
		bpf_dynptr_from_mem(v, 8, 0, (void *)w);
	return 0;
}

/* ---- used wrong ---- */

SEC("?tc")
REFUSED("Expected an initialized dynptr as arg #0")
int never_made(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	char in[4] = {};

	bpf_dynptr_write(&ptr, 0, in, 4, 0);
	return 0;
}

SEC("?tc")
REFUSED("Expected an initialized dynptr as arg #2")
int made_on_one_way_only(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	char out[4];

	if (skb->len > 100)
		make(&ptr);
	bpf_dynptr_read(out, 4, &ptr, 0, 0);
	return 0;
}

SEC("?tc")
REFUSED("Expected an initialized dynptr as arg #2")
int second_half_is_none(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr[2];
	char out[4];

	make(&ptr[0]);
	bpf_dynptr_read(out, 4, AT(&ptr[0], 8), 0, 0);
	return 0;
}

SEC("?tc")
REFUSED("Expected an initialized dynptr as arg #2")
int a_store_ends_it(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	char out[4];

	make(&ptr);
	*(volatile char *)AT(&ptr, 9) = 1;
	bpf_dynptr_read(out, 4, &ptr, 0, 0);
	return 0;
}

SEC("?tc")
REFUSED("Expected an initialized dynptr as arg #2")
int one_over_its_half_ends_it(struct __sk_buff *skb)
{
	struct bpf_dynptr room[2];
	char out[4];

	make(&room[0]);
	make(AT(&room[0], 8));
	bpf_dynptr_read(out, 4, &room[0], 0, 0);
	return 0;
}

SEC("?tc")
REFUSED("potential write to dynptr at off=-16 disallowed")
int a_helper_would_fill_it(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;

	make(&ptr);
	bpf_dynptr_read(&ptr, 16, &ptr, 0, 0);
	return 0;
}

SEC("?tc")
REFUSED("invalid read from stack off -16+0 size 8")
int its_bytes_are_not_for_reading(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;

	make(&ptr);
	return *(volatile long *)&ptr;
}

SEC("?tc")
REFUSED("R0 invalid mem access 'mem_or_null'")
int slice_may_be_null(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	char *slice;

	make(&ptr);
	slice = bpf_dynptr_data(&ptr, 0, 8);
	return *slice;
}

SEC("?tc")
REFUSED("R0 min value is outside of the allowed memory range")
int slice_is_as_long_as_asked_for(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	char *slice;

	make(&ptr);
	slice = bpf_dynptr_data(&ptr, 0, 8);
	return slice ? slice[8] : 0;
}

SEC("?tc")
REFUSED("R3 is not a known constant'")
int slice_has_a_constant_size(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;

	make(&ptr);
	return !bpf_dynptr_data(&ptr, 0, skb->len & 7);
}

SEC("?tc")
REFUSED("R@ invalid mem access 'scalar'")
int slice_ends_with_its_dynptr(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	char *slice;

	make(&ptr);
	slice = bpf_dynptr_data(&ptr, 0, 8);
	if (!slice)
		return 0;
	*(volatile char *)&ptr = 1;
	return *slice;
}

/* ---- ring buffer records ---- */

SEC("?tc")
REFUSED("BPF_EXIT instruction in main prog would lead to reference leak")
int record_is_kept(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &ptr);
	return 0;
}

SEC("?tc")
REFUSED("BPF_EXIT instruction in main prog would lead to reference leak")
int record_is_kept_when_it_failed(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;

	if (bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &ptr))
		return 0;
	bpf_ringbuf_submit_dynptr(&ptr, 0);
	return 0;
}

SEC("?tc")
REFUSED("cannot overwrite referenced dynptr")
int record_is_overwritten(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &ptr);
	*(volatile long *)AT(&ptr, 8) = 0;
	bpf_ringbuf_submit_dynptr(&ptr, 0);
	return 0;
}

SEC("?tc")
REFUSED("cannot overwrite referenced dynptr")
int record_is_made_over_another(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &ptr);
	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &ptr);
	bpf_ringbuf_submit_dynptr(&ptr, 0);
	return 0;
}

SEC("?tc")
REFUSED("arg 1 is an unacquired reference")
int record_is_given_up_twice(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &ptr);
	bpf_ringbuf_submit_dynptr(&ptr, 0);
	bpf_ringbuf_discard_dynptr(&ptr, 0);
	return 0;
}

SEC("?tc")
REFUSED("arg 1 is an unacquired reference")
int value_is_no_record(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;

	make(&ptr);
	bpf_ringbuf_submit_dynptr(&ptr, 0);
	return 0;
}

SEC("?tc")
REFUSED("R1 type=mem expected=ringbuf_mem")
int slice_is_no_record(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	void *slice;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &ptr);
	slice = bpf_dynptr_data(&ptr, 0, 8);
	if (slice)
		bpf_ringbuf_submit(slice, 0);
	else
		bpf_ringbuf_submit_dynptr(&ptr, 0);
	return 0;
}

SEC("?tc")
REFUSED("R@ invalid mem access 'scalar'")
int slice_ends_with_its_record(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	char *slice;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &ptr);
	slice = bpf_dynptr_data(&ptr, 0, 8);
	bpf_ringbuf_submit_dynptr(&ptr, 0);
	return slice ? *slice : 0;
}

static __noinline long keeps_a_record(void *ctx)
{
	struct bpf_dynptr ptr;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &ptr);
	return 0;
}

SEC("?tc")
REFUSED("BPF_EXIT instruction in main prog would lead to reference leak")
int record_is_kept_by_a_function(struct __sk_buff *skb)
{
	return keeps_a_record(skb);
}

/* ---- handed to functions ---- */

static long gives_it_up(struct bpf_dynptr *ptr, void *ctx)
{
	bpf_ringbuf_submit_dynptr(ptr, 0);
	return 0;
}

SEC("?tc")
REFUSED("cannot release unowned const bpf_dynptr")
int callback_gives_its_sample_up(struct __sk_buff *skb)
{
	return bpf_user_ringbuf_drain(&samples, gives_it_up, NULL, 0);
}

static long makes_another(struct bpf_dynptr *ptr, void *ctx)
{
	make(ptr);
	return 0;
}

SEC("?tc")
REFUSED("Dynptr has to be an uninitialized dynptr")
int callback_makes_another_there(struct __sk_buff *skb)
{
	return bpf_user_ringbuf_drain(&samples, makes_another, NULL, 0);
}

static long looks_inside(struct bpf_dynptr *ptr, void *ctx)
{
	return *(volatile long *)ptr & 1;
}

SEC("?tc")
REFUSED("R1 invalid mem access 'dynptr_ptr'")
int callback_looks_inside(struct __sk_buff *skb)
{
	return bpf_user_ringbuf_drain(&samples, looks_inside, NULL, 0);
}

static long moves_on(struct bpf_dynptr *ptr, void *ctx)
{
	return !bpf_dynptr_data(AT(ptr, 16), 0, 1);
}

SEC("?tc")
REFUSED("dereference of modified dynptr_ptr ptr R1 off=16 disallowed")
int callback_uses_what_is_behind(struct __sk_buff *skb)
{
	return bpf_user_ringbuf_drain(&samples, moves_on, NULL, 0);
}

static long returns_too_much(struct bpf_dynptr *ptr, void *ctx)
{
	return 2;
}

SEC("?tc")
REFUSED("At callback return the register R0 has smin=2 smax=2 should have been in [0, 1]")
int callback_returns_too_much(struct __sk_buff *skb)
{
	return bpf_user_ringbuf_drain(&samples, returns_too_much, NULL, 0);
}

SEC("?tc")
REFUSED("Caller passes invalid args into func#1 ('global_byte')")
int global_function_is_handed_none(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;

	__builtin_memset(&ptr, 0, sizeof(ptr));
	return global_byte(&ptr, 0);
}

__noinline int global_gives_up(struct bpf_dynptr *ptr)
{
	bpf_ringbuf_submit_dynptr(ptr, 0);
	return 0;
}

SEC("?tc")
REFUSED("cannot release unowned const bpf_dynptr")
int global_function_gives_it_up(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &ptr);
	global_gives_up(&ptr);
	bpf_ringbuf_submit_dynptr(&ptr, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
