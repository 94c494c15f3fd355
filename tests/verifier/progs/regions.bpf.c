// SPDX-License-Identifier: BSD-2-Clause
/* Interrupts off, locks that can fail, and work that runs later. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "told.h"

#define CORE __attribute__((preserve_access_index))

struct bpf_wq {
	__u64 __opaque[2];
} __attribute__((aligned(8)));
struct bpf_task_work {
	__u64 __opaque;
} __attribute__((aligned(8)));
struct bpf_res_spin_lock {
	__u32 val;
} CORE;
struct task_struct {
	int pid;
} CORE;

extern void bpf_local_irq_save(unsigned long *flags__irq_flag) __ksym;
extern void bpf_local_irq_restore(unsigned long *flags__irq_flag) __ksym;
extern int bpf_res_spin_lock(struct bpf_res_spin_lock *lock) __ksym;
extern void bpf_res_spin_unlock(struct bpf_res_spin_lock *lock) __ksym;
extern int bpf_res_spin_lock_irqsave(struct bpf_res_spin_lock *lock,
				     unsigned long *flags__irq_flag) __ksym;
extern void bpf_res_spin_unlock_irqrestore(struct bpf_res_spin_lock *lock,
					   unsigned long *flags__irq_flag) __ksym;
extern int bpf_wq_init(struct bpf_wq *wq, void *p__map, unsigned int flags) __ksym;
extern int bpf_wq_start(struct bpf_wq *wq, unsigned int flags) __ksym;
extern int bpf_wq_set_callback_impl(struct bpf_wq *wq,
				    int(callback_fn)(void *map, int *key, void *value),
				    unsigned int flags, void *aux__prog) __ksym;
extern int bpf_copy_from_user_str(void *dst, __u32 dst__sz, const void *src__ign,
				  __u64 flags) __ksym;
extern struct task_struct *bpf_task_from_pid(__s32 pid) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;
extern void bpf_preempt_disable(void) __ksym;
extern void bpf_preempt_enable(void) __ksym;

struct locked {
	struct bpf_res_spin_lock lock;
	int n;
};

struct work {
	struct bpf_wq wq;
	int n;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct locked);
} locks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct work);
} works SEC(".maps"), other_works SEC(".maps");

char text[16];

static __always_inline struct locked *lock_at(__u32 key)
{
	return bpf_map_lookup_elem(&locks, &key);
}

static __always_inline struct work *work_at(__u32 key)
{
	return bpf_map_lookup_elem(&works, &key);
}

/* ---- interrupts ---- */

SEC("tc")
ACCEPTED
int interrupts_are_off_for_a_while(struct __sk_buff *skb)
{
	unsigned long flags;

	bpf_local_irq_save(&flags);
	bpf_local_irq_restore(&flags);
	return 0;
}

SEC("tc")
ACCEPTED
int interrupts_are_restored_in_reverse(struct __sk_buff *skb)
{
	unsigned long a, b;

	bpf_local_irq_save(&a);
	bpf_local_irq_save(&b);
	bpf_local_irq_restore(&b);
	bpf_local_irq_restore(&a);
	return 0;
}

SEC("tc")
REFUSED("cannot restore irq state out of order, expected id=2 acquired at insn_idx=7")
int interrupts_are_restored_out_of_order(struct __sk_buff *skb)
{
	unsigned long a, b;

	bpf_local_irq_save(&a);
	bpf_local_irq_save(&b);
	bpf_local_irq_restore(&a);
	bpf_local_irq_restore(&b);
	return 0;
}

SEC("tc")
REFUSED("BPF_EXIT instruction in main prog cannot be used inside bpf_local_irq_save-ed region")
int interrupts_stay_off(struct __sk_buff *skb)
{
	unsigned long flags;

	bpf_local_irq_save(&flags);
	return 0;
}

SEC("tc")
REFUSED("expected an initialized irq flag as arg#0")
int interrupts_are_restored_that_were_on(struct __sk_buff *skb)
{
	unsigned long flags = 0;

	bpf_local_irq_restore(&flags);
	return 0;
}

SEC("tc")
REFUSED("expected an initialized irq flag as arg#0")
int interrupts_are_restored_twice(struct __sk_buff *skb)
{
	unsigned long flags;

	bpf_local_irq_save(&flags);
	bpf_local_irq_restore(&flags);
	bpf_local_irq_restore(&flags);
	return 0;
}

SEC("tc")
REFUSED("expected uninitialized irq flag as arg#0")
int the_flag_is_used_twice(struct __sk_buff *skb)
{
	unsigned long flags;

	bpf_local_irq_save(&flags);
	bpf_local_irq_save(&flags);
	bpf_local_irq_restore(&flags);
	return 0;
}

SEC("tc")
REFUSED("expected an initialized irq flag as arg#0")
int the_flag_is_overwritten(struct __sk_buff *skb)
{
	unsigned long flags;

	bpf_local_irq_save(&flags);
	*(volatile long *)&flags = 3;
	bpf_local_irq_restore(&flags);
	return 0;
}

SEC("tc")
REFUSED("invalid read from stack off -8+0 size 8")
int the_flag_is_read(struct __sk_buff *skb)
{
	unsigned long flags;
	long n;

	bpf_local_irq_save(&flags);
	n = *(volatile long *)&flags;
	bpf_local_irq_restore(&flags);
	return n;
}

SEC("tc")
REFUSED("invalid read from stack off -8+0 size 8")
int the_flag_is_copied(struct __sk_buff *skb)
{
	unsigned long flags, copy;

	bpf_local_irq_save(&flags);
	__builtin_memcpy(&copy, &flags, 8);
	bpf_local_irq_restore(&copy);
	return 0;
}

SEC("tc")
REFUSED("arg#0 doesn't point to an irq flag on stack")
int the_flag_is_global(struct __sk_buff *skb)
{
	bpf_local_irq_save((void *)text);
	return 0;
}

SEC("syscall")
REFUSED("kernel func bpf_copy_from_user_str is sleepable within IRQ-disabled region")
int a_function_that_sleeps_is_called_without_interrupts(void *ctx)
{
	unsigned long flags;

	bpf_local_irq_save(&flags);
	bpf_copy_from_user_str(text, sizeof(text), (void *)1, 0);
	bpf_local_irq_restore(&flags);
	return 0;
}

SEC("syscall")
REFUSED("sleepable helper bpf_copy_from_user#148 in IRQ-disabled region")
int a_helper_that_sleeps_is_called_without_interrupts(void *ctx)
{
	unsigned long flags;

	bpf_local_irq_save(&flags);
	bpf_copy_from_user(text, sizeof(text), (void *)1);
	bpf_local_irq_restore(&flags);
	return 0;
}

static __noinline void save(unsigned long *flags)
{
	bpf_local_irq_save(flags);
}

SEC("tc")
ACCEPTED
int interrupts_are_turned_off_by_a_function(struct __sk_buff *skb)
{
	unsigned long flags;

	save(&flags);
	bpf_local_irq_restore(&flags);
	return 0;
}

SEC("tc")
ACCEPTED
int interrupts_are_off_in_a_loop(struct __sk_buff *skb)
{
	unsigned long flags;

	for (int i = 0; i < 10; i++) {
		bpf_local_irq_save(&flags);
		bpf_get_prandom_u32();
		bpf_local_irq_restore(&flags);
	}
	return 0;
}

/* ---- locks that can fail ---- */

SEC("tc")
ACCEPTED
int a_lock_is_taken(struct __sk_buff *skb)
{
	struct locked *v = lock_at(0);

	if (!v || bpf_res_spin_lock(&v->lock))
		return 0;
	v->n++;
	bpf_res_spin_unlock(&v->lock);
	return 0;
}

SEC("tc")
REFUSED("bpf_res_spin_unlock without taking a lock")
int the_result_of_locking_is_ignored(struct __sk_buff *skb)
{
	struct locked *v = lock_at(0);

	if (!v)
		return 0;
	bpf_res_spin_lock(&v->lock);
	bpf_res_spin_unlock(&v->lock);
	return 0;
}

SEC("tc")
REFUSED("BPF_EXIT instruction in main prog cannot be used inside bpf_spin_lock-ed region")
int a_lock_is_kept(struct __sk_buff *skb)
{
	struct locked *v = lock_at(0);

	if (v)
		bpf_res_spin_lock(&v->lock);
	return 0;
}

SEC("tc")
REFUSED("Acquiring the same lock again, AA deadlock detected")
int a_lock_is_taken_twice(struct __sk_buff *skb)
{
	struct locked *v = lock_at(0);

	if (!v || bpf_res_spin_lock(&v->lock))
		return 0;
	if (!bpf_res_spin_lock(&v->lock))
		bpf_res_spin_unlock(&v->lock);
	bpf_res_spin_unlock(&v->lock);
	return 0;
}

SEC("tc")
ACCEPTED
int two_locks_are_taken(struct __sk_buff *skb)
{
	struct locked *a = lock_at(0), *b = lock_at(1);

	if (!a || !b || bpf_res_spin_lock(&a->lock))
		return 0;
	if (!bpf_res_spin_lock(&b->lock))
		bpf_res_spin_unlock(&b->lock);
	bpf_res_spin_unlock(&a->lock);
	return 0;
}

SEC("tc")
REFUSED("bpf_res_spin_unlock cannot be out of order")
int two_locks_are_given_back_out_of_order(struct __sk_buff *skb)
{
	struct locked *a = lock_at(0), *b = lock_at(1);

	if (!a || !b || bpf_res_spin_lock(&a->lock))
		return 0;
	if (bpf_res_spin_lock(&b->lock)) {
		bpf_res_spin_unlock(&a->lock);
		return 0;
	}
	bpf_res_spin_unlock(&a->lock);
	bpf_res_spin_unlock(&b->lock);
	return 0;
}

SEC("tc")
REFUSED("bpf_res_spin_unlock of different lock")
int another_lock_is_given_back(struct __sk_buff *skb)
{
	struct locked *a = lock_at(0), *b = lock_at(1);

	if (!a || !b || bpf_res_spin_lock(&a->lock))
		return 0;
	bpf_res_spin_unlock(&b->lock);
	return 0;
}

SEC("tc")
REFUSED("bpf_res_spin_unlock without taking a lock")
int a_lock_is_given_back_that_was_not_taken(struct __sk_buff *skb)
{
	struct locked *v = lock_at(0);

	if (v)
		bpf_res_spin_unlock(&v->lock);
	return 0;
}

SEC("tc")
ACCEPTED
int a_lock_is_taken_without_interrupts(struct __sk_buff *skb)
{
	struct locked *v = lock_at(0);
	unsigned long flags;

	if (!v || bpf_res_spin_lock_irqsave(&v->lock, &flags))
		return 0;
	bpf_res_spin_unlock_irqrestore(&v->lock, &flags);
	return 0;
}

SEC("tc")
REFUSED("function calls are not allowed while holding a lock")
int interrupts_of_a_lock_are_restored_without_it(struct __sk_buff *skb)
{
	struct locked *v = lock_at(0);
	unsigned long flags;

	if (!v || bpf_res_spin_lock_irqsave(&v->lock, &flags))
		return 0;
	bpf_local_irq_restore(&flags);
	bpf_res_spin_unlock(&v->lock);
	return 0;
}

SEC("tc")
REFUSED("bpf_res_spin_unlock of different lock")
int a_lock_without_interrupts_is_given_back_as_one_with(struct __sk_buff *skb)
{
	struct locked *v = lock_at(0);
	unsigned long flags;

	if (!v || bpf_res_spin_lock_irqsave(&v->lock, &flags))
		return 0;
	bpf_res_spin_unlock(&v->lock);
	return 0;
}

SEC("tc")
REFUSED("off 4 doesn't point to 'struct bpf_res_spin_lock' that is at 0")
int the_value_beside_the_lock_is_locked(struct __sk_buff *skb)
{
	struct locked *v = lock_at(0);

	if (!v || bpf_res_spin_lock((void *)&v->n))
		return 0;
	bpf_res_spin_unlock((void *)&v->n);
	return 0;
}

SEC("tc")
REFUSED("map 'regions.bss' has no valid bpf_res_spin_lock")
int a_value_without_a_lock_is_locked(struct __sk_buff *skb)
{
	if (!bpf_res_spin_lock((void *)text))
		bpf_res_spin_unlock((void *)text);
	return 0;
}

SEC("tc")
REFUSED("function calls are not allowed while holding a lock")
int a_function_is_called_under_the_lock(struct __sk_buff *skb)
{
	struct locked *v = lock_at(0);
	struct task_struct *task;

	if (!v || bpf_res_spin_lock(&v->lock))
		return 0;
	task = bpf_task_from_pid(1);
	bpf_res_spin_unlock(&v->lock);
	if (task)
		bpf_task_release(task);
	return 0;
}

SEC("tc")
REFUSED("bpf_res_spin_lock cannot be accessed directly by load/store")
int a_lock_is_written(struct __sk_buff *skb)
{
	struct locked *v = lock_at(0);

	if (v)
		*(volatile int *)&v->lock = 1;
	return 0;
}

/* ---- work queues ---- */

static int work(void *map, int *key, void *value)
{
	struct work *w = value;

	bpf_copy_from_user_str(text, sizeof(text), (void *)1, 0);
	w->n++;
	return 0;
}

static int bad_work(void *map, int *key, void *value)
{
	return 3;
}

static int stuck_work(void *map, int *key, void *value)
{
	bpf_preempt_disable();
	return 0;
}

SEC("tc")
ACCEPTED
int work_is_queued(struct __sk_buff *skb)
{
	struct work *w = work_at(0);

	if (!w || bpf_wq_init(&w->wq, &works, 0) ||
	    bpf_wq_set_callback_impl(&w->wq, work, 0, (void *)0))
		return 0;
	return bpf_wq_start(&w->wq, 0);
}

SEC("tc")
REFUSED("At async callback return the register R0 has smin=3 smax=3 should have been in [0, 0]")
int work_returns_something_else(struct __sk_buff *skb)
{
	struct work *w = work_at(0);

	return w ? bpf_wq_set_callback_impl(&w->wq, bad_work, 0, (void *)0) : 0;
}

SEC("tc")
REFUSED("BPF_EXIT instruction in main prog cannot be used inside bpf_preempt_disable-ed region")
int work_leaves_preemption_disabled(struct __sk_buff *skb)
{
	struct work *w = work_at(0);

	return w ? bpf_wq_set_callback_impl(&w->wq, stuck_work, 0, (void *)0) : 0;
}

SEC("tc")
REFUSED("workqueue pointer in R1 map_uid=0 doesn't match map pointer in R2 map_uid=0")
int work_is_in_another_map(struct __sk_buff *skb)
{
	struct work *w = work_at(0);

	return w ? bpf_wq_init(&w->wq, &other_works, 0) : 0;
}

SEC("tc")
REFUSED("off 16 doesn't point to 'struct bpf_wq' that is at 0")
int work_is_beside_its_place(struct __sk_buff *skb)
{
	struct work *w = work_at(0);

	return w ? bpf_wq_start((void *)&w->n, 0) : 0;
}

SEC("tc")
REFUSED("arg#0 doesn't point to a map value")
int work_is_on_the_stack(struct __sk_buff *skb)
{
	struct bpf_wq wq = {};

	return bpf_wq_start(&wq, 0);
}

SEC("tc")
REFUSED("bpf_wq cannot be accessed directly by load/store")
int work_is_written(struct __sk_buff *skb)
{
	struct work *w = work_at(0);

	if (w)
		w->wq.__opaque[0] = 1;
	return 0;
}

char _license[] SEC("license") = "GPL";
