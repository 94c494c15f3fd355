// SPDX-License-Identifier: BSD-2-Clause
/* Arenas: pages that come and go, pointers into them, and what is in the way of both. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "told.h"

#define __arena __attribute__((address_space(1)))
#define PAGE 4096
#define PAGES 8
#define START 0x40000000u /* where user space has it */
#define ANY_NODE (-1)
#define ARENA 33 /* of map types; the headers may be older */

struct {
	__uint(type, ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, PAGES);
	__uint(map_extra, START);
} arena SEC(".maps");

struct {
	__uint(type, ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(map_extra, START + 64 * PAGE);
} second SEC(".maps");

struct {
	__uint(type, ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
} nowhere SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");

extern void __arena *bpf_arena_alloc_pages(void *map, void __arena *addr, __u32 pages, int node,
					   __u64 flags) __ksym;
extern void bpf_arena_free_pages(void *map, void __arena *addr, __u32 pages) __ksym;
extern int bpf_arena_reserve_pages(void *map, void __arena *addr, __u32 pages) __ksym;

typedef volatile __u8 __arena byte;
typedef volatile __u32 __arena word;
typedef volatile __u64 __arena longer;

static __always_inline void __arena *alloc(__u32 pages)
{
	return bpf_arena_alloc_pages(&arena, 0, pages, ANY_NODE, 0);
}

static __always_inline void __arena *alloc_at(__u64 addr, __u32 pages)
{
	return bpf_arena_alloc_pages(&arena, (void __arena *)addr, pages, ANY_NODE, 0);
}

static __always_inline void release(void __arena *addr, __u32 pages)
{
	bpf_arena_free_pages(&arena, addr, pages);
}

static __always_inline __u64 number(void __arena *p)
{
	return (__u64)p;
}

SEC("syscall")
RETURNS(0)
int pages_hold_what_is_written_until_they_are_freed(void *ctx)
{
	longer *a = alloc(1), *b = alloc(2);

	if (!a || !b)
		return 1;
	if (a[0] || a[511] || b[0] || b[1023])
		return 2;
	a[0] = 7;
	a[511] = 8;
	b[512] = 9;
	if (a[0] != 7 || a[511] != 8 || b[512] != 9)
		return 3;
	release((void __arena *)a, 1);
	if (a[0] || a[511])
		return 4;
	a[0] = 5;
	if (a[0] || b[512] != 9)
		return 5;
	return alloc_at(number((void __arena *)a), 1) == (void __arena *)a && !a[0] ? 0 : 6;
}

SEC("syscall")
RETURNS(0)
int addresses_are_those_of_user_space(void *ctx)
{
	if (number(alloc(1)) != START || number(alloc(3)) != START + PAGE)
		return 1;
	if (number(alloc(4)) != START + 4 * PAGE || alloc(1))
		return 2;
	return 0;
}

SEC("syscall")
RETURNS(0)
int free_pages_are_found_where_they_fit_best(void *ctx)
{
	void __arena *all = alloc(PAGES);

	if (number(all) != START)
		return 1;
	release(all + 1 * PAGE, 3);
	release(all + 5 * PAGE, 1);
	release(all + 7 * PAGE, 1);
	if (alloc(4))
		return 2;
	__u64 one = number(alloc(1)), other = number(alloc(1));
	if (one == other || (one != START + 5 * PAGE && one != START + 7 * PAGE) ||
	    (other != START + 5 * PAGE && other != START + 7 * PAGE))
		return 3;
	if (number(alloc(2)) != START + 1 * PAGE || number(alloc(1)) != START + 3 * PAGE)
		return 4;
	return 0;
}

SEC("syscall")
RETURNS(0)
int pages_are_asked_for_by_address(void *ctx)
{
	if (number(alloc_at(START + 2 * PAGE, 2)) != START + 2 * PAGE)
		return 1;
	if (alloc_at(START + 3 * PAGE, 1) || alloc_at(START + 1 * PAGE, 2))
		return 2;
	if (alloc_at(START + 1, 1) || alloc_at(START + 7 * PAGE, 2) ||
	    alloc_at(START + 8 * PAGE, 1))
		return 3;
	if (alloc_at(START - PAGE, 1))
		return 4;
	if (number(alloc_at(START + 7 * PAGE, 1)) != START + 7 * PAGE)
		return 5;
	return 0;
}

SEC("syscall")
RETURNS(0)
int odd_requests_get_nothing(void *ctx)
{
	if (alloc(0) || alloc(PAGES + 1))
		return 1;
	if (bpf_arena_alloc_pages(&arena, 0, 1, ANY_NODE, 1))
		return 2;
	if (bpf_arena_alloc_pages(&arena, 0, 1, 100000, 0) ||
	    bpf_arena_alloc_pages(&arena, 0, 1, -2, 0))
		return 3;
	if (!bpf_arena_alloc_pages(&arena, 0, 1, 0, 0))
		return 4;
	return 0;
}

SEC("syscall")
RETURNS(0)
int freeing_takes_what_there_is(void *ctx)
{
	byte *p = alloc(PAGES);

	if (!p)
		return 1;
	p[0] = p[PAGE] = p[7 * PAGE] = 1;
	release((void __arena *)p + 6 * PAGE, 100);
	if (p[7 * PAGE] || !p[0])
		return 2;
	release((void __arena *)p + PAGE + 5, 1);
	if (p[PAGE] || !p[0])
		return 3;
	release((void __arena *)p + 9 * PAGE, 1);
	release((void __arena *)0, 1);
	release((void __arena *)p, 0);
	return p[0] == 1 ? 0 : 4;
}

SEC("syscall")
RETURNS(0)
int reserved_pages_are_not_given_out(void *ctx)
{
	if (bpf_arena_reserve_pages(&arena, (void __arena *)(__u64)START, 7))
		return 1;
	if (number(alloc(1)) != START + 7 * PAGE || alloc(1))
		return 2;
	if (bpf_arena_reserve_pages(&arena, (void __arena *)(__u64)(START + 6 * PAGE), 1) != -16)
		return 3;
	if (bpf_arena_reserve_pages(&arena, (void __arena *)(__u64)(START + 8 * PAGE), 1) != -22 ||
	    bpf_arena_reserve_pages(&arena, (void __arena *)(__u64)START, 9) != -22 ||
	    bpf_arena_reserve_pages(&arena, (void __arena *)(__u64)(START + 1), 1) ||
	    bpf_arena_reserve_pages(&arena, (void __arena *)(__u64)START, 0))
		return 4;
	release((void __arena *)(__u64)START, 7);
	return number(alloc(7)) == START ? 0 : 5;
}

SEC("syscall")
RETURNS(0)
int what_is_not_there_reads_as_zero_and_swallows_stores(void *ctx)
{
	byte *p = alloc(PAGES);

	if (!p)
		return 1;
	p[0] = 1;
	p[PAGES * PAGE] = 2;
	p[PAGES * PAGE + 1] = 3;
	p[-1] = 4;
	*(longer *)(p + PAGES * PAGE + 64) = 5;
	if (p[PAGES * PAGE] || p[PAGES * PAGE + 1] || p[-1] || *(longer *)(p + PAGES * PAGE + 64))
		return 2;
	return p[0] == 1 && p[PAGES * PAGE - 1] == 0 ? 0 : 3;
}

SEC("syscall")
RETURNS(0)
int widths_and_alignments_do_not_matter(void *ctx)
{
	byte *p = alloc(2);

	if (!p)
		return 1;
	for (int i = 0; i < 16; i++)
		p[PAGE - 8 + i] = i;
	asm volatile("" ::: "memory");
	if (*(longer *)(p + PAGE) != 0x0f0e0d0c0b0a0908)
		return 2;
	if (*(volatile __u16 __arena *)(p + PAGE - 8) != 0x100 ||
	    *(word *)(p + PAGE - 4) != 0x7060504)
		return 3;
	*(word *)(p + PAGE) = 0xa1b2c3d4;
	*(volatile __u16 __arena *)(p + PAGE + 4) = 0xe5f6;
	return *(longer *)(p + PAGE) == 0x0f0ee5f6a1b2c3d4 ? 0 : 4;
}

/* Loads and stores of 8 bytes at any address, as compilers do not write them. */
static __always_inline __u64 load(void __arena *p)
{
	__u64 value;

	asm volatile("%0 = addr_space_cast(%1, 0x0, 0x1);"
		     "%0 = *(u64 *)(%0 + 0)"
		     : "=r"(value)
		     : "r"(p)
		     : "memory");
	return value;
}

SEC("syscall")
RETURNS(0)
int accesses_cross_pages_where_both_are(void *ctx)
{
	byte *p = alloc(3);

	if (!p)
		return 1;
	for (int i = 0; i < 8; i++)
		p[PAGE - 3 + i] = 0x10 + i;
	if (load((void __arena *)p + PAGE - 3) != 0x1716151413121110)
		return 2;
	release((void __arena *)p + PAGE, 1);
	if (load((void __arena *)p + PAGE - 3) || load((void __arena *)p + 2 * PAGE - 3))
		return 3;
	return p[PAGE - 3] == 0x10 && load((void __arena *)p - 3) == 0 ? 0 : 4;
}

SEC("syscall")
RETURNS(0)
int atomics_work_where_pages_are(void *ctx)
{
	__u64 __arena *p = alloc(1);
	__u32 __arena *q = (void __arena *)(p + 8);

	if (!p)
		return 1;
	__sync_fetch_and_add(p, 5);
	if (__sync_fetch_and_add(p, 6) != 5 || *p != 11)
		return 2;
	if (__sync_lock_test_and_set(p, 0x0f) != 11 ||
	    __sync_val_compare_and_swap(p, 0x0f, 0x3c) != 0x0f)
		return 3;
	if (__sync_val_compare_and_swap(p, 1, 2) != 0x3c || *p != 0x3c)
		return 4;
	__sync_fetch_and_or(p, 3);
	__sync_fetch_and_and(p, 0x37);
	__sync_fetch_and_xor(p, 1);
	if (*p != 0x36)
		return 5;
	if (__sync_fetch_and_add(q, -1) || __sync_lock_test_and_set(q, 9) != 0xffffffff ||
	    __sync_val_compare_and_swap(q, 9, 10) != 9 || *q != 10)
		return 6;
	__sync_fetch_and_or(q, 1);
	return *q == 11 && q[1] == 0 ? 0 : 7;
}

SEC("syscall")
RETURNS(0)
int atomics_do_nothing_where_none_is(void *ctx)
{
	__u64 __arena *p = alloc(1);
	__u64 got = 77;

	if (!p)
		return 1;
	*p = 1;
	release(p, 1);
	__sync_fetch_and_add(p, 5);
	__sync_fetch_and_or(p, 5);
	asm volatile("r1 = addr_space_cast(%1, 0x0, 0x1);"
		     "%0 = atomic_fetch_add((u64 *)(r1 + 0), %0)"
		     : "+r"(got)
		     : "r"(p)
		     : "r1", "memory");
	if (got != 77)
		return 2;
	asm volatile("r1 = addr_space_cast(%1, 0x0, 0x1);"
		     "r0 = 55;"
		     "r0 = cmpxchg_64(r1 + 0, r0, %0);"
		     "%0 = r0"
		     : "+r"(got)
		     : "r"(p)
		     : "r0", "r1", "memory");
	if (got != 55)
		return 3;
	return *p ? 4 : 0;
}

/* Lists, the way compilers make programs of them. */
struct node {
	struct node __arena *next;
	__u64 value;
};

SEC("syscall")
RETURNS(55)
int structures_are_built_of_plain_pointers(void *ctx)
{
	struct node __arena *nodes = alloc(1), *head = 0;
	__u64 sum = 0;

	if (!nodes)
		return -1;
	for (int i = 0; i < 10; i++) {
		nodes[i].value = i + 1;
		nodes[i].next = head;
		head = &nodes[i];
	}
	for (int i = 0; i < 100 && head; i++) {
		sum += head->value;
		head = head->next;
	}
	return sum;
}

static __noinline __u64 sum_of(struct node __arena *head)
{
	__u64 sum = 0;

	for (int i = 0; i < 20 && head; i++, head = head->next)
		sum += head->value;
	return sum;
}

SEC("syscall")
RETURNS(3)
int functions_take_pointers_along(void *ctx)
{
	struct node __arena *n = alloc(1);

	if (!n)
		return -1;
	n[0].value = 1;
	n[0].next = &n[1];
	n[1].value = 2;
	return sum_of(n);
}

__noinline __u64 first_of(struct node __arena *n __attribute__((btf_decl_tag("arg:arena"))))
{
	return n ? n->value : 0;
}

SEC("syscall")
RETURNS(4)
int global_functions_take_pointers_along(void *ctx)
{
	struct node __arena *n = alloc(1);

	if (!n)
		return -1;
	n->value = 4;
	return first_of(n) + first_of(0) + first_of((struct node __arena *)5);
}

SEC("syscall")
RETURNS(0)
int null_stays_null_and_the_rest_gets_the_arenas_upper_half(void *ctx)
{
	__u64 null = 0, low = 0x123456789abcdef0, up = 0xffffffff00000000;

	asm volatile("%0 = addr_space_cast(%0, 0x1, 0x0);"
		     "%1 = addr_space_cast(%1, 0x1, 0x0);"
		     "%2 = addr_space_cast(%2, 0x1, 0x0)"
		     : "+r"(null), "+r"(low), "+r"(up)
		     : "i"(&arena));
	return alloc(1) && !null && low == 0x9abcdef0 && !up ? 0 : 1;
}

SEC("syscall")
REFUSED("addr_space_cast insn can only be used in a program that has an associated arena")
int casts_need_an_arena(void *ctx)
{
	__u64 p = 0;

	asm volatile("%0 = addr_space_cast(%0, 0x0, 0x1)" : "+r"(p));
	return p;
}

SEC("syscall")
REFUSED("Only one arena per program")
int programs_have_one_arena(void *ctx)
{
	alloc(1);
	bpf_arena_free_pages(&second, (void __arena *)5, 1);
	return 0;
}

SEC("syscall")
REFUSED("arena's user address must be set via map_extra or mmap()")
int arenas_are_somewhere(void *ctx)
{
	bpf_arena_free_pages(&nowhere, (void __arena *)5, 1);
	return 0;
}

SEC("syscall")
REFUSED("R@ type=scalar expected=fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, "
	"trusted_ptr_")
int helpers_do_not_look_into_arenas(void *ctx)
{
	return bpf_trace_printk((const char *)(__u64)alloc(1), 8);
}

SEC("tc")
REFUSED("program must be sleepable to call sleepable kfunc bpf_arena_alloc_pages")
int who_must_not_sleep_gets_no_pages(struct __sk_buff *skb)
{
	return alloc(1) != 0;
}

SEC("tc")
RETURNS(0)
int who_must_not_sleep_may_look_at_them(struct __sk_buff *skb)
{
	byte *p;

	asm volatile("%0 = %1 ll" : "=r"(p) : "i"(&arena));
	p = (byte *)(__u64)START;
	p[0] = 1;
	return p[0] ? 1 : 0;
}

char _license[] SEC("license") = "GPL";
