// SPDX-License-Identifier: BSD-2-Clause
/* Locks that say when taking them would never end. */
#define bpf_res_spin_lock headers_res_spin_lock
#include <linux/bpf.h>
#undef bpf_res_spin_lock
#include <bpf/bpf_helpers.h>

#include "told.h"

struct bpf_res_spin_lock {
	__u32 val;
} __attribute__((aligned(4)));

extern int bpf_res_spin_lock(struct bpf_res_spin_lock *lock) __ksym;
extern void bpf_res_spin_unlock(struct bpf_res_spin_lock *lock) __ksym;
extern int bpf_res_spin_lock_irqsave(struct bpf_res_spin_lock *lock, unsigned long *flags) __ksym;
extern void bpf_res_spin_unlock_irqrestore(struct bpf_res_spin_lock *lock,
					   unsigned long *flags) __ksym;

struct value {
	struct bpf_res_spin_lock lock;
	int number;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct value);
} values SEC(".maps");

static struct value *value_at(__u32 key)
{
	return bpf_map_lookup_elem(&values, &key);
}

SEC("tc")
RETURNS(3)
int a_lock_is_taken_and_given_back(void *ctx)
{
	struct value *v = value_at(0);

	if (!v)
		return -1;
	for (int i = 0; i < 3; i++) {
		if (bpf_res_spin_lock(&v->lock))
			return -2;
		v->number++;
		bpf_res_spin_unlock(&v->lock);
	}
	return v->number;
}

SEC("tc")
RETURNS(35)
int a_lock_that_is_held_already_is_a_deadlock(void *ctx)
{
	struct value *v = value_at(0), *same = value_at(0);
	int err;

	if (!v || !same || bpf_res_spin_lock(&v->lock))
		return -1;
	err = bpf_res_spin_lock(&same->lock);
	if (!err)
		bpf_res_spin_unlock(&same->lock);
	bpf_res_spin_unlock(&v->lock);
	return -err;
}

SEC("tc")
RETURNS(1)
int two_locks_are_held_at_a_time(void *ctx)
{
	struct value *v = value_at(0), *w = value_at(1);

	if (!v || !w || bpf_res_spin_lock(&v->lock))
		return -1;
	if (bpf_res_spin_lock(&w->lock)) {
		bpf_res_spin_unlock(&v->lock);
		return -2;
	}
	w->number = v->number + 1;
	bpf_res_spin_unlock(&w->lock);
	bpf_res_spin_unlock(&v->lock);
	return w->number;
}

SEC("tc")
RETURNS(35)
int interrupts_make_no_difference(void *ctx)
{
	struct value *v = value_at(0), *same = value_at(0);
	unsigned long flags, inner;
	int err;

	if (!v || !same || bpf_res_spin_lock_irqsave(&v->lock, &flags))
		return -1;
	err = bpf_res_spin_lock_irqsave(&same->lock, &inner);
	if (!err)
		bpf_res_spin_unlock_irqrestore(&same->lock, &inner);
	bpf_res_spin_unlock_irqrestore(&v->lock, &flags);
	return -err;
}

char _license[] SEC("license") = "GPL";
