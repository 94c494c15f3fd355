// SPDX-License-Identifier: BSD-2-Clause
/* Functions of the kernel that are asked for by name, and are there or not. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "told.h"

extern void bpf_rcu_read_lock(void) __ksym __weak;
extern void bpf_this_is_no_function(void) __ksym __weak;

SEC("tc")
RETURNS(1)
int a_function_that_is_there_is_seen(void *ctx)
{
	return &bpf_rcu_read_lock ? 1 : 2;
}

SEC("tc")
RETURNS(2)
int a_function_that_is_not_there_is_not(void *ctx)
{
	return &bpf_this_is_no_function ? 1 : 2;
}

SEC("tc")
REFUSED("R@ min value is outside of the allowed memory range")
int a_function_is_not_read(void *ctx)
{
	return *(volatile char *)&bpf_rcu_read_lock;
}

char _license[] SEC("license") = "GPL";
