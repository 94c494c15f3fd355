// SPDX-License-Identifier: BSD-2-Clause
/* What programs ask about the task that runs them and about the machine; every answer ends up in .bss. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define ANSWERS 40

long dev = 1, ino = 1; /* .data: the test's pid name space */
long answers[ANSWERS];
unsigned int at;

#define ANSWER(value)                                                                              \
	do {                                                                                       \
		long answer_ = (value);                                                            \
                                                                                                   \
		if (at < ANSWERS)                                                                  \
			answers[at++] = answer_;                                                   \
	} while (0)

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 80);
} stacks SEC(".maps");

static __always_inline void ask_name_space(__u64 device, __u64 inode)
{
	struct bpf_pidns_info info = { 1, 1 };
	char larger[16] = { 1 };

	ANSWER(bpf_get_ns_current_pid_tgid(device, inode, &info, sizeof(info)));
	ANSWER(((__u64)info.tgid << 32 | info.pid) == bpf_get_current_pid_tgid());
	ANSWER(info.pid == 0);
	ANSWER(bpf_get_ns_current_pid_tgid(device, inode, (void *)larger, sizeof(larger)));
	ANSWER(larger[0]);
}

static __always_inline void ask_task(void)
{
	ANSWER(bpf_get_current_cgroup_id());
	ANSWER(bpf_get_current_ancestor_cgroup_id(0));
	ANSWER(bpf_get_current_ancestor_cgroup_id(1));
	ANSWER(bpf_get_current_ancestor_cgroup_id(2));
	ANSWER(bpf_get_current_ancestor_cgroup_id(99));
	ANSWER(bpf_get_current_ancestor_cgroup_id(-1));
	ask_name_space(dev, ino);
	ask_name_space(dev, ino + 1);
	ask_name_space(dev | 1ull << 32, ino);
	ANSWER(bpf_send_signal(0));
	ANSWER(bpf_send_signal(17)); /* SIGCHLD, which nobody minds */
	ANSWER(bpf_send_signal_thread(17));
}

SEC("raw_tp/task")
int task_raw_tp(void *ctx)
{
	ask_task();
	ANSWER(bpf_send_signal(65));
	ANSWER(bpf_send_signal_thread(-1));
	return 0;
}

SEC("raw_tp/args")
int second_arg(unsigned long long *ctx)
{
	return (int)ctx[1];
}

SEC("tc")
int task_tc(struct __sk_buff *skb)
{
	ask_task();
	return 0;
}

SEC("raw_tp/stack")
int stack_raw_tp(void *ctx)
{
	char buf[64] = { 1 };

	ANSWER(bpf_get_stackid(ctx, &stacks, 1 << 12));
	ANSWER(bpf_get_stack(ctx, buf, 64, 1 << 12));
	ANSWER(bpf_get_stack(ctx, buf, 60, 0));
	ANSWER(bpf_get_stack(ctx, buf, 40, BPF_F_USER_BUILD_ID | BPF_F_USER_STACK));
	ANSWER(bpf_get_stack(ctx, buf, 64, BPF_F_USER_BUILD_ID));
	ANSWER(buf[0]);
	ANSWER(bpf_get_branch_snapshot(buf, 48, 0));
	ANSWER(bpf_get_branch_snapshot(buf, 48, 1));
	return 0;
}

static __always_inline void ask_socket(struct __sk_buff *skb)
{
	ANSWER(bpf_skb_cgroup_id(skb));
	ANSWER(bpf_skb_ancestor_cgroup_id(skb, 0));
	ANSWER(bpf_skb_ancestor_cgroup_id(skb, 1));
	ANSWER(bpf_skb_ancestor_cgroup_id(skb, 99));
}

SEC("tc")
int socket_tc(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	ask_socket(skb);
	ANSWER(sk != 0);
	if (sk) {
		ANSWER(bpf_skc_to_tcp_sock(sk) != 0);
		ANSWER(bpf_skc_to_tcp6_sock(sk) != 0);
		ANSWER(bpf_skc_to_tcp_timewait_sock(sk) != 0);
		ANSWER(bpf_skc_to_tcp_request_sock(sk) != 0);
		ANSWER(bpf_skc_to_udp6_sock(sk) != 0);
	}
	return 0;
}

SEC("cgroup_skb/ingress")
int socket_cgroup(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	ask_socket(skb);
	if (sk)
		sk = bpf_sk_fullsock(sk);
	if (sk) {
		ANSWER(bpf_sk_cgroup_id(sk));
		ANSWER(bpf_sk_ancestor_cgroup_id(sk, 0));
		ANSWER(bpf_sk_ancestor_cgroup_id(sk, 7));
	}
	return 1;
}

SEC("syscall")
int symbols(void *ctx)
{
	char name[] = "there is no such symbol";
	__u64 addr = 1;

	ANSWER(bpf_kallsyms_lookup_name(name, sizeof(name), 0, &addr));
	ANSWER(addr);
	ANSWER(bpf_kallsyms_lookup_name(name, sizeof(name), 1, &addr));
	ANSWER(bpf_kallsyms_lookup_name(name, sizeof(name) - 1, 0, &addr));
	ANSWER(bpf_kallsyms_lookup_name(name, 1, 0, &addr));
	ANSWER(bpf_kallsyms_lookup_name(name, 0, 0, &addr));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
