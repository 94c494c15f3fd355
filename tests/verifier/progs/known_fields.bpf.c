// SPDX-License-Identifier: BSD-2-Clause
/* Structs of the kernel of which a part stands somewhere here as well, and addresses that are read
 * as structs. */

/* Older headers lack this struct, and newer ones have it: it is made here for all. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "told.h"

#define KERNELS __attribute__((preserve_access_index))
#define CAST(address, type) ((type *)bpf_rdonly_cast(address, __builtin_btf_type_id(*(type *)0, 1)))

extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym;
extern void *bpf_rdonly_cast(const void *address, __u32 type) __ksym;

struct bpf_map_ops {
	int (*map_alloc_check)(union bpf_attr *attr);
} KERNELS;

struct bpf_map {
	const struct bpf_map_ops *ops;
	enum bpf_map_type map_type;
	__u32 key_size, value_size, max_entries, map_flags, id;
	__u64 map_extra;
	char name[16];
} KERNELS;

struct sk_buff {
	unsigned int len, hash, priority, mark;
	__u16 queue_mapping, protocol, tc_index;
	int skb_iif;
} KERNELS;

struct list_head {
	struct list_head *next, *prev;
} KERNELS;

struct task_struct {
	int pid, tgid;
	char comm[16];
} KERNELS;

struct value {
	long number;
	struct list_head *next;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, struct value);
} hashed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct value);
} of_tasks SEC(".maps");

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct value);
} inner SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = {
	.values = { (void *)&inner },
};

static struct value *value_at(__u32 key)
{
	return bpf_map_lookup_elem(&inner, &key);
}

SEC("tc")
RETURNS(41631)
int a_map_says_what_it_was_made_with(void *ctx)
{
	struct bpf_map *map = (struct bpf_map *)&hashed;

	return (map->key_size * 1000 + map->value_size * 10 + map->max_entries) * 10 +
	       map->map_type;
}

SEC("tc")
RETURNS(104)
int a_map_says_its_name(void *ctx)
{
	struct bpf_map *map = (struct bpf_map *)&hashed;

	return map->id && map->map_flags == BPF_F_NO_PREALLOC && !map->map_extra ? map->name[0]
										 : -1;
}

/* What the kernel does with a map is code, of which there is none here. */
SEC("tc")
STOPPED("which is no data")
int a_maps_functions_are_not_there(void *ctx)
{
	return ((struct bpf_map *)&hashed)->ops->map_alloc_check != 0;
}

SEC("tc")
RETURNS(22)
int a_map_that_was_looked_up_says_it_too(void *ctx)
{
	__u32 key = 0;
	struct bpf_map *map = bpf_map_lookup_elem(&outer, &key);

	return map ? map->max_entries * 10 + map->map_type : -1;
}

SEC("tc")
RETURNS(100)
PACKET(100)
int a_packet_has_the_kernels_length(void *ctx)
{
	struct sk_buff *skb = bpf_cast_to_kern_ctx(ctx);

	return skb->len;
}

SEC("tc")
RETURNS(7)
int a_packet_has_what_the_program_wrote(struct __sk_buff *ctx)
{
	struct sk_buff *skb = bpf_cast_to_kern_ctx(ctx);

	ctx->mark = 3;
	ctx->priority = 4;
	ctx->tc_index = 0;
	return skb->mark + skb->priority + skb->tc_index;
}

SEC("tc")
RETURNS(1)
int halves_of_the_contexts_fields_are_the_kernels(struct __sk_buff *ctx)
{
	struct sk_buff *skb = bpf_cast_to_kern_ctx(ctx);

	return skb->protocol == ctx->protocol && skb->queue_mapping == ctx->queue_mapping &&
	       skb->skb_iif == ctx->ingress_ifindex;
}

SEC("tc")
RETURNS(9)
int a_field_is_read_by_its_address(struct __sk_buff *ctx)
{
	struct sk_buff *skb = bpf_cast_to_kern_ctx(ctx);
	unsigned int *mark = __builtin_preserve_access_index(&skb->mark);

	ctx->mark = 9;
	asm volatile("" : "+r"(mark));
	return *mark;
}

/* ---- tasks ---- */

SEC("tc")
RETURNS(3)
int the_current_task_has_its_numbers_and_name(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 both = bpf_get_current_pid_tgid();
	char comm[16];

	bpf_get_current_comm(comm, sizeof(comm));
	return (task->pid == (int)both) + (task->tgid == (int)(both >> 32)) +
	       (task->comm[0] == comm[0]);
}

SEC("tc")
RETURNS(12)
int a_task_has_storage_that_lasts(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct value from = { .number = 11 }, *v;

	if (bpf_task_storage_get(&of_tasks, task, 0, 0))
		return -1;
	v = bpf_task_storage_get(&of_tasks, task, &from, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!v)
		return -2;
	v->number++;
	v = bpf_task_storage_get(&of_tasks, task, &from, BPF_LOCAL_STORAGE_GET_F_CREATE);
	return v ? v->number : -3;
}

SEC("tc")
RETURNS(2)
int storage_of_a_task_is_deleted(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct value *v = bpf_task_storage_get(&of_tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!v || v->number)
		return -1;
	v->number = 1;
	if (bpf_task_storage_delete(&of_tasks, task))
		return -2;
	v = bpf_task_storage_get(&of_tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	bpf_task_storage_delete(&of_tasks, task);
	return v ? -bpf_task_storage_delete(&of_tasks, task) : -3;
}

/* ---- casts ---- */

SEC("tc")
RETURNS(55)
int bytes_are_read_from_any_address(void *ctx)
{
	struct value *v = value_at(0);
	char *bytes;

	if (!v)
		return -1;
	v->number = 55;
	bytes = bpf_rdonly_cast(&v->number, 0);
	return bytes[0] + bytes[7];
}

SEC("tc")
RETURNS(1234)
int an_address_is_read_as_a_struct_of_the_kernel(void *ctx)
{
	struct value *v = value_at(0), *w = value_at(1);
	struct list_head *head;

	if (!v || !w)
		return -1;
	*(volatile long *)&v->number = 0x1234500000004d2;
	head = CAST(v, struct list_head);
	return (__u32)(long)head->next;
}

SEC("tc")
RETURNS(5)
int a_bad_address_reads_as_zeroes(void *ctx)
{
	struct value *v = value_at(0);
	struct list_head *head;

	if (!v)
		return -1;
	v->number = 8; /* no page is there */
	head = CAST(v, struct list_head);
	return head->next->prev || head->next->prev->next ? 0 : 5;
}

char _license[] SEC("license") = "GPL";
