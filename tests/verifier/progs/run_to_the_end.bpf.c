// SPDX-License-Identifier: BSD-2-Clause
/* Locks in map values, sections, iterators, and programs that throw: they run as in the kernel. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "told.h"

struct bpf_iter_num {
	__u64 opaque[1];
} __attribute__((aligned(8)));

struct bpf_iter_bits {
	__u64 opaque[2];
} __attribute__((aligned(8)));

#define KFUNC extern __attribute__((section(".ksyms"))) __attribute__((weak))

KFUNC void bpf_rcu_read_lock(void);
KFUNC void bpf_rcu_read_unlock(void);
KFUNC void bpf_preempt_disable(void);
KFUNC void bpf_preempt_enable(void);
KFUNC void bpf_throw(__u64 cookie);
KFUNC int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end);
KFUNC int *bpf_iter_num_next(struct bpf_iter_num *it);
KFUNC void bpf_iter_num_destroy(struct bpf_iter_num *it);
KFUNC int bpf_iter_bits_new(struct bpf_iter_bits *it, const __u64 *words, __u32 nr);
KFUNC int *bpf_iter_bits_next(struct bpf_iter_bits *it);
KFUNC void bpf_iter_bits_destroy(struct bpf_iter_bits *it);

struct account {
	__u64 before;
	struct bpf_spin_lock lock;
	__u32 count;
	char rest[5];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct account);
} accounts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct account);
} hashed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_STORAGE);
	__type(key, struct bpf_cgroup_storage_key);
	__type(value, __u64);
} of_cgroup SEC(".maps");

/* ---- locks ---- */

SEC("tc")
RETURNS(3)
int a_value_is_changed_under_its_lock(struct __sk_buff *skb)
{
	__u32 key = 1;
	struct account *a = bpf_map_lookup_elem(&accounts, &key);

	if (!a)
		return -1;
	for (int i = 0; i < 3; i++) {
		bpf_spin_lock(&a->lock);
		a->count++;
		bpf_spin_unlock(&a->lock);
	}
	return a->count;
}

/* An update leaves the lock alone, and with BPF_F_LOCK takes it. */
static __always_inline int update(void *map, __u32 key)
{
	struct account new = { .before = 7, .count = 5, .rest = "abcd" }, *a;

	if (bpf_map_update_elem(map, &key, &new, 0))
		return 1;
	new.count = 6;
	if (bpf_map_update_elem(map, &key, &new, BPF_F_LOCK))
		return 2;
	a = bpf_map_lookup_elem(map, &key);
	if (!a || a->before != 7 || a->rest[3] != 'd')
		return 3;
	bpf_spin_lock(&a->lock);
	a->count += 10;
	bpf_spin_unlock(&a->lock);
	if (bpf_map_update_elem(map, &key, &new, BPF_F_LOCK | BPF_NOEXIST) != -17)
		return 4;
	return a->count;
}

SEC("tc")
RETURNS(16)
int an_array_value_is_written_under_its_lock(struct __sk_buff *skb)
{
	return update(&accounts, 0);
}

SEC("tc")
RETURNS(16)
int a_hash_value_is_written_under_its_lock(struct __sk_buff *skb)
{
	return update(&hashed, 17);
}

SEC("tc")
REFUSED("BPF_EXIT instruction in main prog cannot be used inside bpf_spin_lock-ed region")
int a_lock_is_given_back(struct __sk_buff *skb)
{
	__u32 key = 1;
	struct account *a = bpf_map_lookup_elem(&accounts, &key);

	if (a)
		bpf_spin_lock(&a->lock);
	return 0;
}

/* ---- sections and iterators ---- */

SEC("tc")
RETURNS(45)
int numbers_are_walked(struct __sk_buff *skb)
{
	struct bpf_iter_num it;
	int *n, sum = 0;

	bpf_rcu_read_lock();
	bpf_preempt_disable();
	bpf_iter_num_new(&it, 0, 10);
	while ((n = bpf_iter_num_next(&it)))
		sum += *n;
	bpf_iter_num_destroy(&it);
	bpf_preempt_enable();
	bpf_rcu_read_unlock();
	return sum;
}

SEC("tc")
RETURNS(0)
int walks_have_an_end(struct __sk_buff *skb)
{
	struct bpf_iter_num it;
	int err, *n, ret = 0;

	err = bpf_iter_num_new(&it, 5, 4);
	if (err != -22 || bpf_iter_num_next(&it))
		ret = 1;
	bpf_iter_num_destroy(&it);
	err = bpf_iter_num_new(&it, -2147483647 - 1, 2147483647);
	if (err != -7 || bpf_iter_num_next(&it))
		ret = 2;
	bpf_iter_num_destroy(&it);
	bpf_iter_num_new(&it, 2147483646, 2147483647);
	n = bpf_iter_num_next(&it);
	if (!n || *n != 2147483646)
		ret = 3;
	if (bpf_iter_num_next(&it))
		ret = 4;
	bpf_iter_num_destroy(&it);
	return ret;
}

SEC("tc")
RETURNS(197)
int bits_are_walked(struct __sk_buff *skb)
{
	__u64 words[3] = { 1, 0, (1ull << 63) | 32 }, one = 1ull << 5 | 1ull << 1;
	struct bpf_iter_bits it;
	int *bit, sum = 0;

	bpf_iter_bits_new(&it, words, 3);
	while ((bit = bpf_iter_bits_next(&it)))
		sum = *bit;
	bpf_iter_bits_destroy(&it);
	bpf_iter_bits_new(&it, &one, 1);
	while ((bit = bpf_iter_bits_next(&it)))
		sum += *bit;
	bpf_iter_bits_destroy(&it);
	return sum;
}

/* ---- exceptions ---- */

static __noinline int deep(struct __sk_buff *skb, int n)
{
	volatile char room[100] = { n };

	if (skb->len > 10)
		bpf_throw(n + room[0]);
	return room[0];
}

static __noinline int deeper(struct __sk_buff *skb, int n)
{
	return deep(skb, n + 1) + 1000;
}

SEC("tc")
RETURNS(10)
int the_cookie_is_returned_from_any_depth(struct __sk_buff *skb)
{
	__u64 a = skb->len, b = skb->mark, c = skb->ifindex;

	deeper(skb, 4);
	return a + b + c;
}

/* ---- storage ---- */

SEC("cgroup_skb/egress")
RETURNS(1)
int storage_begins_with_zeros(struct __sk_buff *skb)
{
	__u64 *value = bpf_get_local_storage(&of_cgroup, 0);

	return ++*value == 1;
}

char _license[] SEC("license") = "GPL";
