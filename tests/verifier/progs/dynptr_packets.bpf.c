// SPDX-License-Identifier: BSD-2-Clause
/* Kernel functions on dynptrs: over packets, and what is done with windows, clones and slices of them. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "told.h"

#define AT(fp, off) ((void *)(fp) + (off))

typedef __u8 u8;
typedef __u32 u32;
typedef __u64 u64;

extern int bpf_dynptr_from_skb(struct __sk_buff *skb, u64 flags, struct bpf_dynptr *ptr) __ksym;
extern int bpf_dynptr_from_skb_meta(struct __sk_buff *skb, u64 flags,
				    struct bpf_dynptr *ptr) __ksym;
extern int bpf_dynptr_from_xdp(struct xdp_md *xdp, u64 flags, struct bpf_dynptr *ptr) __ksym;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *ptr, u32 off, void *buf, u32 size) __ksym;
extern void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *ptr, u32 off, void *buf,
				   u32 size) __ksym;
extern int bpf_dynptr_adjust(const struct bpf_dynptr *ptr, u32 start, u32 end) __ksym;
extern _Bool bpf_dynptr_is_null(const struct bpf_dynptr *ptr) __ksym;
extern _Bool bpf_dynptr_is_rdonly(const struct bpf_dynptr *ptr) __ksym;
extern u32 bpf_dynptr_size(const struct bpf_dynptr *ptr) __ksym;
extern int bpf_dynptr_clone(const struct bpf_dynptr *ptr, struct bpf_dynptr *clone) __ksym;
extern int bpf_dynptr_copy(struct bpf_dynptr *dst, u32 dst_off, struct bpf_dynptr *src, u32 src_off,
			   u32 size) __ksym;
extern int bpf_dynptr_memset(struct bpf_dynptr *ptr, u32 off, u32 size, u8 val) __ksym;
extern int bpf_probe_read_kernel_dynptr(struct bpf_dynptr *ptr, u32 off, u32 size,
					const void *src) __ksym;
extern int bpf_probe_read_kernel_str_dynptr(struct bpf_dynptr *ptr, u32 off, u32 size,
					    const void *src) __ksym;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct value {
	char bytes[1024];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct value);
} values SEC(".maps");

static __always_inline struct value *value_at(u32 key)
{
	return bpf_map_lookup_elem(&values, &key);
}

static __always_inline long make(struct bpf_dynptr *ptr, u32 key)
{
	struct value *v = value_at(key);

	return v ? bpf_dynptr_from_mem(v, sizeof(*v), 0, ptr) : -1;
}

/* ---- packets of traffic control ---- */

SEC("tc")
RETURNS(0)
int skb_is_read_and_written(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	u8 bytes[4] = {};

	if (bpf_dynptr_from_skb(skb, 0, &ptr) || bpf_dynptr_size(&ptr) != skb->len)
		return 1;
	if (bpf_dynptr_read(bytes, 4, &ptr, 40, 0) || bytes[3] != 43)
		return 2;
	bytes[0] = 0xaa;
	if (bpf_dynptr_write(&ptr, 60, bytes, 4, 0) || bpf_dynptr_read(bytes + 1, 1, &ptr, 60, 0))
		return 3;
	if (bytes[1] != 0xaa)
		return 4;
	if (bpf_dynptr_write(&ptr, 61, bytes, 4, 0) != -7 ||
	    bpf_dynptr_read(bytes, 4, &ptr, 61, 0) != -7)
		return 5;
	if (bpf_dynptr_write(&ptr, 0, bytes, 4, 1 << 10) != -22 ||
	    bpf_dynptr_read(bytes, 4, &ptr, 0, 1) != -22)
		return 6;
	return bpf_dynptr_data(&ptr, 0, 4) ? 7 : 0;
}

SEC("tc")
RETURNS(0)
int skb_slices_are_in_place(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	u8 buf[8], byte = 0, *slice;

	bpf_dynptr_from_skb(skb, 0, &ptr);
	slice = bpf_dynptr_slice_rdwr(&ptr, 20, buf, sizeof(buf));
	if (!slice || slice == buf)
		return 1;
	slice[7] = 0xbb;
	if (bpf_dynptr_read(&byte, 1, &ptr, 27, 0) || byte != 0xbb)
		return 2;
	slice = bpf_dynptr_slice(&ptr, 27, 0, 1);
	if (!slice || *slice != 0xbb)
		return 3;
	return bpf_dynptr_slice(&ptr, 57, buf, sizeof(buf)) || bpf_dynptr_slice(&ptr, 65, 0, 0) ? 4
												: 0;
}

SEC("tc")
RETURNS(0)
int skb_flags_are_none(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	u8 byte = 0;

	if (bpf_dynptr_from_skb(skb, 1, &ptr) != -22 || !bpf_dynptr_is_null(&ptr))
		return 1;
	if (bpf_dynptr_size(&ptr) != (u32)-22 || bpf_dynptr_is_rdonly(&ptr))
		return 2;
	if (bpf_dynptr_read(&byte, 1, &ptr, 0, 0) != -22 ||
	    bpf_dynptr_write(&ptr, 0, &byte, 1, 0) != -22)
		return 3;
	return bpf_dynptr_slice(&ptr, 0, &byte, 1)    ? 4
	       : bpf_dynptr_adjust(&ptr, 0, 0) == -22 ? 0
						      : 5;
}

SEC("tc")
RETURNS(0)
int skb_that_became_shorter(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	u8 bytes[4] = { 1 }, *slice;

	bpf_dynptr_from_skb(skb, 0, &ptr);
	if (bpf_skb_change_tail(skb, 40, 0))
		return 1;
	if (bpf_dynptr_size(&ptr) != 64 || bpf_dynptr_read(bytes, 4, &ptr, 36, 0))
		return 2;
	if (bpf_dynptr_read(bytes, 4, &ptr, 38, 0) != -14 || bytes[0])
		return 3;
	if (bpf_dynptr_write(&ptr, 38, bytes, 4, 0) != -14)
		return 4;
	slice = bpf_dynptr_slice(&ptr, 38, bytes, 4);
	return slice ? 5 : 0;
}

SEC("tc")
RETURNS(0)
PACKET(3000)
int skb_that_is_long(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	u8 buf[64] = {}, *slice;

	bpf_dynptr_from_skb(skb, 0, &ptr);
	if (bpf_dynptr_read(buf, 64, &ptr, 2900, 0) || buf[0] != (u8)2900)
		return 1;
	slice = bpf_dynptr_slice(&ptr, 2936, buf, 64);
	if (!slice || slice[63] != (u8)2999)
		return 2;
	buf[0] = 0xcc;
	return bpf_dynptr_write(&ptr, 2999, buf, 1, 0);
}

SEC("tc")
RETURNS(0)
int skb_checksum_follows_a_write(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	u8 bytes[2] = { 9, 9 };

	bpf_dynptr_from_skb(skb, 0, &ptr);
	return bpf_dynptr_write(&ptr, 50, bytes, 2, BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH);
}

SEC("cgroup_skb/egress")
RETURNS(1)
int skb_is_not_for_writing(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	u8 byte = 0, *slice;

	if (bpf_dynptr_from_skb(skb, 0, &ptr) || !bpf_dynptr_is_rdonly(&ptr))
		return 0;
	if (bpf_dynptr_write(&ptr, 0, &byte, 1, 0) != -22 ||
	    bpf_dynptr_memset(&ptr, 0, 1, 0) != -22)
		return 0;
	if (bpf_dynptr_read(&byte, 1, &ptr, 0, 0) || byte != 0x45)
		return 0;
	slice = bpf_dynptr_slice(&ptr, 0, 0, 1);
	return slice && *slice == 0x45;
}

SEC("socket")
RETURNS(50)
int filter_sees_what_is_behind_ethernet(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;

	bpf_dynptr_from_skb(skb, 0, &ptr);
	return bpf_dynptr_is_rdonly(&ptr) ? bpf_dynptr_size(&ptr) : 0;
}

SEC("tc")
RETURNS(0)
int skb_without_metadata(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	u8 byte = 0;

	if (bpf_dynptr_from_skb_meta(skb, 1, &ptr) != -22 || !bpf_dynptr_is_null(&ptr))
		return 1;
	if (bpf_dynptr_from_skb_meta(skb, 0, &ptr) || bpf_dynptr_size(&ptr))
		return 2;
	if (bpf_dynptr_read(&byte, 1, &ptr, 0, 0) != -7 || bpf_dynptr_slice(&ptr, 0, 0, 1))
		return 3;
	return 0;
}

/* ---- XDP ---- */

/* How many bytes are in one piece, as a number: pointers are not for keeping in 32 bits. */
static __always_inline u32 linear_size(struct xdp_md *xdp)
{
	u64 size = (long)xdp->data_end - (long)xdp->data;

	asm volatile("" : "+r"(size));
	return size;
}

SEC("xdp")
RETURNS(2)
int xdp_is_read_and_written(struct xdp_md *xdp)
{
	struct bpf_dynptr ptr;
	u8 bytes[4] = {}, buf[8], *slice;

	if (bpf_dynptr_from_xdp(xdp, 0, &ptr) || bpf_dynptr_size(&ptr) != 64 ||
	    bpf_dynptr_is_rdonly(&ptr))
		return 10;
	if (bpf_dynptr_read(bytes, 4, &ptr, 40, 0) || bytes[3] != 43)
		return 11;
	if (bpf_dynptr_write(&ptr, 44, bytes, 4, 0) ||
	    bpf_dynptr_write(&ptr, 44, bytes, 4, 1) != -22)
		return 12;
	slice = bpf_dynptr_slice_rdwr(&ptr, 44, buf, 8);
	if (!slice || slice[3] != 43)
		return 13;
	slice[0] = 0xdd;
	return bpf_dynptr_slice(&ptr, 57, buf, 8) ? 14 : 2;
}

SEC("xdp")
RETURNS(2)
int xdp_that_became_shorter(struct xdp_md *xdp)
{
	struct bpf_dynptr ptr;
	u8 bytes[4] = {};

	bpf_dynptr_from_xdp(xdp, 0, &ptr);
	if (bpf_xdp_adjust_tail(xdp, -24))
		return 10;
	if (bpf_dynptr_size(&ptr) != 64 || bpf_dynptr_read(bytes, 4, &ptr, 36, 0))
		return 11;
	if (bpf_dynptr_read(bytes, 4, &ptr, 38, 0) != -22 ||
	    bpf_dynptr_write(&ptr, 38, bytes, 4, 0) != -22)
		return 12;
	return bpf_dynptr_slice(&ptr, 38, 0, 4) ? 13 : 2;
}

SEC("xdp.frags")
RETURNS(2)
PACKET(9000)
int xdp_in_fragments(struct xdp_md *xdp)
{
	u32 linear = linear_size(xdp);
	struct bpf_dynptr ptr;
	u8 buf[64] = {}, *slice;

	if (bpf_dynptr_from_xdp(xdp, 0, &ptr) || bpf_dynptr_size(&ptr) != 9000 || linear < 64 ||
	    linear > 8000)
		return 10;
	if (bpf_dynptr_read(buf, 64, &ptr, linear - 32, 0) || buf[63] != (u8)(linear + 31))
		return 11;
	if (bpf_dynptr_slice(&ptr, linear - 32, 0, 64))
		return 12;
	slice = bpf_dynptr_slice(&ptr, linear - 32, buf, 64);
	if (slice != buf || slice[0] != (u8)(linear - 32))
		return 13;
	slice = bpf_dynptr_slice(&ptr, linear + 100, 0, 64);
	if (!slice || slice[0] != (u8)(linear + 100))
		return 14;
	buf[0] = 0xee;
	if (bpf_dynptr_write(&ptr, linear - 1, buf, 2, 0))
		return 15;
	slice = bpf_dynptr_slice_rdwr(&ptr, 8990, buf, 8);
	if (!slice || slice == buf)
		return 16;
	slice[0] = 0xef;
	return 2;
}

SEC("xdp.frags")
RETURNS(2)
PACKET(9000)
int xdp_in_fragments_is_filled_and_copied(struct xdp_md *xdp)
{
	u32 linear = linear_size(xdp);
	struct bpf_dynptr ptr, mem;
	struct value *v = value_at(0);

	if (!v || make(&mem, 0) || bpf_dynptr_from_xdp(xdp, 0, &ptr))
		return 10;
	if (bpf_dynptr_memset(&ptr, linear - 400, 800, 0x5a))
		return 11;
	if (bpf_dynptr_copy(&mem, 0, &ptr, linear - 512, 1024))
		return 12;
	if (v->bytes[111] == 0x5a || v->bytes[112] != 0x5a || v->bytes[911] != 0x5a ||
	    v->bytes[912] == 0x5a)
		return 13;
	v->bytes[0] = 1;
	if (bpf_dynptr_copy(&ptr, linear - 100, &mem, 0, 200) ||
	    bpf_dynptr_copy(&ptr, 100, &ptr, linear - 300, 600))
		return 14;
	if (bpf_dynptr_memset(&ptr, 9000, 0, 1) || bpf_dynptr_memset(&ptr, 8999, 2, 1) != -7)
		return 15;
	return bpf_dynptr_copy(&ptr, 8000, &ptr, 8000, 1001) == -7 ? 2 : 16;
}

/* ---- windows and clones ---- */

SEC("tc")
RETURNS(0)
int window_gets_smaller(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	u8 byte = 0;

	bpf_dynptr_from_skb(skb, 0, &ptr);
	if (bpf_dynptr_adjust(&ptr, 2, 1) != -22 || bpf_dynptr_adjust(&ptr, 0, 65) != -34 ||
	    bpf_dynptr_adjust(&ptr, 65, 65) != -34)
		return 1;
	if (bpf_dynptr_adjust(&ptr, 16, 32) || bpf_dynptr_size(&ptr) != 16)
		return 2;
	if (bpf_dynptr_read(&byte, 1, &ptr, 4, 0) || byte != 20)
		return 3;
	if (bpf_dynptr_adjust(&ptr, 4, 16) || bpf_dynptr_read(&byte, 1, &ptr, 11, 0) || byte != 31)
		return 4;
	return bpf_dynptr_read(&byte, 1, &ptr, 12, 0) == -7 ? 0 : 5;
}

SEC("tc")
RETURNS(0)
int clone_has_a_window_of_its_own(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr, clone, none, again;

	bpf_dynptr_from_skb(skb, 0, &ptr);
	if (bpf_dynptr_adjust(&ptr, 10, 20) || bpf_dynptr_clone(&ptr, &clone) ||
	    bpf_dynptr_adjust(&ptr, 1, 2))
		return 1;
	if (bpf_dynptr_size(&clone) != 10 || bpf_dynptr_size(&ptr) != 1)
		return 2;
	bpf_dynptr_from_skb(skb, 1, &none);
	return bpf_dynptr_clone(&none, &again) == -22 && bpf_dynptr_is_null(&again) ? 0 : 3;
}

SEC("tc")
RETURNS(0)
int clone_of_a_record(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr, clone;
	long err = bpf_ringbuf_reserve_dynptr(&ring, 16, 0, &ptr);
	u8 byte = 7, other = 0, *slice;

	bpf_dynptr_clone(&ptr, &clone);
	err |= bpf_dynptr_write(&clone, 3, &byte, 1, 0) | bpf_dynptr_read(&other, 1, &ptr, 3, 0);
	slice = bpf_dynptr_data(&clone, 3, 1);
	if (slice)
		err |= *slice != other;
	bpf_ringbuf_discard_dynptr(&clone, 0);
	return err || other != 7;
}

SEC("tc")
RETURNS(0)
int memory_is_copied_and_filled(struct __sk_buff *skb)
{
	struct value *v = value_at(0), *w = value_at(1);
	struct bpf_dynptr from, to;

	if (!v || !w || make(&from, 0) || make(&to, 1))
		return 1;
	if (bpf_dynptr_memset(&from, 10, 20, 3) || v->bytes[9] || v->bytes[10] != 3 ||
	    v->bytes[29] != 3 || v->bytes[30])
		return 2;
	if (bpf_dynptr_memset(&from, 1020, 5, 3) != -7)
		return 3;
	if (bpf_dynptr_copy(&to, 100, &from, 0, 40) || w->bytes[109] || w->bytes[110] != 3)
		return 4;
	if (bpf_dynptr_copy(&from, 15, &from, 5, 20) || v->bytes[19] || v->bytes[20] != 3 ||
	    v->bytes[34] != 3)
		return 5;
	if (bpf_dynptr_copy(&to, 1000, &from, 0, 25) != -7 ||
	    bpf_dynptr_copy(&to, 0, &from, 1000, 25) != -7)
		return 6;
	bpf_dynptr_memset(&from, 0, 1024, 0);
	return bpf_dynptr_memset(&to, 0, 1024, 0);
}

SEC("tc")
RETURNS(0)
int packet_is_copied_to_memory_and_back(struct __sk_buff *skb)
{
	struct value *v = value_at(0);
	struct bpf_dynptr packet, mem;

	if (!v || make(&mem, 0) || bpf_dynptr_from_skb(skb, 0, &packet))
		return 1;
	if (bpf_dynptr_copy(&mem, 0, &packet, 20, 30) || v->bytes[0] != 20 || v->bytes[29] != 49)
		return 2;
	if (bpf_dynptr_copy(&packet, 34, &mem, 0, 30) || bpf_dynptr_memset(&packet, 60, 4, 1))
		return 3;
	return bpf_dynptr_memset(&mem, 0, 1024, 0);
}

const char text[300] = "a text that is read";

SEC("tc")
RETURNS(0)
int what_is_read_of_the_kernel_lands_in_it(struct __sk_buff *skb)
{
	struct value *v = value_at(0);
	struct bpf_dynptr mem, packet;

	if (!v || make(&mem, 0) || bpf_dynptr_from_skb(skb, 0, &packet))
		return 1;
	if (bpf_probe_read_kernel_dynptr(&mem, 5, 6, text) || v->bytes[5] != 'a' ||
	    v->bytes[10] != 't' || v->bytes[11])
		return 2;
	if (bpf_probe_read_kernel_str_dynptr(&mem, 0, 100, text) != 20 || v->bytes[18] != 'd')
		return 3;
	if (bpf_probe_read_kernel_str_dynptr(&mem, 0, 4, text) != 4 || v->bytes[3] ||
	    v->bytes[2] != 't')
		return 4;
	if (bpf_probe_read_kernel_str_dynptr(&packet, 20, 30, text) != 20)
		return 5;
	if (bpf_probe_read_kernel_dynptr(&mem, 1020, 5, text) != -7)
		return 6;
	return bpf_dynptr_memset(&mem, 0, 1024, 0);
}

SEC("tc")
RETURNS(0)
int behind_a_text_everything_stays(struct __sk_buff *skb)
{
	char buf[32];

	for (int i = 0; i < 32; i++)
		buf[i] = i;
	if (bpf_probe_read_kernel_str(buf, 32, text) != 20 || buf[19] || buf[18] != 'd')
		return 1;
	return buf[20] == 20 && buf[31] == 31 ? 0 : 2;
}

SEC("xdp.frags")
RETURNS(2)
PACKET(9000)
int what_is_read_of_the_kernel_lands_in_fragments(struct xdp_md *xdp)
{
	u32 linear = linear_size(xdp);
	struct value *v = value_at(1);
	struct bpf_dynptr packet, mem;

	if (!v || make(&mem, 1) || bpf_dynptr_from_xdp(xdp, 0, &packet))
		return 10;
	bpf_dynptr_memset(&mem, 0, 600, 'x');
	if (bpf_probe_read_kernel_dynptr(&packet, linear - 300, 600, v))
		return 11;
	if (bpf_probe_read_kernel_str_dynptr(&packet, linear - 300, 700, v) != 601)
		return 12;
	if (bpf_probe_read_kernel_str_dynptr(&packet, linear - 300, 513, v) != 513)
		return 13;
	bpf_dynptr_memset(&mem, 0, 1024, 0);
	return 2;
}

/* ---- what is refused ---- */

SEC("?xdp")
REFUSED("calling kernel function bpf_dynptr_from_skb is not allowed")
int skb_is_not_for_xdp(struct xdp_md *xdp)
{
	struct bpf_dynptr ptr;

	return bpf_dynptr_from_skb((void *)xdp, 0, &ptr);
}

SEC("?tc")
REFUSED("arg#0 expected pointer to ctx, but got fp")
int packet_is_the_context(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	long other[40] = {};

	return bpf_dynptr_from_skb((void *)other, 0, &ptr);
}

SEC("?tc")
REFUSED("R@ invalid mem access 'scalar'")
int slice_ends_when_the_packet_moves(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	u8 *slice;

	bpf_dynptr_from_skb(skb, 0, &ptr);
	slice = bpf_dynptr_slice(&ptr, 0, 0, 4);
	if (!slice || bpf_skb_pull_data(skb, 60))
		return 0;
	return *slice;
}

SEC("?tc")
REFUSED("R@ invalid mem access 'scalar'")
int slice_ends_when_the_packet_is_written(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	u8 *slice, byte = 0;

	bpf_dynptr_from_skb(skb, 0, &ptr);
	slice = bpf_dynptr_slice(&ptr, 0, 0, 4);
	if (!slice || bpf_dynptr_write(&ptr, 0, &byte, 1, 0))
		return 0;
	return *slice;
}

SEC("xdp")
RETURNS(2)
int slice_stays_when_xdp_is_written(struct xdp_md *xdp)
{
	struct bpf_dynptr ptr;
	u8 *slice, byte = 2;

	bpf_dynptr_from_xdp(xdp, 0, &ptr);
	slice = bpf_dynptr_slice(&ptr, 0, 0, 4);
	if (!slice || bpf_dynptr_write(&ptr, 0, &byte, 1, 0))
		return 0;
	return *slice;
}

SEC("?tc")
REFUSED("R@ cannot write into rdonly_mem")
int slice_is_for_reading(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	u8 *slice;

	bpf_dynptr_from_skb(skb, 0, &ptr);
	slice = bpf_dynptr_slice(&ptr, 0, 0, 4);
	if (slice)
		*slice = 1;
	return 0;
}

SEC("?cgroup_skb/ingress")
REFUSED("the prog does not allow writes to packet data")
int slice_for_writing_where_nobody_writes(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;

	bpf_dynptr_from_skb(skb, 0, &ptr);
	return !bpf_dynptr_slice_rdwr(&ptr, 0, 0, 4);
}

SEC("?tc")
REFUSED("R4 must be a known constant")
int slice_without_a_known_size(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	u8 buf[16];

	bpf_dynptr_from_skb(skb, 0, &ptr);
	return !bpf_dynptr_slice(&ptr, 0, buf, skb->len & 7);
}

SEC("?tc")
REFUSED("arg#2 arg#3 memory, len pair leads to invalid memory access")
int slice_with_too_small_a_buffer(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	u8 buf[8];

	bpf_dynptr_from_skb(skb, 0, &ptr);
	return !bpf_dynptr_slice(&ptr, 0, buf, 9);
}

SEC("?tc")
REFUSED("dereference of modified mem ptr R1 off=1 disallowed")
int slice_is_handed_on_from_its_start(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	u8 *slice;

	bpf_dynptr_from_skb(skb, 0, &ptr);
	slice = bpf_dynptr_slice_rdwr(&ptr, 0, 0, 8);
	return slice ? bpf_get_current_comm(slice + 1, 4) : 0;
}

SEC("tc")
RETURNS(0)
int slice_is_memory_for_helpers(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	u8 *slice;

	bpf_dynptr_from_skb(skb, 0, &ptr);
	slice = bpf_dynptr_slice_rdwr(&ptr, 16, 0, 8);
	return slice ? bpf_probe_read_kernel(slice, 8, text) : 1;
}

SEC("?tc")
REFUSED("Expected an initialized dynptr as arg #0")
int clone_of_nothing(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr, clone;

	return bpf_dynptr_clone(&ptr, &clone);
}

SEC("?tc")
REFUSED("cannot overwrite referenced dynptr")
int clone_over_a_record(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr, record;

	bpf_dynptr_from_skb(skb, 0, &ptr);
	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &record);
	bpf_dynptr_clone(&ptr, &record);
	bpf_ringbuf_submit_dynptr(&record, 0);
	return 0;
}

SEC("?tc")
REFUSED("Expected an initialized dynptr as arg #2")
int clone_ends_with_its_record(struct __sk_buff *skb)
{
	struct bpf_dynptr record, clone;
	u8 byte;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &record);
	bpf_dynptr_clone(&record, &clone);
	bpf_ringbuf_submit_dynptr(&record, 0);
	return bpf_dynptr_read(&byte, 1, &clone, 0, 0);
}

SEC("?tc")
REFUSED("R@ invalid mem access 'scalar'")
int slice_of_a_clone_ends_with_its_record(struct __sk_buff *skb)
{
	struct bpf_dynptr record, clone;
	u8 *slice;

	bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &record);
	bpf_dynptr_clone(&record, &clone);
	slice = bpf_dynptr_data(&clone, 0, 8);
	bpf_ringbuf_submit_dynptr(&record, 0);
	return slice ? *slice : 0;
}

SEC("?tc")
REFUSED("Expected an initialized dynptr as arg #0")
int size_of_nothing(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;

	return bpf_dynptr_size(&ptr);
}

SEC("?tc")
REFUSED("Expected an initialized dynptr as arg #2")
int copy_of_nothing(struct __sk_buff *skb)
{
	struct bpf_dynptr to, from;

	make(&to, 0);
	return bpf_dynptr_copy(&to, 0, &from, 0, 1);
}

SEC("?raw_tp")
REFUSED("the prog does not allow writes to packet data")
int slice_for_writing_of_a_value(void *ctx)
{
	struct bpf_dynptr ptr;

	make(&ptr, 0);
	return !bpf_dynptr_slice_rdwr(&ptr, 0, 0, 4);
}

char LICENSE[] SEC("license") = "GPL";
