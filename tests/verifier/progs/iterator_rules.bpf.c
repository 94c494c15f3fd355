// SPDX-License-Identifier: BSD-2-Clause
/* Iterators that programs advance themselves: from new to destroy, loops, RCU, what the stack may hold. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "told.h"

#define CORE __attribute__((preserve_access_index))

struct bpf_iter_num {
	__u64 __opaque[1];
} __attribute__((aligned(8)));
struct bpf_iter_bits {
	__u64 __opaque[2];
} __attribute__((aligned(8)));
struct bpf_iter_task {
	__u64 __opaque[3];
} __attribute__((aligned(8)));
struct bpf_iter_task_vma {
	__u64 __opaque[1];
} __attribute__((aligned(8)));
struct bpf_iter_css_task {
	__u64 __opaque[1];
} __attribute__((aligned(8)));
struct bpf_iter_kmem_cache {
	__u64 __opaque[1];
} __attribute__((aligned(8)));

struct task_struct {
	int pid;
} CORE;
struct vm_area_struct {
	unsigned long vm_start;
} CORE;
struct kmem_cache {
	unsigned int size;
} CORE;

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;
extern int bpf_iter_bits_new(struct bpf_iter_bits *it, const __u64 *unsafe_ptr__ign,
			     __u32 nr_words) __ksym;
extern int *bpf_iter_bits_next(struct bpf_iter_bits *it) __ksym;
extern void bpf_iter_bits_destroy(struct bpf_iter_bits *it) __ksym;
extern int bpf_iter_task_new(struct bpf_iter_task *it, struct task_struct *task__nullable,
			     unsigned int flags) __ksym;
extern struct task_struct *bpf_iter_task_next(struct bpf_iter_task *it) __ksym;
extern void bpf_iter_task_destroy(struct bpf_iter_task *it) __ksym;
extern int bpf_iter_task_vma_new(struct bpf_iter_task_vma *it, struct task_struct *task,
				 __u64 addr) __ksym;
extern struct vm_area_struct *bpf_iter_task_vma_next(struct bpf_iter_task_vma *it) __ksym;
extern void bpf_iter_task_vma_destroy(struct bpf_iter_task_vma *it) __ksym;
extern int bpf_iter_kmem_cache_new(struct bpf_iter_kmem_cache *it) __ksym;
extern struct kmem_cache *bpf_iter_kmem_cache_next(struct bpf_iter_kmem_cache *it) __ksym;
extern void bpf_iter_kmem_cache_destroy(struct bpf_iter_kmem_cache *it) __ksym;
extern struct task_struct *bpf_task_acquire(struct task_struct *p) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern void bpf_throw(__u64 cookie) __ksym;

int array[8];

/* ---- numbers ---- */

SEC("tc")
ACCEPTED
int numbers_are_added(struct __sk_buff *skb)
{
	struct bpf_iter_num it;
	int *n, sum = 0;

	bpf_iter_num_new(&it, 0, 10);
	while ((n = bpf_iter_num_next(&it)))
		sum += *n;
	bpf_iter_num_destroy(&it);
	return sum;
}

SEC("tc")
ACCEPTED
int loops_of_numbers_nest(struct __sk_buff *skb)
{
	struct bpf_iter_num outer, inner;
	int *n, *m, sum = 0;

	bpf_iter_num_new(&outer, 0, skb->len);
	while ((n = bpf_iter_num_next(&outer))) {
		bpf_iter_num_new(&inner, *n, 100);
		while ((m = bpf_iter_num_next(&inner)))
			sum += *m;
		bpf_iter_num_destroy(&inner);
	}
	bpf_iter_num_destroy(&outer);
	return sum;
}

SEC("tc")
ACCEPTED
int a_loop_ends_early(struct __sk_buff *skb)
{
	struct bpf_iter_num it;
	int *n, found = 0;

	bpf_iter_num_new(&it, 0, 1000000);
	while ((n = bpf_iter_num_next(&it))) {
		if (*n == skb->len) {
			found = 1;
			break;
		}
	}
	bpf_iter_num_destroy(&it);
	return found;
}

SEC("tc")
ACCEPTED
int an_index_is_bounded_in_the_loop(struct __sk_buff *skb)
{
	struct bpf_iter_num it;
	int *n, sum = 0;

	bpf_iter_num_new(&it, 0, 100);
	while ((n = bpf_iter_num_next(&it))) {
		unsigned int i = *n;

		if (i < 8)
			sum += array[i];
	}
	bpf_iter_num_destroy(&it);
	return sum;
}

SEC("tc")
REFUSED("math between map_value pointer and register with unbounded min value is not allowed")
int an_index_is_not_bounded_in_the_loop(struct __sk_buff *skb)
{
	struct bpf_iter_num it;
	int *n, sum = 0;

	bpf_iter_num_new(&it, 0, 8);
	while ((n = bpf_iter_num_next(&it)))
		sum += array[*n];
	bpf_iter_num_destroy(&it);
	return sum;
}

SEC("tc")
ACCEPTED
int an_iterator_is_asked_after_its_end(struct __sk_buff *skb)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 3);
	if (!bpf_iter_num_next(&it))
		bpf_iter_num_next(&it);
	bpf_iter_num_destroy(&it);
	return 0;
}

SEC("tc")
REFUSED("R0 invalid mem access 'scalar'")
int a_number_is_used_unchecked(struct __sk_buff *skb)
{
	struct bpf_iter_num it;
	int n;

	bpf_iter_num_new(&it, 0, 3);
	n = *bpf_iter_num_next(&it);
	bpf_iter_num_destroy(&it);
	return n;
}

SEC("tc")
REFUSED("R0 cannot write into rdonly_mem")
int a_number_is_written(struct __sk_buff *skb)
{
	struct bpf_iter_num it;
	int *n;

	bpf_iter_num_new(&it, 0, 3);
	n = bpf_iter_num_next(&it);
	if (n)
		*n = 1;
	bpf_iter_num_destroy(&it);
	return 0;
}

SEC("tc")
REFUSED("R7 invalid mem access 'scalar'")
int a_number_outlives_its_iterator(struct __sk_buff *skb)
{
	struct bpf_iter_num it;
	int *n;

	bpf_iter_num_new(&it, 0, 3);
	n = bpf_iter_num_next(&it);
	bpf_iter_num_destroy(&it);
	return n ? *n : 0;
}

SEC("tc")
REFUSED("BPF_EXIT instruction in main prog would lead to reference leak")
int an_iterator_is_left(struct __sk_buff *skb)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 3);
	return 0;
}

SEC("tc")
REFUSED("expected an initialized iter_num as arg #0")
int an_iterator_is_not_begun(struct __sk_buff *skb)
{
	struct bpf_iter_num it = {};

	bpf_iter_num_next(&it);
	return 0;
}

SEC("tc")
REFUSED("expected an initialized iter_num as arg #0")
int an_iterator_is_ended_that_was_not_begun(struct __sk_buff *skb)
{
	struct bpf_iter_num it;

	bpf_iter_num_destroy(&it);
	return 0;
}

SEC("tc")
REFUSED("expected an initialized iter_num as arg #0")
int an_iterator_is_ended_twice(struct __sk_buff *skb)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 3);
	bpf_iter_num_destroy(&it);
	bpf_iter_num_destroy(&it);
	return 0;
}

SEC("tc")
REFUSED("expected uninitialized iter_num as arg #0")
int an_iterator_is_begun_twice(struct __sk_buff *skb)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 3);
	bpf_iter_num_new(&it, 0, 3);
	bpf_iter_num_destroy(&it);
	return 0;
}

SEC("tc")
ACCEPTED
int an_iterator_is_begun_again(struct __sk_buff *skb)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 3);
	bpf_iter_num_destroy(&it);
	bpf_iter_num_new(&it, 0, 3);
	bpf_iter_num_destroy(&it);
	return 0;
}

SEC("tc")
REFUSED("expected an initialized iter_num as arg #0")
int an_iterator_is_overwritten(struct __sk_buff *skb)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 3);
	*(volatile long *)&it = 1;
	bpf_iter_num_destroy(&it);
	return 0;
}

SEC("tc")
REFUSED("invalid read from stack off -8+0 size 8")
int an_iterator_is_read(struct __sk_buff *skb)
{
	struct bpf_iter_num it;
	long n;

	bpf_iter_num_new(&it, 0, 3);
	n = *(volatile long *)&it;
	bpf_iter_num_destroy(&it);
	return n;
}

SEC("tc")
REFUSED("expected an initialized iter_num as arg #0")
int an_iterator_is_of_another_kind(struct __sk_buff *skb)
{
	struct bpf_iter_bits it;

	bpf_iter_bits_new(&it, (void *)1, 1);
	bpf_iter_num_next((struct bpf_iter_num *)&it);
	bpf_iter_bits_destroy(&it);
	return 0;
}

SEC("tc")
REFUSED("expected an initialized iter_bits as arg #0")
int an_iterator_begins_in_its_middle(struct __sk_buff *skb)
{
	struct bpf_iter_bits it;

	bpf_iter_bits_new(&it, (void *)1, 1);
	bpf_iter_bits_next((void *)&it + 8);
	bpf_iter_bits_destroy(&it);
	return 0;
}

SEC("tc")
REFUSED("arg#0 expected pointer to an iterator on stack")
int an_iterator_is_in_a_map(struct __sk_buff *skb)
{
	bpf_iter_num_new((void *)array, 0, 3);
	return 0;
}

SEC("tc")
REFUSED("expected uninitialized iter_num as arg #0")
int an_iterator_is_not_aligned(struct __sk_buff *skb)
{
	char room[24];

	bpf_iter_num_new((void *)room + 4, 0, 3);
	bpf_iter_num_destroy((void *)room + 4);
	return 0;
}

SEC("tc")
REFUSED("expected uninitialized iter_num as arg #0")
int an_iterator_is_nowhere_certain(struct __sk_buff *skb)
{
	char room[64] = {};
	void *at = room + (skb->len & 8);

	bpf_iter_num_new(at, 0, 3);
	bpf_iter_num_destroy(at);
	return 0;
}

SEC("tc")
REFUSED("bpf_throw would lead to reference leak")
int an_exception_leaves_an_iterator(struct __sk_buff *skb)
{
	struct bpf_iter_num it;

	bpf_iter_num_new(&it, 0, 3);
	while (bpf_iter_num_next(&it))
		bpf_throw(0);
	bpf_iter_num_destroy(&it);
	return 0;
}

static __noinline int advance(struct bpf_iter_num *it)
{
	int *n = bpf_iter_num_next(it);

	return n ? *n : -1;
}

SEC("tc")
ACCEPTED
int an_iterator_is_advanced_by_a_function(struct __sk_buff *skb)
{
	struct bpf_iter_num it;
	int sum = 0, n;

	bpf_iter_num_new(&it, 0, 100);
	while ((n = advance(&it)) >= 0)
		sum += n;
	bpf_iter_num_destroy(&it);
	return sum;
}

SEC("tc")
ACCEPTED
int a_loop_of_bits(struct __sk_buff *skb)
{
	struct bpf_iter_bits it;
	__u64 word = skb->len;
	int *bit, sum = 0;

	bpf_iter_bits_new(&it, &word, 1);
	while ((bit = bpf_iter_bits_next(&it)))
		sum += *bit;
	bpf_iter_bits_destroy(&it);
	return sum;
}

SEC("tc")
ACCEPTED
int a_pointer_is_found_in_a_loop(struct __sk_buff *skb)
{
	struct bpf_iter_num it;
	int *at = 0, *n;

	bpf_iter_num_new(&it, 0, 100);
	while ((n = bpf_iter_num_next(&it))) {
		unsigned int i = *n;

		if (i < 8 && array[i] == 3) {
			at = &array[i];
			break;
		}
	}
	bpf_iter_num_destroy(&it);
	return at ? *at : 0;
}

SEC("tc")
REFUSED("BPF_EXIT instruction in main prog would lead to reference leak")
int references_pile_up_in_a_loop(struct __sk_buff *skb)
{
	struct bpf_iter_num it, more[4];
	int *n, i = 0;

	bpf_iter_num_new(&it, 0, 4);
	while ((n = bpf_iter_num_next(&it)))
		if (i < 4)
			bpf_iter_num_new(&more[0] + 0, 0, i++);
	bpf_iter_num_destroy(&it);
	return 0;
}

/* ---- tasks ---- */

SEC("tp_btf/task_newtask")
ACCEPTED
int BPF_PROG(tasks_are_counted, struct task_struct *task, __u64 flags)
{
	struct bpf_iter_task it;
	struct task_struct *t;
	int n = 0;

	bpf_iter_task_new(&it, (void *)0, 0);
	while ((t = bpf_iter_task_next(&it)))
		n += t->pid == 1;
	bpf_iter_task_destroy(&it);
	return n;
}

SEC("syscall")
REFUSED("kernel func bpf_iter_task_new requires RCU critical section protection")
int tasks_are_walked_without_rcu(void *ctx)
{
	struct bpf_iter_task it;

	bpf_iter_task_new(&it, (void *)0, 0);
	while (bpf_iter_task_next(&it))
		;
	bpf_iter_task_destroy(&it);
	return 0;
}

SEC("syscall")
ACCEPTED
int tasks_are_walked_with_rcu(void *ctx)
{
	struct task_struct *t, *own;
	struct bpf_iter_task it;

	bpf_rcu_read_lock();
	bpf_iter_task_new(&it, (void *)0, 0);
	while ((t = bpf_iter_task_next(&it))) {
		own = bpf_task_acquire(t);
		if (own)
			bpf_task_release(own);
	}
	bpf_iter_task_destroy(&it);
	bpf_rcu_read_unlock();
	return 0;
}

SEC("syscall")
REFUSED("expected an RCU CS when using bpf_iter_task_next")
int rcu_ends_within_a_walk(void *ctx)
{
	struct bpf_iter_task it;

	bpf_rcu_read_lock();
	bpf_iter_task_new(&it, (void *)0, 0);
	bpf_rcu_read_unlock();
	bpf_iter_task_next(&it);
	bpf_iter_task_destroy(&it);
	return 0;
}

SEC("syscall")
REFUSED("R1 must be a rcu pointer")
int a_task_outlives_the_section_of_its_walk(void *ctx)
{
	struct task_struct *t, *own;
	struct bpf_iter_task it;

	bpf_rcu_read_lock();
	bpf_iter_task_new(&it, (void *)0, 0);
	t = bpf_iter_task_next(&it);
	bpf_iter_task_destroy(&it);
	bpf_rcu_read_unlock();
	if (t) {
		own = bpf_task_acquire(t);
		if (own)
			bpf_task_release(own);
	}
	return 0;
}

SEC("tp_btf/task_newtask")
ACCEPTED
int BPF_PROG(memory_areas_are_walked, struct task_struct *task, __u64 flags)
{
	struct bpf_iter_task_vma it;
	struct vm_area_struct *vma;
	unsigned long first = 0;

	bpf_iter_task_vma_new(&it, task, 0);
	while ((vma = bpf_iter_task_vma_next(&it)))
		first = vma->vm_start;
	bpf_iter_task_vma_destroy(&it);
	return first & 1;
}

SEC("tp_btf/task_newtask")
REFUSED("Possibly NULL pointer passed to trusted arg1")
int BPF_PROG(memory_areas_of_nobody, struct task_struct *task, __u64 flags)
{
	struct bpf_iter_task_vma it;

	bpf_iter_task_vma_new(&it, (void *)0, 0);
	bpf_iter_task_vma_destroy(&it);
	return 0;
}

SEC("syscall")
ACCEPTED
int caches_are_walked(void *ctx)
{
	struct bpf_iter_kmem_cache it;
	struct kmem_cache *c;
	int n = 0;

	bpf_iter_kmem_cache_new(&it);
	while ((c = bpf_iter_kmem_cache_next(&it)))
		n += c->size == 64;
	bpf_iter_kmem_cache_destroy(&it);
	return n;
}

SEC("tc")
REFUSED("program must be sleepable to call sleepable kfunc bpf_iter_kmem_cache_new")
int caches_are_walked_by_who_cannot_sleep(struct __sk_buff *skb)
{
	struct bpf_iter_kmem_cache it;

	bpf_iter_kmem_cache_new(&it);
	bpf_iter_kmem_cache_destroy(&it);
	return 0;
}

char _license[] SEC("license") = "GPL";
