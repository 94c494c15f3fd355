// SPDX-License-Identifier: BSD-2-Clause
/* Iterators over numbers and bits that programs advance themselves. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "told.h"

typedef __u32 u32;
typedef __u64 u64;

struct bpf_iter_num {
	u64 opaque[1];
} __attribute__((aligned(8)));

struct bpf_iter_bits {
	u64 opaque[2];
} __attribute__((aligned(8)));

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;
extern int bpf_iter_bits_new(struct bpf_iter_bits *it, const u64 *words, u32 nr_words) __ksym;
extern int *bpf_iter_bits_next(struct bpf_iter_bits *it) __ksym;
extern void bpf_iter_bits_destroy(struct bpf_iter_bits *it) __ksym;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64[512]);
} words SEC(".maps");

/* In memory, where the verifier does not follow them. */
volatile long counted, summed;

/* How many numbers there are, and what they add up to. */
static __always_inline int walk(int start, int end)
{
	struct bpf_iter_num it;
	int err, *v;

	counted = summed = 0;
	err = bpf_iter_num_new(&it, start, end);
	while ((v = bpf_iter_num_next(&it))) {
		counted++;
		summed += *v;
	}
	bpf_iter_num_destroy(&it);
	return err;
}

SEC("tc")
RETURNS(0)
int numbers_from_one_up_to_another(struct __sk_buff *skb)
{
	if (walk(3, 10) || counted != 7 || summed != 42)
		return 1;
	if (walk(-5, 5) || counted != 10 || summed != -5)
		return 2;
	if (walk(4, 4) || counted)
		return 3;
	return 0;
}

SEC("tc")
RETURNS(0)
int numbers_that_there_are_none_of(struct __sk_buff *skb)
{
	if (walk(5, 4) != -22 || counted)
		return 1;
	if (walk(0, 8 * 1024 * 1024 + 1) != -7 || counted)
		return 2;
	if (walk(-2147483648, 2147483647) != -7 || counted)
		return 3;
	return 0;
}

SEC("tc")
RETURNS(0)
int numbers_at_both_ends_of_int(struct __sk_buff *skb)
{
	if (walk(-2147483648, -2147483645) || counted != 3)
		return 1;
	if (summed != -2147483648l - 2147483647 - 2147483646)
		return 2;
	return walk(2147483644, 2147483647) || counted != 3 ? 3 : 0;
}

SEC("tc")
RETURNS(100)
int numbers_within_numbers(struct __sk_buff *skb)
{
	struct bpf_iter_num outer, inner;

	counted = 0;
	bpf_iter_num_new(&outer, 0, 10);
	while (bpf_iter_num_next(&outer)) {
		bpf_iter_num_new(&inner, 0, 10);
		while (bpf_iter_num_next(&inner))
			counted++;
		bpf_iter_num_destroy(&inner);
	}
	bpf_iter_num_destroy(&outer);
	return counted;
}

SEC("tc")
RETURNS(7)
int numbers_are_left_early(struct __sk_buff *skb)
{
	struct bpf_iter_num it;
	int *v, found = -1;

	bpf_iter_num_new(&it, 0, 1000);
	while ((v = bpf_iter_num_next(&it))) {
		if (*v == 7) {
			found = *v;
			break;
		}
	}
	bpf_iter_num_destroy(&it);
	return found;
}

static __always_inline int walk_bits(const u64 *from, u32 nr)
{
	struct bpf_iter_bits it;
	int err, *v;

	counted = summed = 0;
	err = bpf_iter_bits_new(&it, from, nr);
	while ((v = bpf_iter_bits_next(&it))) {
		counted++;
		summed += *v;
	}
	bpf_iter_bits_destroy(&it);
	return err;
}

SEC("tc")
RETURNS(0)
int bits_of_a_word(struct __sk_buff *skb)
{
	u64 word = 1ull << 63 | 1ull << 40 | 9;

	if (walk_bits(&word, 1) || counted != 4 || summed != 63 + 40 + 3)
		return 1;
	word = 0;
	if (walk_bits(&word, 1) || counted)
		return 2;
	word = -1;
	return walk_bits(&word, 1) || counted != 64 ? 3 : 0;
}

SEC("tc")
RETURNS(0)
int bits_of_many_words(struct __sk_buff *skb)
{
	u32 key = 0;
	u64 *v = bpf_map_lookup_elem(&words, &key);

	if (!v)
		return 1;
	v[0] = 1;
	v[3] = 6;
	v[510] = 1ull << 63;
	v[511] = -1;
	if (walk_bits(v, 511) || counted != 4 || summed != 0 + 193 + 194 + 510 * 64 + 63)
		return 2;
	if (walk_bits(v, 2) || counted != 1)
		return 3;
	return walk_bits(v, 512) != -7 || counted ? 4 : 0;
}

SEC("tc")
RETURNS(0)
int bits_of_nothing(struct __sk_buff *skb)
{
	u64 word = 1;

	if (walk_bits(0, 1) != -22 || counted || walk_bits(&word, 0) != -22 || counted)
		return 1;
	return walk_bits((void *)0xffffffffffff0000ull, 1) != -14 || counted ? 2 : 0;
}

/* ---- what is refused ---- */

SEC("?tc")
REFUSED("BPF_EXIT instruction in main prog would lead to reference leak")
int never_destroyed(struct __sk_buff *skb)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 10);
	return 0;
}

SEC("?tc")
REFUSED("expected an initialized iter_num as arg #0")
int never_begun(struct __sk_buff *skb)
{
	struct bpf_iter_num it;

	return !bpf_iter_num_next(&it);
}

SEC("?tc")
REFUSED("expected uninitialized iter_num as arg #0")
int begun_twice(struct __sk_buff *skb)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 10);
	bpf_iter_num_new(&it, 0, 10);
	bpf_iter_num_destroy(&it);
	return 0;
}

SEC("?tc")
REFUSED("R0 invalid mem access 'scalar'")
int there_may_be_no_more(struct __sk_buff *skb)
{
	struct bpf_iter_num it;
	int v;

	bpf_iter_num_new(&it, 0, 10);
	v = *bpf_iter_num_next(&it);
	bpf_iter_num_destroy(&it);
	return v;
}

SEC("?tc")
REFUSED("R0 cannot write into rdonly_mem")
int a_number_is_for_reading(struct __sk_buff *skb)
{
	struct bpf_iter_num it;
	int *v;

	bpf_iter_num_new(&it, 0, 10);
	v = bpf_iter_num_next(&it);
	if (v)
		*v = 1;
	bpf_iter_num_destroy(&it);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
