// SPDX-License-Identifier: BSD-2-Clause
/* Dynptrs over a map value and over ring buffer records: every answer ends up in .bss. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define ANSWERS 40

struct dynptr { /* struct bpf_dynptr, whose members have had several names */
	__u64 words[2];
} __attribute__((aligned(8)));

/* By number: headers that know them are younger than some systems. */
static long (*from_mem)(void *data, __u32 size, __u64 flags, struct dynptr *ptr) = (void *)197;
static long (*reserve)(void *ring, __u32 size, __u64 flags, struct dynptr *ptr) = (void *)198;
static void (*submit)(struct dynptr *ptr, __u64 flags) = (void *)199;
static void (*discard)(struct dynptr *ptr, __u64 flags) = (void *)200;
static long (*read)(void *dst, __u32 len, const struct dynptr *src, __u32 offset,
		    __u64 flags) = (void *)201;
static long (*write)(const struct dynptr *dst, __u32 offset, void *src, __u32 len,
		     __u64 flags) = (void *)202;
static void *(*data)(const struct dynptr *ptr, __u32 offset, __u32 len) = (void *)203;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, char[32]);
} values SEC(".maps");

long answers[ANSWERS];
unsigned int at;

#define ANSWER(value)                                                                              \
	do {                                                                                       \
		long answer_ = (value);                                                            \
                                                                                                   \
		if (at < ANSWERS)                                                                  \
			answers[at++] = answer_;                                                   \
	} while (0)

static __always_inline void ask(struct dynptr *ptr)
{
	char bytes[16] = "0123456789abcde";
	char *part;

	ANSWER(write(ptr, 4, bytes, 16, 0));
	ANSWER(write(ptr, 17, bytes, 16, 0));
	ANSWER(write(ptr, 0, bytes, 16, 1));
	ANSWER(write(ptr, 100, bytes, 16, 1));
	ANSWER(write(ptr, 32, bytes, 0, 0));
	ANSWER(read(bytes, 8, ptr, 6, 0));
	ANSWER(*(long *)bytes);
	ANSWER(read(bytes, 8, ptr, 25, 0));
	ANSWER(read(bytes, 8, ptr, 0xfffffffd, 0));
	ANSWER(read(bytes, 8, ptr, 0, 1));
	part = data(ptr, 24, 8);
	ANSWER(part != 0);
	if (part)
		*(long *)part = -2;
	ANSWER(data(ptr, 25, 8) != 0);
	ANSWER(read(bytes, 16, ptr, 16, 0));
	ANSWER(*(long *)(bytes + 8));
}

SEC("raw_tp/local")
int local(void *ctx)
{
	__u32 key = 0;
	struct dynptr ptr, none;
	char *value = bpf_map_lookup_elem(&values, &key);

	if (!value)
		return 1;
	ANSWER(from_mem(value, 32, 0, &ptr));
	ask(&ptr);
	ANSWER(from_mem(value, 32, 1, &none));
	ask(&none);
	return 0;
}

SEC("raw_tp/records")
int records(void *ctx)
{
	struct dynptr ptr;

	ANSWER(reserve(&ring, 32, 0, &ptr));
	ask(&ptr);
	discard(&ptr, 0);
	ANSWER(bpf_ringbuf_query(&ring, BPF_RB_PROD_POS));
	ANSWER(reserve(&ring, 32, 0, &ptr));
	submit(&ptr, BPF_RB_NO_WAKEUP);
	ANSWER(reserve(&ring, 1 << 24, 0, &ptr));
	submit(&ptr, 0);
	ANSWER(reserve(&ring, 4096, 0, &ptr));
	discard(&ptr, 0);
	ANSWER(reserve(&ring, 8, 1, &ptr));
	submit(&ptr, 0);
	ANSWER(bpf_ringbuf_query(&ring, BPF_RB_PROD_POS));
	ANSWER(bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA));
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
