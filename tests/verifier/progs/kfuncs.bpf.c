// SPDX-License-Identifier: BSD-2-Clause
/* Kernel functions: objects with references, RCU, memory and sizes, numbers, casts. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "told.h"

#define __ksym_weak __ksym __attribute__((weak))
#define CORE __attribute__((preserve_access_index))

struct cgroup {
	int level;
} CORE;
struct cpumask {
	unsigned long bits[1];
} CORE;
struct bpf_cpumask {
	struct cpumask cpumask;
} CORE;
struct file {
	unsigned int f_flags;
} CORE;
struct kmem_cache {
	unsigned int size;
} CORE;
struct task_struct {
	int pid;
	int exit_code;
	struct task_struct *real_parent, *last_wakee;
	const struct cpumask *cpus_ptr;
} CORE;
struct sk_buff {
	unsigned int len;
} CORE;
struct xdp_buff {
	void *data;
} CORE;

extern struct task_struct *bpf_task_acquire(struct task_struct *p) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;
extern struct task_struct *bpf_task_from_pid(__s32 pid) __ksym;
extern struct cgroup *bpf_cgroup_from_id(__u64 id) __ksym;
extern struct cgroup *bpf_cgroup_ancestor(struct cgroup *cgrp, int level) __ksym;
extern void bpf_cgroup_release(struct cgroup *cgrp) __ksym;
extern long bpf_task_under_cgroup(struct task_struct *task, struct cgroup *ancestor) __ksym;
extern struct bpf_cpumask *bpf_cpumask_create(void) __ksym;
extern void bpf_cpumask_release(struct bpf_cpumask *m) __ksym;
extern void bpf_cpumask_set_cpu(__u32 cpu, struct bpf_cpumask *m) __ksym;
extern _Bool bpf_cpumask_test_cpu(__u32 cpu, const struct cpumask *m) __ksym;
extern __u32 bpf_cpumask_first(const struct cpumask *m) __ksym;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern void bpf_preempt_disable(void) __ksym;
extern void bpf_preempt_enable(void) __ksym;
extern int bpf_copy_from_user_str(void *dst, __u32 dst__sz, const void *src__ign,
				  __u64 flags) __ksym;
extern int bpf_strlen(const char *s) __ksym;
extern int bpf_strcmp(const char *a, const char *b) __ksym;
extern void *bpf_rdonly_cast(const void *obj__ign, __u32 btf_id__k) __ksym;
extern void *bpf_cast_to_kern_ctx(void *obj) __ksym;
extern struct kmem_cache *bpf_get_kmem_cache(__u64 addr) __ksym;
extern void bpf_put_file(struct file *file) __ksym;
extern void bpf_throw(__u64 cookie) __ksym;
extern _Bool bpf_session_is_return(void) __ksym;
extern int bpf_absent(int a) __ksym_weak;

/* ---- references ---- */

SEC("tp_btf/task_newtask")
ACCEPTED
int BPF_PROG(a_reference_is_taken_and_given_back, struct task_struct *task, __u64 flags)
{
	struct task_struct *own = bpf_task_acquire(task);

	if (own)
		bpf_task_release(own);
	return 0;
}

SEC("tp_btf/task_newtask")
REFUSED("BPF_EXIT instruction in main prog would lead to reference leak")
int BPF_PROG(a_reference_is_lost, struct task_struct *task, __u64 flags)
{
	bpf_task_acquire(task);
	return 0;
}

SEC("tp_btf/task_newtask")
REFUSED("Possibly NULL pointer passed to trusted arg0")
int BPF_PROG(a_reference_is_given_back_unchecked, struct task_struct *task, __u64 flags)
{
	bpf_task_release(bpf_task_acquire(task));
	return 0;
}

SEC("tp_btf/task_newtask")
REFUSED("arg#0 pointer type STRUCT task_struct must point to scalar, or struct with scalar")
int BPF_PROG(a_reference_is_given_back_twice, struct task_struct *task, __u64 flags)
{
	struct task_struct *own = bpf_task_acquire(task);

	if (own) {
		bpf_task_release(own);
		bpf_task_release(own);
	}
	return 0;
}

SEC("tp_btf/task_newtask")
REFUSED("release kernel function bpf_task_release expects refcounted PTR_TO_BTF_ID")
int BPF_PROG(what_was_not_taken_is_given_back, struct task_struct *task, __u64 flags)
{
	bpf_task_release(task);
	return 0;
}

SEC("tp_btf/task_newtask")
REFUSED("kernel function bpf_task_release args#0 expected pointer to STRUCT task_struct but R1 has "
	"a pointer to STRUCT cgroup")
int BPF_PROG(an_object_of_another_type_is_passed, struct task_struct *task, __u64 flags)
{
	struct cgroup *c = bpf_cgroup_from_id(1);

	if (c) {
		bpf_task_release((void *)c);
		bpf_cgroup_release(c);
	}
	return 0;
}

SEC("tp_btf/task_newtask")
REFUSED("R1 must have zero offset when passed to release func or trusted arg to kfunc")
int BPF_PROG(a_pointer_into_the_object_is_given_back, struct task_struct *task, __u64 flags)
{
	struct task_struct *own = bpf_task_acquire(task);

	if (own)
		bpf_task_release((void *)own + 8);
	return 0;
}

SEC("tp_btf/task_newtask")
ACCEPTED
int BPF_PROG(a_field_that_rcu_protects_is_passed, struct task_struct *task, __u64 flags)
{
	struct task_struct *parent = bpf_task_acquire(task->real_parent);

	if (parent)
		bpf_task_release(parent);
	return 0;
}

SEC("tp_btf/task_newtask")
REFUSED("R1 must be a rcu pointer")
int BPF_PROG(a_field_that_nothing_protects_is_passed, struct task_struct *task, __u64 flags)
{
	struct task_struct *wakee = bpf_task_acquire(task->last_wakee);

	if (wakee)
		bpf_task_release(wakee);
	return 0;
}

SEC("tp_btf/task_newtask")
REFUSED("arg#0 pointer type STRUCT task_struct must point to scalar, or struct with scalar")
int BPF_PROG(a_number_is_passed_for_an_object, struct task_struct *task, __u64 flags)
{
	struct task_struct *own = bpf_task_acquire((void *)flags);

	if (own)
		bpf_task_release(own);
	return 0;
}

SEC("tp_btf/task_newtask")
REFUSED("Possibly NULL pointer passed to trusted arg0")
int BPF_PROG(null_is_passed_for_an_object, struct task_struct *task, __u64 flags)
{
	struct task_struct *own = bpf_task_acquire((void *)0);

	if (own)
		bpf_task_release(own);
	return 0;
}

SEC("tp_btf/task_newtask")
REFUSED("arg#0 pointer type STRUCT task_struct must point to scalar, or struct with scalar")
int BPF_PROG(stack_is_passed_for_an_object, struct task_struct *task, __u64 flags)
{
	long room[8] = {};
	struct task_struct *own = bpf_task_acquire((void *)room);

	if (own)
		bpf_task_release(own);
	return 0;
}

SEC("tp_btf/task_newtask")
REFUSED("R6 invalid mem access 'scalar'")
int BPF_PROG(an_object_is_read_after_its_release, struct task_struct *task, __u64 flags)
{
	struct task_struct *own = bpf_task_from_pid(1);
	int pid = 0;

	if (own) {
		bpf_task_release(own);
		pid = own->pid;
	}
	return pid;
}

SEC("tp_btf/task_newtask")
REFUSED("only read is supported")
int BPF_PROG(an_object_is_written, struct task_struct *task, __u64 flags)
{
	struct task_struct *own = bpf_task_from_pid(1);

	if (own) {
		own->exit_code = 1;
		bpf_task_release(own);
	}
	return 0;
}

SEC("tp_btf/task_newtask")
ACCEPTED
int BPF_PROG(a_mask_is_also_the_mask_inside, struct task_struct *task, __u64 flags)
{
	struct bpf_cpumask *mask = bpf_cpumask_create();
	int n = 0;

	if (!mask)
		return 0;
	bpf_cpumask_set_cpu(1, mask);
	n = bpf_cpumask_test_cpu(1, (const struct cpumask *)mask);
	n += bpf_cpumask_first(task->cpus_ptr);
	bpf_cpumask_release(mask);
	return n;
}

SEC("tp_btf/task_newtask")
REFUSED("kernel function bpf_cpumask_set_cpu args#1 expected pointer to STRUCT bpf_cpumask but R2 "
	"has a pointer to STRUCT cpumask")
int BPF_PROG(a_mask_of_the_kernel_is_changed, struct task_struct *task, __u64 flags)
{
	bpf_cpumask_set_cpu(1, (struct bpf_cpumask *)task->cpus_ptr);
	return 0;
}

SEC("tp_btf/task_newtask")
ACCEPTED
int BPF_PROG(two_objects_are_passed, struct task_struct *task, __u64 flags)
{
	struct cgroup *c = bpf_cgroup_from_id(1);
	long in = 0;

	if (c) {
		in = bpf_task_under_cgroup(task, c);
		bpf_cgroup_release(c);
	}
	return in;
}

SEC("tp_btf/task_newtask")
REFUSED("Possibly NULL pointer passed to trusted arg0")
int BPF_PROG(a_result_that_may_be_null_is_passed_on, struct task_struct *task, __u64 flags)
{
	struct cgroup *c = bpf_cgroup_ancestor(bpf_cgroup_from_id(1), 1);

	if (c)
		bpf_cgroup_release(c);
	return 0;
}

SEC("tp_btf/task_newtask")
REFUSED("BPF_EXIT instruction in main prog would lead to reference leak")
int BPF_PROG(a_reference_is_kept_on_one_path, struct task_struct *task, __u64 flags)
{
	struct task_struct *own = bpf_task_from_pid(flags & 0xffff);

	if (own && flags & 1)
		bpf_task_release(own);
	return 0;
}

/* ---- RCU sections ---- */

SEC("syscall")
REFUSED("R1 must be a rcu pointer")
int a_sleepable_program_reads_what_rcu_protects_outside(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf(), *parent;

	parent = bpf_task_acquire(task->real_parent);
	if (parent)
		bpf_task_release(parent);
	return 0;
}

SEC("syscall")
ACCEPTED
int a_sleepable_program_reads_what_rcu_protects_inside(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf(), *parent;

	bpf_rcu_read_lock();
	parent = bpf_task_acquire(task->real_parent);
	if (parent)
		bpf_task_release(parent);
	bpf_rcu_read_unlock();
	return 0;
}

SEC("syscall")
REFUSED("R1 must be a rcu pointer")
int a_pointer_outlives_its_section(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf(), *parent;

	bpf_rcu_read_lock();
	task = task->real_parent;
	bpf_rcu_read_unlock();
	parent = bpf_task_acquire(task);
	if (parent)
		bpf_task_release(parent);
	return 0;
}

SEC("syscall")
ACCEPTED
int a_pointer_that_outlives_its_section_may_be_read(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();

	bpf_rcu_read_lock();
	task = task->real_parent;
	bpf_rcu_read_unlock();
	return task->pid & 1;
}

SEC("syscall")
REFUSED("nested rcu read lock (kernel function bpf_rcu_read_lock)")
int sections_do_not_nest(void *ctx)
{
	bpf_rcu_read_lock();
	bpf_rcu_read_lock();
	bpf_rcu_read_unlock();
	bpf_rcu_read_unlock();
	return 0;
}

SEC("syscall")
REFUSED("unmatched rcu read unlock (kernel function bpf_rcu_read_unlock)")
int a_section_is_left_that_was_not_entered(void *ctx)
{
	bpf_rcu_read_unlock();
	return 0;
}

SEC("syscall")
REFUSED("BPF_EXIT instruction in main prog cannot be used inside bpf_rcu_read_lock-ed region")
int a_section_is_not_left(void *ctx)
{
	bpf_rcu_read_lock();
	return 0;
}

SEC("syscall")
REFUSED("BPF_EXIT instruction in main prog cannot be used inside bpf_rcu_read_lock-ed region")
int a_section_is_left_on_one_path(void *ctx)
{
	bpf_rcu_read_lock();
	if (bpf_get_prandom_u32() & 1)
		return 0;
	bpf_rcu_read_unlock();
	return 0;
}

static __noinline int leave(void)
{
	bpf_rcu_read_unlock();
	return 0;
}

SEC("syscall")
ACCEPTED
int a_section_is_left_in_a_static_function(void *ctx)
{
	bpf_rcu_read_lock();
	return leave();
}

char text[16];

SEC("syscall")
REFUSED("kernel func bpf_copy_from_user_str is sleepable within rcu_read_lock region")
int a_function_that_sleeps_is_called_in_a_section(void *ctx)
{
	bpf_rcu_read_lock();
	bpf_copy_from_user_str(text, sizeof(text), (void *)1, 0);
	bpf_rcu_read_unlock();
	return 0;
}

SEC("syscall")
REFUSED("sleepable helper bpf_copy_from_user#148 in rcu_read_lock region")
int a_helper_that_sleeps_is_called_in_a_section(void *ctx)
{
	bpf_rcu_read_lock();
	bpf_copy_from_user(text, sizeof(text), (void *)1);
	bpf_rcu_read_unlock();
	return 0;
}

SEC("syscall")
REFUSED("kernel func bpf_copy_from_user_str is sleepable within non-preemptible region")
int a_function_that_sleeps_is_called_without_preemption(void *ctx)
{
	bpf_preempt_disable();
	bpf_copy_from_user_str(text, sizeof(text), (void *)1, 0);
	bpf_preempt_enable();
	return 0;
}

SEC("tc")
REFUSED("program must be sleepable to call sleepable kfunc bpf_copy_from_user_str")
int a_function_that_sleeps_is_called_by_who_cannot(struct __sk_buff *skb)
{
	bpf_copy_from_user_str(text, sizeof(text), (void *)1, 0);
	return 0;
}

SEC("tc")
ACCEPTED
int preemption_is_disabled_twice(struct __sk_buff *skb)
{
	bpf_preempt_disable();
	bpf_preempt_disable();
	bpf_preempt_enable();
	bpf_preempt_enable();
	return 0;
}

SEC("tc")
REFUSED("BPF_EXIT instruction in main prog cannot be used inside bpf_preempt_disable-ed region")
int preemption_stays_disabled(struct __sk_buff *skb)
{
	bpf_preempt_disable();
	bpf_preempt_disable();
	bpf_preempt_enable();
	return 0;
}

/* ---- memory and sizes ---- */

SEC("syscall")
REFUSED("arg#0 arg#1 memory, len pair leads to invalid memory access")
int memory_is_smaller_than_its_size(void *ctx)
{
	return bpf_copy_from_user_str(text, sizeof(text) + 1, (void *)1, 0);
}

SEC("syscall")
REFUSED("arg#0 arg#1 memory, len pair leads to invalid memory access")
int a_size_may_be_anything(void *ctx)
{
	return bpf_copy_from_user_str(text, bpf_get_prandom_u32(), (void *)1, 0);
}

SEC("syscall")
ACCEPTED
int a_size_is_bounded(void *ctx)
{
	bpf_copy_from_user_str(text, bpf_get_prandom_u32() & 15, (void *)1, 0);
	return 0;
}

SEC("syscall")
ACCEPTED
int stack_that_was_not_written_is_filled(void *ctx)
{
	char room[16];

	bpf_copy_from_user_str(room, sizeof(room), (void *)1, 0);
	return 0;
}

SEC("tc")
ACCEPTED
int texts_are_anywhere(struct __sk_buff *skb)
{
	return bpf_strlen("kernel") + bpf_strcmp(text, (void *)(long)skb->hash);
}

/* ---- casts ---- */

SEC("tc")
ACCEPTED
int the_context_is_cast(struct __sk_buff *skb)
{
	struct sk_buff *kern = bpf_cast_to_kern_ctx(skb);

	return kern->len & 1;
}

SEC("xdp")
REFUSED("only read is supported")
int the_cast_context_is_written(struct xdp_md *xdp)
{
	struct xdp_buff *kern = bpf_cast_to_kern_ctx(xdp);

	kern->data = 0;
	return 0;
}

SEC("tc")
REFUSED("arg#0 expected pointer to ctx, but got map_value")
int something_else_is_cast_as_the_context(struct __sk_buff *skb)
{
	struct sk_buff *kern = bpf_cast_to_kern_ctx(text);

	return kern->len & 1;
}

SEC("raw_tp/sched_switch")
REFUSED("kern ctx type id @ is not a struct")
int a_context_that_is_an_array_is_cast(void *ctx)
{
	bpf_cast_to_kern_ctx(ctx);
	return 0;
}

SEC("tc")
ACCEPTED
int any_address_is_read_as_an_object(struct __sk_buff *skb)
{
	struct task_struct *task =
		bpf_rdonly_cast((void *)1, bpf_core_type_id_kernel(struct task_struct));

	return task->pid & 1;
}

SEC("tc")
ACCEPTED
int any_address_is_read_as_bytes(struct __sk_buff *skb)
{
	char *bytes = bpf_rdonly_cast((void *)1, 0);

	return bytes[100] & 1;
}

SEC("tc")
REFUSED("R0 cannot write into rdonly_untrusted_mem")
int bytes_of_any_address_are_written(struct __sk_buff *skb)
{
	char *bytes = bpf_rdonly_cast((void *)1, 0);

	bytes[0] = 1;
	return 0;
}

SEC("tc")
REFUSED("kfunc bpf_rdonly_cast type ID argument must be of a struct or void")
int a_cast_to_a_number(struct __sk_buff *skb)
{
	char *bytes = bpf_rdonly_cast((void *)1, 1);

	return *bytes;
}

SEC("tc")
REFUSED("Unknown type ID @ passed to kfunc bpf_rdonly_cast")
int a_cast_to_no_type(struct __sk_buff *skb)
{
	char *bytes = bpf_rdonly_cast((void *)1, 0x7ffffff);

	return *bytes;
}

SEC("tc")
REFUSED("R2 must be a known constant")
int a_cast_to_a_type_that_is_not_known_before(struct __sk_buff *skb)
{
	char *bytes = bpf_rdonly_cast((void *)1, skb->len);

	return *bytes;
}

SEC("tc")
REFUSED("R1 must be a rcu pointer")
int a_cast_object_is_passed_on(struct __sk_buff *skb)
{
	struct task_struct *task =
		bpf_rdonly_cast((void *)1, bpf_core_type_id_kernel(struct task_struct));

	task = bpf_task_acquire(task);
	if (task)
		bpf_task_release(task);
	return 0;
}

SEC("tc")
ACCEPTED
int a_cache_may_be_read(struct __sk_buff *skb)
{
	struct kmem_cache *cache = bpf_get_kmem_cache(1);

	return cache->size & 1;
}

/* ---- who may call ---- */

SEC("xdp")
REFUSED("calling kernel function bpf_put_file is not allowed")
int a_function_for_other_types_is_called(struct xdp_md *xdp)
{
	bpf_put_file((void *)0);
	return 0;
}

SEC("tc")
REFUSED("calling kernel function bpf_session_is_return is not allowed")
int a_function_for_sessions_is_called(struct __sk_buff *skb)
{
	return bpf_session_is_return();
}

SEC("tc")
ACCEPTED
int an_absent_function_is_not_called(struct __sk_buff *skb)
{
	return bpf_absent ? bpf_absent(1) : 0;
}

/* ---- exceptions ---- */

SEC("tc")
ACCEPTED
int an_exception_ends_the_program(struct __sk_buff *skb)
{
	if (skb->len > 100)
		bpf_throw(1);
	return 0;
}

SEC("tc")
REFUSED("bpf_throw would lead to reference leak")
int an_exception_leaks_a_reference(struct __sk_buff *skb)
{
	struct task_struct *task = bpf_task_from_pid(1);

	if (!task)
		return 0;
	if (skb->len > 100)
		bpf_throw(1);
	bpf_task_release(task);
	return 0;
}

SEC("tc")
REFUSED("bpf_throw cannot be used inside bpf_preempt_disable-ed region")
int an_exception_leaves_preemption_disabled(struct __sk_buff *skb)
{
	bpf_preempt_disable();
	bpf_throw(1);
	return 0;
}

static __noinline int throws(__u64 n)
{
	if (n > 100)
		bpf_throw(n);
	return 0;
}

SEC("tc")
ACCEPTED
int an_exception_comes_out_of_a_function(struct __sk_buff *skb)
{
	return throws(skb->len);
}

static int cb(__u32 i, void *ctx)
{
	throws(i);
	return 0;
}

SEC("tc")
REFUSED("bpf_throw kfunc (insn 12) cannot be called from callback subprog 2")
int an_exception_comes_out_of_a_callback(struct __sk_buff *skb)
{
	return bpf_loop(10, cb, (void *)0, 0);
}

SEC("cgroup_skb/egress")
REFUSED("At program exit the register R1 has smin=0 smax=@ should have been in [0, 3]")
int what_is_thrown_has_to_be_a_result(struct __sk_buff *skb)
{
	bpf_throw(skb->len);
	return 0;
}

char _license[] SEC("license") = "GPL";
