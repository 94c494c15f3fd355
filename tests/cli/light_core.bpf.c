// SPDX-License-Identifier: BSD-2-Clause
/* Everything that CO-RE can ask of the kernel's types, for bpf(2) to answer. */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define CORE __attribute__((preserve_access_index))

/* Some of what the kernel has, and some that it has not. */
struct list_head {
	struct list_head *next, *prev;
} CORE;
struct task_struct {
	int pid, tgid;
	char comm[16];
	struct list_head tasks;
	unsigned in_execve : 1, in_iowait : 1;
	int never_there;
} CORE;
struct task_struct___other {
	long tgid; /* another type: no match */
	char comm[8];
} CORE;
struct sk_buff___mine {
	unsigned int len, data_len;
	unsigned char pkt_type : 3;
	unsigned char *head, *data;
} CORE;
struct nobody_has_this {
	int x;
} CORE;
union bpf_attr___mine {
	struct {
		unsigned int map_type, key_size;
	} CORE;
} CORE;
enum bpf_map_type___mine { BPF_MAP_TYPE_HASH___mine = 1234, BPF_MAP_TYPE_NO_SUCH___mine = 7 };
enum pid_type___mine { PIDTYPE_PGID___mine = 77 };
typedef struct {
	int counter;
} atomic_t___mine;
struct file_operations___mine {
	struct module *owner;
} CORE;
struct qspinlock___flavoured {
	int locked;
};

#define NR_VALUES 40
long values[NR_VALUES];
int nr;

static __always_inline void note(long value)
{
	if (nr >= 0 && nr < NR_VALUES)
		values[nr++] = value;
}

SEC("syscall")
int light_core(void *ctx)
{
	struct task_struct *task = 0;
	struct task_struct___other *other = 0;
	struct sk_buff___mine *skb = 0;

	note(bpf_core_field_offset(task->pid));
	note(bpf_core_field_offset(task->comm[3]));
	note(bpf_core_field_offset(task->tasks.prev));
	note(bpf_core_field_size(task->comm));
	note(bpf_core_field_size(task->tasks));
	note(bpf_core_field_exists(task->never_there));
	note(bpf_core_field_exists(other->tgid));
	note(bpf_core_field_exists(other->comm));
	note(bpf_core_field_exists(skb->pkt_type));
	note(__builtin_preserve_field_info(task->pid, BPF_FIELD_SIGNED));
	note(__builtin_preserve_field_info(skb->len, BPF_FIELD_SIGNED));
	note(__builtin_preserve_field_info(skb->pkt_type, BPF_FIELD_LSHIFT_U64));
	note(__builtin_preserve_field_info(skb->pkt_type, BPF_FIELD_RSHIFT_U64));
	note(__builtin_preserve_field_info(skb->pkt_type, BPF_FIELD_BYTE_OFFSET));
	note(__builtin_preserve_field_info(skb->pkt_type, BPF_FIELD_BYTE_SIZE));
	note(__builtin_preserve_field_info(task->in_iowait, BPF_FIELD_LSHIFT_U64));
	note(bpf_core_field_offset(skb->data));
	note(bpf_core_type_exists(struct task_struct));
	note(bpf_core_type_exists(struct nobody_has_this));
	note(bpf_core_type_size(struct task_struct));
	note(bpf_core_type_size(struct nobody_has_this));
	note(bpf_core_type_id_kernel(struct task_struct));
	note(bpf_core_type_id_kernel(struct nobody_has_this));
	note(bpf_core_type_matches(struct list_head));
	note(bpf_core_type_matches(struct task_struct___other));
	note(bpf_core_type_matches(struct file_operations___mine));
	note(bpf_core_type_exists(atomic_t___mine));
	note(bpf_core_enum_value_exists(enum bpf_map_type___mine, BPF_MAP_TYPE_HASH___mine));
	note(bpf_core_enum_value_exists(enum bpf_map_type___mine, BPF_MAP_TYPE_NO_SUCH___mine));
	note(bpf_core_enum_value(enum bpf_map_type___mine, BPF_MAP_TYPE_HASH___mine));
	note(bpf_core_enum_value(enum pid_type___mine, PIDTYPE_PGID___mine));
	if (bpf_core_enum_value_exists(enum bpf_map_type___mine, BPF_MAP_TYPE_NO_SUCH___mine))
		note(bpf_core_enum_value(enum bpf_map_type___mine, BPF_MAP_TYPE_NO_SUCH___mine));
	if (bpf_core_field_exists(task->never_there))
		note(bpf_core_field_offset(task->never_there));
	return nr;
}

char _license[] SEC("license") = "GPL";
