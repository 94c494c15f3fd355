// SPDX-License-Identifier: BSD-2-Clause
/* Programs that are functions of a struct of the kernel's: what they are handed, may write and call. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "told.h"

#define KERNEL __attribute__((preserve_access_index))

struct sock;

struct sock_at {
	unsigned long sk_pacing_rate;
} KERNEL;

struct inet_connection_sock {
	__u64 icsk_ca_priv[13];
} KERNEL;

struct tcp_sock {
	__u32 snd_cwnd, snd_cwnd_cnt, snd_cwnd_stamp, snd_ssthresh, app_limited, srtt_us;
	__u8 ecn_flags;
} KERNEL;

struct tcp_congestion_ops {
	__u32 (*ssthresh)(struct sock *);
	void (*cong_avoid)(struct sock *, __u32, __u32);
	void (*set_state)(struct sock *, __u8);
	void (*init)(struct sock *);
	void (*release)(struct sock *);
	__u32 (*undo_cwnd)(struct sock *);
	unsigned long (*get_info)(struct sock *, __u32, int *, void *);
	char name[16];
};

struct bpf_dummy_ops_state {
	int val;
} KERNEL;

struct bpf_dummy_ops {
	int (*test_1)(struct bpf_dummy_ops_state *);
	int (*test_2)(struct bpf_dummy_ops_state *, int, unsigned short, char, unsigned long);
};

typedef unsigned long long args;

#define STORE8(to) asm volatile("*(u64 *)(%0 + 0) = %1" ::"r"(to), "r"(0ull) : "memory")

#define TCP(member, program)                                                                       \
	SEC(".struct_ops")                                                                         \
	struct tcp_congestion_ops tcp_##program = { .member = (void *)program, .name = "t" }
#define DUMMY(member, program)                                                                     \
	SEC(".struct_ops")                                                                         \
	struct bpf_dummy_ops dummy_##program = { .member = (void *)program }

/* ---- congestion control ---- */

SEC("struct_ops/ssthresh")
ACCEPTED
int socket_is_read(args *ctx)
{
	struct tcp_sock *tp = (void *)ctx[0];

	return tp->snd_cwnd / 2;
}
TCP(ssthresh, socket_is_read);

SEC("struct_ops/cong_avoid")
ACCEPTED
int some_fields_are_written(args *ctx)
{
	struct tcp_sock *tp = (void *)ctx[0];

	tp->snd_cwnd += ctx[2];
	tp->snd_cwnd_cnt = 1;
	tp->snd_cwnd_stamp = 2;
	tp->snd_ssthresh = 3;
	tp->app_limited = 4;
	tp->ecn_flags |= 1;
	return 0;
}
TCP(cong_avoid, some_fields_are_written);

SEC("struct_ops/cong_avoid")
REFUSED("no write support to tcp_sock at off @")
int other_fields_are_not_written(args *ctx)
{
	struct tcp_sock *tp = (void *)ctx[0];

	tp->srtt_us = 1;
	return 0;
}
TCP(cong_avoid, other_fields_are_not_written);

SEC("struct_ops/cong_avoid")
REFUSED("write access at off @ with size 8 beyond the member of tcp_sock ended at @")
int writes_end_with_the_field(args *ctx)
{
	struct tcp_sock *tp = (void *)ctx[0];

	STORE8(&tp->snd_ssthresh);
	return 0;
}
TCP(cong_avoid, writes_end_with_the_field);

SEC("struct_ops/cong_avoid")
REFUSED("no write support to tcp_sock at off @")
int writes_begin_with_the_field(args *ctx)
{
	struct tcp_sock *tp = (void *)ctx[0];

	((volatile __u8 *)&tp->snd_ssthresh)[1] = 0;
	return 0;
}
TCP(cong_avoid, writes_begin_with_the_field);

SEC("struct_ops/init")
ACCEPTED
int private_data_is_written_anywhere(args *ctx)
{
	struct inet_connection_sock *icsk = (void *)ctx[0];
	volatile __u8 *priv = (void *)icsk->icsk_ca_priv;

	priv[0] = 1;
	priv[7] = 2;
	*(volatile __u64 *)(priv + 96) = 3;
	return 0;
}
TCP(init, private_data_is_written_anywhere);

SEC("struct_ops/init")
REFUSED("write access at off @ with size 8 beyond the member of tcp_sock ended at @")
int private_data_has_an_end(args *ctx)
{
	struct inet_connection_sock *icsk = (void *)ctx[0];

	*(volatile __u64 *)((char *)icsk->icsk_ca_priv + 100) = 3;
	return 0;
}
TCP(init, private_data_has_an_end);

SEC("struct_ops/set_state")
ACCEPTED
int nothing_is_returned_where_nothing_is_wanted(args *ctx)
{
	asm volatile("exit");
	__builtin_unreachable();
}
TCP(set_state, nothing_is_returned_where_nothing_is_wanted);

SEC("struct_ops/undo_cwnd")
REFUSED("R0 !read_ok")
int something_is_returned_where_it_is_wanted(args *ctx)
{
	asm volatile("exit");
	__builtin_unreachable();
}
TCP(undo_cwnd, something_is_returned_where_it_is_wanted);

SEC("struct_ops/set_state")
REFUSED("invalid bpf_context access off=16 size=8")
int there_are_as_many_arguments_as_the_function_has(args *ctx)
{
	asm volatile("r0 = *(u64 *)(%0 + 8);"
		     "r0 = *(u64 *)(%0 + 16);"
		     "exit" ::"r"(ctx)
		     : "r0");
	__builtin_unreachable();
}
TCP(set_state, there_are_as_many_arguments_as_the_function_has);

SEC("struct_ops/init")
ACCEPTED
int options_are_set(args *ctx)
{
	int on = 1;

	return bpf_setsockopt((void *)ctx[0], 6, 13, &on, sizeof(on));
}
TCP(init, options_are_set);

SEC("struct_ops/release")
REFUSED("program of this type cannot use helper bpf_getsockopt#57")
int options_are_not_asked_for_at_the_end(args *ctx)
{
	int on = 1;

	return bpf_getsockopt((void *)ctx[0], 6, 13, &on, sizeof(on));
}
TCP(release, options_are_not_asked_for_at_the_end);

SEC("struct_ops/cong_avoid")
ACCEPTED
int acknowledgements_are_sent(args *ctx)
{
	return bpf_tcp_send_ack((void *)ctx[0], ctx[1]);
}
TCP(cong_avoid, acknowledgements_are_sent);

SEC("struct_ops/cong_avoid")
REFUSED("program of this type cannot use helper bpf_skb_load_bytes#26")
int helpers_of_packets_are_not_there(args *ctx)
{
	char c;

	return bpf_skb_load_bytes(ctx, 0, &c, 1);
}
TCP(cong_avoid, helpers_of_packets_are_not_there);

SEC("struct_ops/get_info")
REFUSED("attach to unsupported member get_info of struct tcp_congestion_ops")
int not_every_function_can_be_a_program(args *ctx)
{
	return 0;
}
TCP(get_info, not_every_function_can_be_a_program);

/* ---- the kernel's struct for tests ---- */

SEC("struct_ops/test_1")
RETURNS(6)
ARGS(1)
int what_may_be_null_is_looked_at(args *ctx)
{
	struct bpf_dummy_ops_state *s = (void *)ctx[0];

	if (!s)
		return 1;
	s->val++;
	return s->val;
}
DUMMY(test_1, what_may_be_null_is_looked_at);

SEC("struct_ops/test_1")
REFUSED("R@ invalid mem access 'trusted_ptr_or_null_'")
int what_may_be_null_is_not_taken_for_granted(args *ctx)
{
	struct bpf_dummy_ops_state *s = (void *)ctx[0];

	return s->val;
}
DUMMY(test_1, what_may_be_null_is_not_taken_for_granted);

SEC("struct_ops/test_2")
RETURNS(0)
ARGS(5)
int what_is_there_is_written(args *ctx)
{
	struct bpf_dummy_ops_state *s = (void *)ctx[0];

	s->val = ctx[1] + ctx[4];
	return 0;
}
DUMMY(test_2, what_is_there_is_written);

SEC("struct_ops/test_2")
REFUSED("write access at off 0 with size 8")
int objects_are_not_written_beyond_their_end(args *ctx)
{
	struct bpf_dummy_ops_state *s = (void *)ctx[0];

	STORE8(&s->val);
	return 0;
}
DUMMY(test_2, objects_are_not_written_beyond_their_end);

SEC("struct_ops/test_2")
REFUSED("program of this type cannot use helper bpf_ktime_get_ns#5")
int there_are_no_helpers(args *ctx)
{
	return bpf_ktime_get_ns();
}
DUMMY(test_2, there_are_no_helpers);

char _license[] SEC("license") = "GPL";
