// SPDX-License-Identifier: BSD-2-Clause
/* What the command has to cope with: programs of several types, every kind of map, global data. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define MAC_BYTE 14 /* the first byte behind the Ethernet header tells what to do */

enum colour { RED, GREEN = 5, BLUE = -1 };

struct key {
	__u32 addr;
	__u16 port;
	__u8 proto : 5, flag : 3;
	char name[8];
};

struct value {
	__u64 packets;
	enum colour colour;
	union {
		__u32 word;
		__u8 bytes[4];
	};
	_Bool seen;
};

struct event {
	__u32 length;
	char what[12];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, struct key);
	__type(value, struct value);
} table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 100);
	__type(key, __u32);
	__type(value, __s32);
} numbers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} per_cpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 4);
	__type(value, __u32);
} queue SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 3);
} untyped SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} jumps SEC(".maps");

const struct event *unused_event __attribute__((unused)); /* keeps the type in the BTF */
__u64 total;
int wanted = 2;
const volatile int constant = 7;

static __noinline void count(__u32 length)
{
	__u32 zero = 0;
	__u64 *n = bpf_map_lookup_elem(&per_cpu, &zero);

	if (n)
		++*n;
	total += length;
}

static void tell(__u32 length)
{
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e)
		return;
	e->length = length;
	__builtin_memcpy(e->what, "a packet\0\0\0", sizeof(e->what));
	bpf_ringbuf_submit(e, 0);
}

SEC("xdp")
int xdp_by_byte(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	count(end - data);
	tell(end - data);
	if (data + MAC_BYTE + 1 > end)
		return XDP_ABORTED;
	if (data[MAC_BYTE] == XDP_TX)
		data[0] = 0xee;
	return data[MAC_BYTE];
}

SEC("tc")
int tc_jumps(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &jumps, 1);
	return 2;
}

SEC("tc")
int tc_target(struct __sk_buff *skb)
{
	skb->mark = 0x1234;
	return wanted;
}

SEC("socket")
int keep_twenty(struct __sk_buff *skb)
{
	return skb->len > 30 ? 20 : 0;
}

SEC("syscall")
int says_so(void *ctx)
{
	bpf_printk("hello %d", constant);
	return 3;
}

char _license[] SEC("license") = "GPL";
