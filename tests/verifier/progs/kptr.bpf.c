// SPDX-License-Identifier: BSD-2-Clause
/* Pointers to kernel objects in map values, and the map itself as an object. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "told.h"

#define KPTR __attribute__((btf_type_tag("kptr")))
#define UNREF __attribute__((btf_type_tag("kptr_untrusted")))

/* Told apart from the kernel's by its name alone. */
struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

struct cgroup;
struct inode;

struct value {
	long number;
	struct task_struct KPTR *task;
	struct task_struct UNREF *seen;
	struct task_struct KPTR *other;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct value);
} values SEC(".maps");

/* None of these may be kept: the value has no pointers for programs, only bytes. */
struct inode {
	long i_ino;
} __attribute__((preserve_access_index));

struct bytes {
	struct inode KPTR *inode;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct bytes);
} inodes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} numbers SEC(".maps");

struct locked {
	struct bpf_spin_lock lock;
	struct task_struct KPTR *task;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct locked);
} locks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_ARRAY);
			__uint(max_entries, 2);
			__type(key, __u32);
			__type(value, struct value);
		});
} outer SEC(".maps") = {
	.values = { (void *)&values },
};

static __always_inline struct value *value_at(__u32 key)
{
	return bpf_map_lookup_elem(&values, &key);
}

/* ---- what is allowed ---- */

SEC("raw_tp")
ACCEPTED
int a_task_is_remembered_and_followed(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf(), *seen;
	struct value *v = value_at(0);

	if (!v)
		return 1;
	v->seen = task;
	seen = v->seen;
	return seen ? seen->pid : 2;
}

SEC("tc")
RETURNS(0)
int a_field_is_empty_at_first(void *ctx)
{
	struct value *v = value_at(1);

	if (!v)
		return 1;
	return v->task || v->seen;
}

SEC("raw_tp")
ACCEPTED
int an_unreferenced_field_is_emptied(void *ctx)
{
	struct value *v = value_at(0);

	if (!v)
		return 1;
	v->seen = 0;
	return 0;
}

SEC("raw_tp")
ACCEPTED
int what_a_field_shows_is_followed(void *ctx)
{
	struct value *v = value_at(0);
	struct task_struct *task;

	if (!v)
		return 1;
	task = v->task;
	return task ? task->pid : 0;
}

SEC("raw_tp")
ACCEPTED
int fields_of_inner_maps_are_fields(void *ctx)
{
	__u32 key = 0;
	void *inner = bpf_map_lookup_elem(&outer, &key);
	struct value *v = inner ? bpf_map_lookup_elem(inner, &key) : 0;

	if (!v)
		return 1;
	v->seen = bpf_get_current_task_btf();
	return 0;
}

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct value);
} storage SEC(".maps");

SEC("tp_btf/sys_enter")
REFUSED("BPF_EXIT instruction in main prog would lead to reference leak")
int fields_of_local_storage_are_fields(void *ctx)
{
	struct value *v = bpf_task_storage_get(&storage, bpf_get_current_task_btf(), 0, 0);

	return v ? !bpf_kptr_xchg(&v->task, 0) : 1;
}

struct bpf_map {
	unsigned int max_entries, key_size;
} __attribute__((preserve_access_index));

SEC("raw_tp")
ACCEPTED
int a_map_is_read_as_an_object(void *ctx)
{
	struct bpf_map *map = (struct bpf_map *)&numbers;

	return map->max_entries + map->key_size;
}

/* ---- what is not ---- */

SEC("raw_tp")
REFUSED("BPF_EXIT instruction in main prog would lead to reference leak")
int what_a_full_field_gives_back_goes_somewhere_too(void *ctx)
{
	struct value *v = value_at(0);
	struct task_struct *task;

	if (!v)
		return 1;
	task = bpf_kptr_xchg(&v->task, 0);
	if (!task)
		return 0;
	bpf_kptr_xchg(&v->other, task);
	return 0;
}

SEC("raw_tp")
REFUSED("BPF_EXIT instruction in main prog would lead to reference leak")
int a_reference_that_came_out_must_go_somewhere(void *ctx)
{
	struct value *v = value_at(0);

	return v ? !bpf_kptr_xchg(&v->task, 0) : 1;
}

SEC("raw_tp")
REFUSED("store to referenced kptr disallowed")
int references_are_not_stored(void *ctx)
{
	struct value *v = value_at(0);

	if (v)
		v->task = bpf_get_current_task_btf();
	return 0;
}

SEC("raw_tp")
REFUSED("R2 must be referenced when passed to release function")
int only_a_reference_is_exchanged(void *ctx)
{
	struct value *v = value_at(0);
	struct task_struct *task;

	if (!v)
		return 1;
	task = bpf_kptr_xchg(&v->task, bpf_get_current_task_btf());
	if (task)
		bpf_kptr_xchg(&v->other, task);
	return 0;
}

SEC("raw_tp")
REFUSED("Possibly NULL pointer passed to helper arg2")
int what_came_out_is_checked_first(void *ctx)
{
	struct value *v = value_at(0);
	struct task_struct *task;

	if (!v)
		return 1;
	task = bpf_kptr_xchg(&v->task, 0);
	bpf_kptr_xchg(&v->other, task);
	return 0;
}

SEC("raw_tp")
REFUSED("off=16 kptr isn't referenced kptr")
int an_unreferenced_field_is_not_exchanged(void *ctx)
{
	struct value *v = value_at(0);

	return v ? !bpf_kptr_xchg(&v->seen, 0) : 1;
}

SEC("raw_tp")
REFUSED("off=0 doesn't point to kptr")
int a_number_is_not_exchanged(void *ctx)
{
	struct value *v = value_at(0);

	return v ? !bpf_kptr_xchg(&v->number, 0) : 1;
}

SEC("raw_tp")
REFUSED("R1 has no valid kptr")
int a_value_without_fields_is_not_exchanged(void *ctx)
{
	__u32 key = 0;
	struct bytes *v = bpf_map_lookup_elem(&inodes, &key);

	return v ? !bpf_kptr_xchg(&v->inode, 0) : 1;
}

SEC("raw_tp")
ACCEPTED
int a_type_that_is_not_kept_is_bytes(void *ctx)
{
	__u32 key = 0;
	struct bytes *v = bpf_map_lookup_elem(&inodes, &key);

	if (v)
		*(volatile long *)&v->inode = 1;
	return 0;
}

SEC("raw_tp")
REFUSED("kptr access size must be BPF_DW")
int half_a_pointer_is_not_read(void *ctx)
{
	struct value *v = value_at(0);

	return v ? *(volatile int *)&v->seen : 1;
}

SEC("raw_tp")
REFUSED("kptr access misaligned expected=16 off=20")
int a_pointer_is_not_read_across(void *ctx)
{
	struct value *v = value_at(0);

	return v ? *(volatile long *)((void *)&v->seen + 4) : 1;
}

SEC("raw_tp")
REFUSED("BPF_ST imm must be 0 when storing to kptr at off=16")
int a_number_is_not_stored(void *ctx)
{
	struct value *v = value_at(0);

	if (v)
		asm volatile("*(u64 *)(%0 + 16) = 5" ::"r"(v) : "memory");
	return 0;
}

SEC("raw_tp")
REFUSED("invalid kptr access, R@ type=scalar expected=ptr_task_struct or untrusted_ptr_task_struct")
int a_variable_number_is_not_stored(void *ctx)
{
	struct value *v = value_at(0);

	if (v)
		*(volatile long *)&v->seen = bpf_ktime_get_ns();
	return 0;
}

SEC("raw_tp")
REFUSED("kptr cannot be accessed indirectly by helper")
int helpers_do_not_write_fields(void *ctx)
{
	struct value *v = value_at(0);

	return v ? bpf_probe_read_kernel(v, sizeof(*v), 0) : 1;
}

SEC("raw_tp")
REFUSED("R@ invalid mem access 'untrusted_ptr_or_null_'")
int what_a_field_shows_is_checked_first(void *ctx)
{
	struct value *v = value_at(0);

	return v ? v->seen->pid : 1;
}

SEC("tc")
REFUSED("function calls are not allowed while holding a lock")
int nothing_is_exchanged_under_a_lock(void *ctx)
{
	__u32 key = 0;
	struct locked *v = bpf_map_lookup_elem(&locks, &key);

	if (!v)
		return 1;
	bpf_spin_lock(&v->lock);
	bpf_kptr_xchg(&v->task, 0);
	bpf_spin_unlock(&v->lock);
	return 0;
}

SEC("raw_tp")
REFUSED("only read from bpf_array is supported")
int a_map_is_not_written_as_an_object(void *ctx)
{
	struct bpf_map *map = (struct bpf_map *)&numbers;

	map->max_entries = 1;
	return 0;
}

char _license[] SEC("license") = "GPL";
