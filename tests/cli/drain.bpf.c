// SPDX-License-Identifier: BSD-2-Clause
/* Drains a user ring buffer, as many samples a run as it is told to, and adds them up. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct dynptr {
	__u64 words[2];
} __attribute__((aligned(8)));

static long (*drain)(void *map, void *callback, void *ctx, __u64 flags) = (void *)209;
static long (*read)(void *dst, __u32 len, const struct dynptr *src, __u32 offset,
		    __u64 flags) = (void *)201;
static void *(*data)(const struct dynptr *ptr, __u32 offset, __u32 len) = (void *)203;

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} samples SEC(".maps");

struct {
	unsigned long most, flags; /* given by the test */
	long sum, bytes, drained;
} globals;

static long take(struct dynptr *ptr, unsigned long *left)
{
	unsigned long number = 0;
	unsigned char *first = data(ptr, 0, 1);

	if (!read(&number, sizeof(number), ptr, 8, 0))
		globals.sum += number;
	if (first)
		globals.bytes += *first;
	return --*left == 0;
}

SEC("raw_tp/drain")
int drains(void *ctx)
{
	unsigned long left = globals.most;

	globals.drained = drain(&samples, take, &left, globals.flags);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
