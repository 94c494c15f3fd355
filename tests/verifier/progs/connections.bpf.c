// SPDX-License-Identifier: BSD-2-Clause
/* Connections that conntrack gives to TC and XDP: two states of one object, and the one field that may be written. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "told.h"

#define CORE __attribute__((preserve_access_index))

struct nf_conn {
	unsigned long status;
	__u32 mark;
} CORE;
struct nf_conn___init {
	struct nf_conn ct;
} CORE;
struct bpf_ct_opts {
	int netns_id, error;
	unsigned char l4proto, dir;
	unsigned short ct_zone_id;
	unsigned char ct_zone_dir, reserved[3];
};
struct task_struct {
	int pid;
} CORE;

extern struct nf_conn *bpf_skb_ct_lookup(struct __sk_buff *skb, struct bpf_sock_tuple *tuple,
					 __u32 tuple__sz, struct bpf_ct_opts *opts,
					 __u32 opts__sz) __ksym;
extern struct nf_conn___init *bpf_xdp_ct_alloc(struct xdp_md *xdp, struct bpf_sock_tuple *tuple,
					       __u32 tuple__sz, struct bpf_ct_opts *opts,
					       __u32 opts__sz) __ksym;
extern struct nf_conn *bpf_ct_insert_entry(struct nf_conn___init *ct) __ksym;
extern void bpf_ct_release(struct nf_conn *ct) __ksym;
extern void bpf_ct_set_timeout(struct nf_conn___init *ct, __u32 timeout) __ksym;
extern int bpf_ct_change_timeout(struct nf_conn *ct, __u32 timeout) __ksym;
extern struct task_struct *bpf_task_from_pid(int pid) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;

static __always_inline struct nf_conn *look_up(struct __sk_buff *skb)
{
	struct bpf_sock_tuple tuple = {};
	struct bpf_ct_opts opts = { .l4proto = 6 };

	return bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts));
}

static __always_inline struct nf_conn___init *make(struct xdp_md *xdp)
{
	struct bpf_sock_tuple tuple = {};
	struct bpf_ct_opts opts = { .l4proto = 6 };

	return bpf_xdp_ct_alloc(xdp, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts));
}

SEC("tc")
ACCEPTED
int a_connection_is_looked_up(struct __sk_buff *skb)
{
	struct nf_conn *ct = look_up(skb);

	if (!ct)
		return 0;
	bpf_ct_change_timeout(ct, 10);
	bpf_ct_release(ct);
	return 0;
}

SEC("xdp")
ACCEPTED
int a_connection_is_made_and_entered(struct xdp_md *xdp)
{
	struct nf_conn___init *new = make(xdp);
	struct nf_conn *ct;

	if (!new)
		return 0;
	bpf_ct_set_timeout(new, 10);
	new->ct.mark = 1;
	ct = bpf_ct_insert_entry(new);
	if (ct)
		bpf_ct_release(ct);
	return 0;
}

SEC("xdp")
REFUSED("kernel function bpf_ct_release args#0 expected pointer to STRUCT nf_conn but R1 has a "
	"pointer to STRUCT nf_conn___init")
int a_connection_that_was_not_entered_is_released(struct xdp_md *xdp)
{
	struct nf_conn___init *new = make(xdp);

	if (new)
		bpf_ct_release((struct nf_conn *)new);
	return 0;
}

SEC("tc")
REFUSED("kernel function bpf_ct_set_timeout args#0 expected pointer to STRUCT nf_conn___init but "
	"R1 has a pointer to STRUCT nf_conn")
int a_connection_that_was_entered_is_set_up(struct __sk_buff *skb)
{
	struct nf_conn *ct = look_up(skb);

	if (ct) {
		bpf_ct_set_timeout((void *)ct, 10);
		bpf_ct_release(ct);
	}
	return 0;
}

SEC("tc")
ACCEPTED
int the_mark_is_written(struct __sk_buff *skb)
{
	struct nf_conn *ct = look_up(skb);

	if (ct) {
		ct->mark = 77;
		bpf_ct_release(ct);
	}
	return 0;
}

SEC("tc")
REFUSED("write access at off @ with size 8 beyond the member of nf_conn ended at @")
int more_than_the_mark_is_written(struct __sk_buff *skb)
{
	struct nf_conn *ct = look_up(skb);

	if (ct) {
		*(volatile __u64 *)&ct->mark = 77;
		bpf_ct_release(ct);
	}
	return 0;
}

SEC("tc")
REFUSED("no write support to nf_conn at off @")
int another_field_is_written(struct __sk_buff *skb)
{
	struct nf_conn *ct = look_up(skb);

	if (ct) {
		ct->status = 1;
		bpf_ct_release(ct);
	}
	return 0;
}

SEC("tc")
REFUSED("only read is supported")
int another_object_is_written(struct __sk_buff *skb)
{
	struct task_struct *task = bpf_task_from_pid(1);

	if (task) {
		task->pid = 1;
		bpf_task_release(task);
	}
	return 0;
}

char _license[] SEC("license") = "GPL";
