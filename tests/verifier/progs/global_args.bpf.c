// SPDX-License-Identifier: BSD-2-Clause
/* What global functions are promised of their arguments, and what their callers have to keep. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>

#include "told.h"

#define ARG(tag) __attribute__((btf_decl_tag("arg:" #tag)))

struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

struct task_struct___mine {
	int tgid;
} __attribute__((preserve_access_index));

struct nobody_has_this {
	int x;
} __attribute__((preserve_access_index));

struct pair {
	long a, b;
};

long sink;

/* ---- kernel objects ---- */

__weak int trusted(struct task_struct *task ARG(trusted))
{
	return task->pid;
}

__weak int flavoured(struct task_struct___mine *task ARG(trusted))
{
	return task->tgid;
}

__weak int perhaps(struct task_struct *task ARG(trusted) ARG(nullable))
{
	return task ? task->pid : 0;
}

__weak int unchecked(struct task_struct *task ARG(trusted) ARG(nullable))
{
	return task->pid;
}

__weak int untrusted(struct task_struct *task ARG(untrusted))
{
	return task->pid;
}

__weak int bytes(const void *p ARG(untrusted))
{
	return ((const char *)p)[100000];
}

__weak int words(long *p ARG(untrusted), int i)
{
	return p[i];
}

__weak int written(long *p ARG(untrusted))
{
	p[0] = 1;
	return 0;
}

__weak int unknown_type(struct nobody_has_this *p ARG(trusted))
{
	return p != 0;
}

SEC("raw_tp")
ACCEPTED
int the_current_task_is_trusted(void *ctx)
{
	return trusted(bpf_get_current_task_btf());
}

SEC("raw_tp")
ACCEPTED
int a_flavour_is_the_kernels_type(void *ctx)
{
	return flavoured((void *)bpf_get_current_task_btf());
}

SEC("raw_tp")
ACCEPTED
int null_is_passed_where_it_may_be(void *ctx)
{
	return perhaps(0) + perhaps(bpf_get_current_task_btf());
}

SEC("raw_tp")
ACCEPTED
int anything_is_passed_where_nothing_is_trusted(void *ctx)
{
	return untrusted(0) + untrusted((void *)bpf_ktime_get_ns()) + bytes(&sink) + words(ctx, 5);
}

__weak int index_first(long *p ARG(untrusted))
{
	long value;

	asm volatile("r1 = 5; r1 += %1; %0 = *(u8 *)(r1 + 0)" : "=r"(value) : "r"(p) : "r1");
	return value;
}

SEC("raw_tp")
REFUSED("R1 invalid mem access 'scalar'")
int a_number_stays_one_when_an_untrusted_pointer_is_added(void *ctx)
{
	return index_first(&sink);
}

SEC("raw_tp")
REFUSED("Caller passes invalid args into func#1 ('trusted')")
int null_is_not_trusted(void *ctx)
{
	return trusted(0);
}

SEC("raw_tp")
REFUSED("Caller passes invalid args into func#1 ('trusted')")
int memory_is_no_object(void *ctx)
{
	return trusted((void *)&sink);
}

SEC("raw_tp")
REFUSED("R1 invalid mem access 'trusted_ptr_or_null_'")
int what_may_be_null_is_checked(void *ctx)
{
	return unchecked(0);
}

SEC("raw_tp")
REFUSED("R1 cannot write into rdonly_untrusted_mem")
int untrusted_memory_is_not_written(void *ctx)
{
	return written(&sink);
}

SEC("raw_tp")
REFUSED("Caller passes invalid args into func#1 ('unknown_type')")
int a_type_has_to_be_the_kernels(void *ctx)
{
	return unknown_type((void *)bpf_get_current_task_btf());
}

/* ---- memory ---- */

__weak int summed(struct pair *p ARG(nonnull))
{
	return p->a + p->b;
}

__weak int nullable_memory(struct pair *p ARG(nullable))
{
	return p ? p->a : 0;
}

SEC("tc")
RETURNS(3)
int memory_is_read_without_a_check(void *ctx)
{
	struct pair p = { 1, 2 };

	return summed(&p);
}

SEC("tc")
REFUSED("Caller passes invalid args into func#1 ('summed')")
int memory_is_as_large_as_said(void *ctx)
{
	long x = 1;

	return summed((void *)&x);
}

SEC("tc")
REFUSED("Caller passes invalid args into func#1 ('nullable_memory')")
int memory_is_nullable_already(void *ctx)
{
	struct pair p = { 1, 2 };

	return nullable_memory(&p);
}

/* ---- the context ---- */

__weak int skb_len(struct __sk_buff *skb)
{
	return skb->len;
}

__weak int any_ctx(void *ctx ARG(ctx))
{
	return ((struct __sk_buff *)ctx)->len;
}

__weak int raw_args(struct bpf_raw_tracepoint_args *ctx)
{
	return ctx->args[0] != 0;
}

__weak int raw_words(__u64 *ctx ARG(ctx))
{
	return ctx[0] != 0;
}

__weak int wrong_ctx(struct pair *ctx ARG(ctx))
{
	return ctx != 0;
}

__weak int registers(struct pt_regs *ctx)
{
	return ctx->rip != 0;
}

SEC("tc")
RETURNS(128)
int the_context_is_told_by_its_type(struct __sk_buff *skb)
{
	return skb_len(skb) + any_ctx(skb);
}

SEC("raw_tp")
ACCEPTED
int a_tracepoint_has_arguments(void *ctx)
{
	return raw_args(ctx) + raw_words(ctx);
}

SEC("kprobe")
ACCEPTED
int a_probe_has_registers(void *ctx)
{
	return registers(ctx);
}

SEC("tc")
REFUSED("Caller passes invalid args into func#1 ('wrong_ctx')")
int another_struct_is_no_context(void *ctx)
{
	return wrong_ctx(ctx);
}

SEC("tc")
REFUSED("Caller passes invalid args into func#1 ('skb_len')")
int memory_is_no_context(void *ctx)
{
	struct __sk_buff skb = {};

	return skb_len(&skb);
}

char _license[] SEC("license") = "GPL";
