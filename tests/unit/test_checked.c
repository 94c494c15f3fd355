/* SPDX-License-Identifier: BSD-2-Clause */
/* Checked mode: good programs run, and every kind of bad access is stopped and told in words. */
#include "cmocka_all.h"
#include "exec_prog.h"
#include "ctx/lowmem.h"
#include "ctx/packet.h"
#include "map/fd_array.h"

#define XDP BPF_PROG_TYPE_XDP
#define TC BPF_PROG_TYPE_SCHED_CLS
#define SYSCALL BPF_PROG_TYPE_SYSCALL

/* A packet of 62 bytes below 4 GiB, and maps. */
struct stage {
	u8 *frame;
	struct xdp_ctx xdp;
	struct skb_ctx skb;
	struct map *maps[6];
	struct exec_fault fault;
	struct run run;
	u8 syscall_ctx[65536 + 8];
};

enum { ARRAY, RODATA, RING, HASHLIKE, PROGS, QUEUE };
static struct services services;

static struct map *new_map(u32 type, u32 key, u32 value, u32 entries, u32 flags, const char *name)
{
	const struct map_def def = { .type = type,
				     .key_size = key,
				     .value_size = value,
				     .max_entries = entries,
				     .flags = flags,
				     .nr_cpus = 1 };
	int err = 0;
	struct map *map = skep__map_new(&def, NULL, 5, "map", &services, &err);

	assert_non_null(map);
	strcpy(map->name, name);
	return map;
}

static int set_stage(void **state)
{
	struct stage *s = calloc(1, sizeof(*s));
	u8 *data;

	services = skep__default_services;
	s->frame = skep__lowmem_map(4096);
	data = s->frame + 256;
	for (int i = 0; i < 62; i++)
		data[i] = i;
	s->xdp.pkt = (struct packet){ .frame = s->frame,
				      .frame_end = s->frame + 3776,
				      .meta = data - 8,
				      .data = data,
				      .data_end = data + 62 };
	skep__xdp_sync(&s->xdp);
	s->skb.pkt = s->xdp.pkt;
	s->skb.mac_header = data;
	s->skb.network_header = data + 14;
	s->skb.is_l2 = true;
	skep__skb_sync(&s->skb);
	s->maps[ARRAY] = new_map(BPF_MAP_TYPE_ARRAY, 4, 64, 1, 0, "flows");
	s->maps[RODATA] = new_map(BPF_MAP_TYPE_ARRAY, 4, 16, 1, BPF_F_RDONLY_PROG, "rodata");
	s->maps[RING] = new_map(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0, "events");
	s->maps[HASHLIKE] = new_map(BPF_MAP_TYPE_HASH, 8, 24, 4, 0, "table");
	s->maps[PROGS] = new_map(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 2, 0, "progs");
	s->maps[QUEUE] = new_map(BPF_MAP_TYPE_QUEUE, 0, 8, 4, 0, "queue");
	s->run.svc = &services;
	*state = s;
	return 0;
}

static int clear_stage(void **state)
{
	struct stage *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(s->maps); i++)
		skep__map_free(s->maps[i]);
	skep__lowmem_unmap(s->frame, 4096);
	free(s);
	return 0;
}

static u64 run_on_stage(struct stage *s, const struct prog *prog)
{
	void *ctx = prog->type == XDP  ? (void *)&s->xdp
		    : prog->type == TC ? (void *)&s->skb
				       : s->syscall_ctx;

	return skep__exec(&s->run, prog, ctx, MODE_CHECKED, &s->fault);
}

#define RUN(s, type, ...)                                                                          \
	({                                                                                         \
		static struct test_prog t;                                                         \
                                                                                                   \
		TEST_PROG(&t, type, (s)->maps, ARRAY_SIZE((s)->maps), __VA_ARGS__);                \
		run_on_stage(s, &t.prog);                                                          \
	})

/* The program returns a value, or a report is the reason why it should not have failed. */
#define GOOD(s, type, expected, ...)                                                               \
	do {                                                                                       \
		u64 ret_ = RUN(s, type, __VA_ARGS__);                                              \
                                                                                                   \
		if ((s)->fault.set)                                                                \
			fail_msg("instruction %u: %s", (s)->fault.insn, (s)->fault.what);          \
		assert_int_equal(ret_, expected);                                                  \
	} while (0)

/* The program is stopped at an instruction, with this report. */
#define BAD(s, type, at, text, ...)                                                                \
	do {                                                                                       \
		assert_int_equal(RUN(s, type, __VA_ARGS__), 0);                                    \
		assert_true((s)->fault.set && (s)->run.aborted);                                   \
		assert_string_equal((s)->fault.what, text);                                        \
		assert_int_equal((s)->fault.insn, at);                                             \
	} while (0)

#define LOAD_PACKET(d) LOAD(BPF_W, d, R1, offsetof(struct xdp_md, data))
#define LOAD_END(d) LOAD(BPF_W, d, R1, offsetof(struct xdp_md, data_end))
#define OK() MOV(R0, 0), EXIT()

static void a_packet_is_read_up_to_its_end_and_no_further(void **state)
{
	struct stage *s = *state;

	GOOD(s, XDP, 0x3d3c, LOAD_PACKET(R2), LOAD(BPF_H, R0, R2, 60), EXIT());
	BAD(s, XDP, 1, "read of 4 bytes at packet+62, 0 bytes past its end (packet is 62 bytes)",
	    LOAD_PACKET(R2), LOAD(BPF_W, R0, R2, 62), EXIT());
	BAD(s, XDP, 1,
	    "read of 8 bytes at packet+60, the last 6 of them past its end (packet is 62 bytes)",
	    LOAD_PACKET(R2), LOAD(BPF_DW, R0, R2, 60), EXIT());
	BAD(s, XDP, 1, "read of 1 byte at packet-1, 1 bytes before its start (packet is 62 bytes)",
	    LOAD_PACKET(R2), LOAD(BPF_B, R0, R2, -1), EXIT());
	BAD(s, XDP, 3,
	    "write of 2 bytes at packet+1000, 938 bytes past its end (packet is 62 bytes)",
	    LOAD_PACKET(R2), MOV(R3, 1000), ALU64R(BPF_ADD, R3, R2), STORE_K(BPF_H, R3, 0, 0),
	    OK());
	assert_int_equal(s->fault.addr, (u64)(uintptr_t)s->xdp.pkt.data + 1000);
	BAD(s, XDP, 1,
	    "read of 1 byte at the end of the packet, which is there to be compared with",
	    LOAD_END(R2), LOAD(BPF_B, R0, R2, -1), EXIT());
	GOOD(s, XDP, 7, LOAD(BPF_W, R2, R1, offsetof(struct xdp_md, data_meta)),
	     STORE_K(BPF_DW, R2, 0, 7), LOAD(BPF_DW, R0, R2, 0), EXIT());
	BAD(s, XDP, 1,
	    "read of 1 byte at packet metadata+8, 0 bytes past its end (packet metadata is 8 "
	    "bytes)",
	    LOAD(BPF_W, R2, R1, offsetof(struct xdp_md, data_meta)), LOAD(BPF_B, R0, R2, 8),
	    EXIT());
}

static void pointers_are_compared_and_subtracted(void **state)
{
	struct stage *s = *state;

	GOOD(s, XDP, 62, LOAD_PACKET(R2), LOAD_END(R3), MOV(R0, 0), JUMPR(BPF_JGT, R2, R3, 2),
	     ALU64R(BPF_SUB, R3, R2), MOVR(R0, R3), EXIT());
}

static void packet_pointers_end_when_the_packet_may_move(void **state)
{
	struct stage *s = *state;

	BAD(s, TC, 6,
	    "read of 1 byte at packet+0, which was taken before a helper that may move the packet "
	    "was called: load data and data_end anew",
	    LOAD(BPF_W, R7, R1, offsetof(struct __sk_buff, data)), LOAD(BPF_B, R0, R7, 0),
	    MOVR(R6, R1), MOV(R2, 40), MOV(R3, 0), CALL_HELPER(skb_change_tail),
	    LOAD(BPF_B, R0, R7, 0), EXIT());
	GOOD(s, TC, 0, MOVR(R6, R1), MOV(R2, 40), MOV(R3, 0), CALL_HELPER(skb_change_tail),
	     LOAD(BPF_W, R7, R6, offsetof(struct __sk_buff, data)), LOAD(BPF_B, R0, R7, 0), EXIT());
	/* Programs that only look at packets may not write them. */
	BAD(s, TC, 2, "read of 1 byte at packet+40, 0 bytes past its end (packet is 40 bytes)",
	    MOVR(R6, R1), LOAD(BPF_W, R7, R6, offsetof(struct __sk_buff, data)),
	    LOAD(BPF_B, R0, R7, 40), EXIT());
}

static void a_context_is_its_fields(void **state)
{
	struct stage *s = *state;

	BAD(s, XDP, 0,
	    "read of 8 bytes at context+0, where xdp programs may not do that: see struct xdp_md",
	    LOAD(BPF_DW, R0, R1, 0), EXIT());
	BAD(s, XDP, 0,
	    "write of 4 bytes at context+0, where xdp programs may not do that: see struct xdp_md",
	    STORE_K(BPF_W, R1, 0, 0), OK());
	BAD(s, XDP, 0,
	    "read of 4 bytes at context+64, where xdp programs may not do that: see struct xdp_md",
	    LOAD(BPF_W, R0, R1, 64), EXIT());
	BAD(s, XDP, 1,
	    "read of 4 bytes at context-4, where xdp programs may not do that: see struct xdp_md",
	    ALU64(BPF_ADD, R1, -4), LOAD(BPF_W, R0, R1, 0), EXIT());
	GOOD(s, TC, 5, STORE_K(BPF_W, R1, offsetof(struct __sk_buff, mark), 5),
	     LOAD(BPF_W, R0, R1, offsetof(struct __sk_buff, mark)), EXIT());
	GOOD(s, SYSCALL, 9, STORE_K(BPF_DW, R1, 4096, 9), LOAD(BPF_DW, R0, R1, 4096), EXIT());
}

static void the_stack_is_512_bytes(void **state)
{
	struct stage *s = *state;

	GOOD(s, XDP, 3, STORE_K(BPF_DW, R10, -512, 3), LOAD(BPF_DW, R0, R10, -512), EXIT());
	BAD(s, XDP, 0, "write of 4 bytes at fp-516, 4 bytes before its start (stack is 512 bytes)",
	    STORE_K(BPF_W, R10, -516, 0), OK());
	BAD(s, XDP, 0,
	    "read of 8 bytes at fp-4, the last 4 of them past its end (stack is 512 bytes)",
	    LOAD(BPF_DW, R0, R10, -4), EXIT());
	BAD(s, XDP, 0, "R10, the frame pointer, is not for programs to write",
	    ALU64(BPF_ADD, R10, 8), OK());
	/* Never written: zero, and the same in every run. */
	GOOD(s, XDP, 0, LOAD(BPF_DW, R0, R10, -264), EXIT());
}

static void pointers_survive_in_whole_stack_slots(void **state)
{
	struct stage *s = *state;

	GOOD(s, XDP, 1, LOAD_PACKET(R2), STORE(BPF_DW, R10, R2, -8), LOAD(BPF_DW, R3, R10, -8),
	     LOAD(BPF_B, R0, R3, 1), EXIT());
	BAD(s, XDP, 4, "read of 1 byte at 0x1: R3 holds a number and no pointer", LOAD_PACKET(R2),
	    STORE(BPF_DW, R10, R2, -8), STORE_K(BPF_DW, R10, -8, 1), LOAD(BPF_DW, R3, R10, -8),
	    LOAD(BPF_B, R0, R3, 0), EXIT());
	/* A byte of it overwritten, and it is no pointer any more, even with the value that it had.
	 */
	RUN(s, XDP, LOAD_PACKET(R2), STORE(BPF_DW, R10, R2, -8), LOAD(BPF_B, R4, R10, -5),
	    STORE(BPF_B, R10, R4, -5), LOAD(BPF_DW, R3, R10, -8), LOAD(BPF_B, R0, R3, 0), EXIT());
	assert_true(s->fault.set && s->fault.insn == 5 &&
		    strstr(s->fault.what, "R3 holds a number and no pointer"));
	/* The same through other memory than the stack. */
	RUN(s, XDP, LOAD_PACKET(R2), MAP_VALUE(R4, ARRAY, 0), STORE(BPF_DW, R4, R2, 0),
	    LOAD(BPF_DW, R3, R4, 0), LOAD(BPF_B, R0, R3, 0), EXIT());
	assert_true(s->fault.set && s->fault.insn == 5);
	/* And through arithmetic that no pointer survives. */
	RUN(s, XDP, LOAD_PACKET(R2), ALU64(BPF_AND, R2, -1), LOAD(BPF_B, R0, R2, 0), EXIT());
	assert_true(s->fault.set && s->fault.insn == 2);
	RUN(s, XDP, LOAD_PACKET(R2), MOV32R(R3, R2), LOAD(BPF_B, R0, R3, 0), EXIT());
	assert_true(s->fault.set && s->fault.insn == 2);
	/* Atomic operations take a pointer out whole. */
	GOOD(s, XDP, 2, LOAD_PACKET(R2), STORE(BPF_DW, R10, R2, -8), MOV(R3, 0),
	     ATOMIC(BPF_DW, BPF_XCHG, R10, R3, -8), LOAD(BPF_B, R0, R3, 2), EXIT());
}

static void registers_have_no_value_before_they_are_given_one(void **state)
{
	struct stage *s = *state;

	BAD(s, XDP, 0,
	    "R3 is read here and holds no value: nothing was written to it since the program, the "
	    "function or the last call began",
	    MOVR(R0, R3), EXIT());
	BAD(s, XDP, 0,
	    "R0 is read here and holds no value: nothing was written to it since the program, the "
	    "function or the last call began",
	    EXIT());
	BAD(s, XDP, 2,
	    "R1 is read here and holds no value: nothing was written to it since the program, the "
	    "function or the last call began",
	    MOV(R6, 0), CALL_HELPER(ktime_get_ns), MOVR(R0, R1), EXIT());
	BAD(s, XDP, 0, "R7 is read here and holds no value: nothing was written to it",
	    STORE(BPF_DW, R10, R7, -8), OK());
	/* A function has what it was called with, and the caller's own registers are hidden from
	 * it. */
	BAD(s, XDP, 3, "R6 is read here and holds no value: nothing was written to it", MOV(R6, 1),
	    CALL_SUB(1), EXIT(), MOVR(R0, R6), EXIT());
	BAD(s, XDP, 2,
	    "R1 is read here and holds no value: nothing was written to it since the program, the "
	    "function or the last call began",
	    MOV(R1, 1), CALL_SUB(2), MOVR(R0, R1), EXIT(), MOV(R0, 0), EXIT());
}

static void map_values_are_as_long_as_the_map_says(void **state)
{
	struct stage *s = *state;

	GOOD(s, XDP, 11, STORE_K(BPF_W, R10, -4, 0), MOVR(R2, R10), ALU64(BPF_ADD, R2, -4),
	     MAP(R1, ARRAY), CALL_HELPER(map_lookup_elem), JUMP(BPF_JEQ, R0, 0, 2),
	     STORE_K(BPF_DW, R0, 56, 11), LOAD(BPF_DW, R0, R0, 56), EXIT());
	BAD(s, XDP, 6,
	    "write of 8 bytes at value of map 'flows'+64, 0 bytes past its end (value of map "
	    "'flows' is 64 bytes)",
	    STORE_K(BPF_W, R10, -4, 0), MOVR(R2, R10), ALU64(BPF_ADD, R2, -4), MAP(R1, ARRAY),
	    CALL_HELPER(map_lookup_elem), STORE_K(BPF_DW, R0, 64, 11), OK());
	BAD(s, XDP, 6,
	    "read of 8 bytes at NULL+8: R0 is NULL, nothing was found in map 'flows' at "
	    "instruction 5, and the program did not ask",
	    STORE_K(BPF_W, R10, -4, 1), MOVR(R2, R10), ALU64(BPF_ADD, R2, -4), MAP(R1, ARRAY),
	    CALL_HELPER(map_lookup_elem), LOAD(BPF_DW, R0, R0, 8), EXIT());
	GOOD(s, XDP, 11, MAP_VALUE(R1, ARRAY, 56), LOAD(BPF_DW, R0, R1, 0), EXIT());
	BAD(s, XDP, 2,
	    "read of 8 bytes at value of map 'flows'+60, the last 4 of them past its end (value of "
	    "map 'flows' is 64 bytes)",
	    MAP_VALUE(R1, ARRAY, 60), LOAD(BPF_DW, R0, R1, 0), EXIT());
	GOOD(s, XDP, 0, MAP_VALUE(R1, RODATA, 0), LOAD(BPF_DW, R0, R1, 8), EXIT());
	BAD(s, XDP, 2, "write of 4 bytes at value of map 'rodata'+4, which programs may not write",
	    MAP_VALUE(R1, RODATA, 4), STORE_K(BPF_W, R1, 0, 1), OK());
	BAD(s, XDP, 2,
	    "read of 4 bytes at map 'flows', which is no data: its values are reached by looking "
	    "them up",
	    MAP(R1, ARRAY), LOAD(BPF_W, R0, R1, 0), EXIT());
}

static void arguments_of_helpers_are_checked_before_the_call(void **state)
{
	struct stage *s = *state;

	BAD(s, XDP, 4,
	    "argument R2 of bpf_map_lookup_elem: read of 4 bytes at fp-2, the last 2 of them past "
	    "its end (stack is 512 bytes)",
	    MAP(R1, ARRAY), MOVR(R2, R10), ALU64(BPF_ADD, R2, -2), CALL_HELPER(map_lookup_elem),
	    EXIT());
	BAD(s, XDP, 1, "argument R1 of bpf_map_lookup_elem must be a map, and is the context",
	    MOVR(R2, R10), CALL_HELPER(map_lookup_elem), EXIT());
	BAD(s, XDP, 2,
	    "argument R2 of bpf_map_lookup_elem must be set before the call, and is no value",
	    MAP(R1, ARRAY), CALL_HELPER(map_lookup_elem), EXIT());
	BAD(s, XDP, 3,
	    "argument R2 of bpf_map_lookup_elem: read of 4 bytes at 0x0: R2 holds a number and no "
	    "pointer",
	    MAP(R1, ARRAY), MOV(R2, 0), CALL_HELPER(map_lookup_elem), EXIT());
	BAD(s, XDP, 3,
	    "argument R2 of bpf_map_lookup_elem must be a pointer to memory, and is a map",
	    MAP(R1, ARRAY), MOVR(R2, R1), CALL_HELPER(map_lookup_elem), EXIT());
	BAD(s, XDP, 4,
	    "bpf_map_lookup_elem cannot be used with map 'events', which is of type ringbuf",
	    MAP(R1, RING), MOVR(R2, R10), ALU64(BPF_ADD, R2, -4), CALL_HELPER(map_lookup_elem),
	    EXIT());
	BAD(s, XDP, 4,
	    "argument R2 of bpf_map_pop_elem: write of 8 bytes at fp-4, the last 4 of them past "
	    "its end (stack is 512 bytes)",
	    MAP(R1, QUEUE), MOVR(R2, R10), ALU64(BPF_ADD, R2, -4), CALL_HELPER(map_pop_elem),
	    EXIT());
	BAD(s, XDP, 4,
	    "argument R2 of bpf_map_pop_elem: write of 8 bytes at value of map 'rodata'+0, which "
	    "programs may not write",
	    MAP(R1, QUEUE), WIDE(R2, BPF_PSEUDO_MAP_VALUE, RODATA, 0), CALL_HELPER(map_pop_elem),
	    EXIT());
	BAD(s, TC, 5, "argument R4 of bpf_skb_load_bytes, a number of bytes, must not be 0",
	    MOV(R2, 0), MOVR(R3, R10), ALU64(BPF_ADD, R3, -4), MOV(R4, 0), MOV(R5, 0),
	    CALL_HELPER(skb_load_bytes), EXIT());
	BAD(s, TC, 4,
	    "argument R3 of bpf_skb_load_bytes: write of 8 bytes at fp-4, the last 4 of them past "
	    "its end (stack is 512 bytes)",
	    MOV(R2, 0), MOVR(R3, R10), ALU64(BPF_ADD, R3, -4), MOV(R4, 8),
	    CALL_HELPER(skb_load_bytes), EXIT());
	BAD(s, TC, 5,
	    "argument R1 of bpf_skb_load_bytes must be the context, as the program was given it, "
	    "and is the context",
	    ALU64(BPF_ADD, R1, 8), MOV(R2, 0), MOVR(R3, R10), ALU64(BPF_ADD, R3, -8), MOV(R4, 8),
	    CALL_HELPER(skb_load_bytes), EXIT());
	BAD(s, XDP, 0, "there is no helper 9999", RAW(BPF_JMP | BPF_CALL, 0, 0, 0, 9999), EXIT());
}

static void what_a_helper_writes_is_no_pointer_any_more(void **state)
{
	struct stage *s = *state;

	BAD(s, TC, 7, "read of 1 byte at 0x706050403020100: R2 holds a number and no pointer",
	    STORE(BPF_DW, R10, R1, -8), MOV(R2, 0), MOVR(R3, R10), ALU64(BPF_ADD, R3, -8),
	    MOV(R4, 8), CALL_HELPER(skb_load_bytes), LOAD(BPF_DW, R2, R10, -8),
	    LOAD(BPF_B, R0, R2, 0), EXIT());
	/* What it only reads stays what it was. */
	GOOD(s, XDP, 62, STORE(BPF_DW, R10, R1, -8), MAP(R1, HASHLIKE), MOVR(R2, R10),
	     ALU64(BPF_ADD, R2, -8), CALL_HELPER(map_lookup_elem), LOAD(BPF_DW, R1, R10, -8),
	     LOAD_PACKET(R2), LOAD_END(R0), ALU64R(BPF_SUB, R0, R2), EXIT());
}

#define RESERVE(size) MAP(R1, RING), MOV(R2, size), MOV(R3, 0), CALL_HELPER(ringbuf_reserve)
#define GIVE(how) MOV(R2, 0), CALL_HELPER(how)

static void ring_buffer_records_live_until_they_are_given_up(void **state)
{
	struct stage *s = *state;

	GOOD(s, XDP, 0, RESERVE(24), JUMP(BPF_JEQ, R0, 0, 4), STORE_K(BPF_DW, R0, 16, 1),
	     MOVR(R1, R0), GIVE(ringbuf_submit), OK());
	BAD(s, XDP, 5,
	    "write of 8 bytes at ring buffer record+24, 0 bytes past its end (ring buffer record "
	    "is 24 bytes)",
	    RESERVE(24), STORE_K(BPF_DW, R0, 24, 1), OK());
	assert_int_equal(s->run.records.nr, 0);
	BAD(s, XDP, 9,
	    "write of 8 bytes at ring buffer record+0, which was submitted or discarded already",
	    RESERVE(24), MOVR(R6, R0), MOVR(R1, R0), GIVE(ringbuf_discard),
	    STORE_K(BPF_DW, R6, 0, 1), OK());
	BAD(s, XDP, 11,
	    "argument R1 of bpf_ringbuf_submit is a ring buffer record which was submitted or "
	    "discarded already",
	    RESERVE(24), MOVR(R6, R0), MOVR(R1, R0), GIVE(ringbuf_discard), MOVR(R1, R6),
	    GIVE(ringbuf_submit), OK());
	BAD(s, XDP, 6,
	    "the program ends with a ring buffer record of 24 bytes neither submitted nor "
	    "discarded",
	    RESERVE(24), MOV(R0, 0), EXIT());
	BAD(s, XDP, 8,
	    "argument R1 of bpf_ringbuf_submit must be the start of a ring buffer record, and is a "
	    "ring buffer record",
	    RESERVE(24), MOVR(R1, R0), ALU64(BPF_ADD, R1, 8), GIVE(ringbuf_submit), OK());
	BAD(s, XDP, 5,
	    "write of 8 bytes at NULL+0: R0 is NULL, there was no room in map 'events' at "
	    "instruction 4, and the program did not ask",
	    RESERVE(8192), STORE_K(BPF_DW, R0, 0, 1), OK());
	/* Nothing that was stopped blocks the ring. */
	GOOD(s, XDP, 0, RESERVE(24), JUMP(BPF_JEQ, R0, 0, 4), STORE_K(BPF_DW, R0, 16, 1),
	     MOVR(R1, R0), GIVE(ringbuf_submit), OK());
}

/* A dynptr at fp-16 over a record of so many bytes, and over 64 bytes of a map value. */
#define AT(reg, off) MOVR(reg, R10), ALU64(BPF_ADD, reg, off)
#define DYN_RECORD(size)                                                                           \
	MAP(R1, RING), MOV(R2, size), MOV(R3, 0), AT(R4, -16), CALL_HELPER(ringbuf_reserve_dynptr)
#define DYN_VALUE                                                                                  \
	MAP_VALUE(R1, ARRAY, 0), MOV(R2, 64), MOV(R3, 0), AT(R4, -16), CALL_HELPER(dynptr_from_mem)
#define DYN_DATA(size) AT(R1, -16), MOV(R2, 8), MOV(R3, size), CALL_HELPER(dynptr_data)
#define DYN_GIVE(how) AT(R1, -16), GIVE(how)

static void dynptrs_are_what_helpers_made_of_the_stack(void **state)
{
	struct stage *s = *state;

	GOOD(s, XDP, 0, DYN_RECORD(24), DYN_DATA(8), JUMP(BPF_JEQ, R0, 0, 1),
	     STORE_K(BPF_DW, R0, 0, 1), DYN_GIVE(ringbuf_submit_dynptr), OK());
	GOOD(s, XDP, 0, DYN_VALUE, DYN_DATA(56), STORE_K(BPF_DW, R0, 48, 1), OK());
	BAD(s, XDP, 3,
	    "argument R1 of bpf_ringbuf_submit_dynptr must be a dynptr, and is a stack pointer",
	    DYN_GIVE(ringbuf_submit_dynptr), OK());
	BAD(s, XDP, 10,
	    "argument R1 of bpf_ringbuf_submit_dynptr must be a dynptr of a ring buffer record, "
	    "and is a "
	    "stack pointer",
	    DYN_VALUE, DYN_GIVE(ringbuf_submit_dynptr), OK());
	BAD(s, XDP, 6,
	    "argument R1 of bpf_dynptr_from_mem must be a map value, and is a stack pointer",
	    AT(R1, -64), MOV(R2, 48), MOV(R3, 0), AT(R4, -16), CALL_HELPER(dynptr_from_mem), OK());
	/* Nobody else writes there, and nothing is copied from there. */
	BAD(s, XDP, 12, "argument R1 of bpf_dynptr_data must be a dynptr, and is a stack pointer",
	    DYN_VALUE, STORE_K(BPF_B, R10, -1, 0), DYN_DATA(8), OK());
	BAD(s, XDP, 7, "R10 points into a dynptr, which is for helpers", DYN_VALUE,
	    LOAD(BPF_DW, R0, R10, -16), OK());
	/* A store into one half ends both. */
	GOOD(s, XDP, 0, DYN_VALUE, STORE_K(BPF_DW, R10, -8, 0), LOAD(BPF_DW, R0, R10, -16), OK());
	GOOD(s, XDP, 0, DYN_VALUE, STORE_K(BPF_B, R10, -16, 0), LOAD(BPF_DW, R0, R10, -8), OK());
	BAD(s, XDP, 6,
	    "argument R4 of bpf_dynptr_from_mem must be a pointer to 16 aligned bytes of the "
	    "stack, for a "
	    "dynptr, and is a stack pointer",
	    MAP_VALUE(R1, ARRAY, 0), MOV(R2, 64), MOV(R3, 0), AT(R4, -12),
	    CALL_HELPER(dynptr_from_mem), OK());
}

static void dynptr_data_ends_with_its_record(void **state)
{
	struct stage *s = *state;

	BAD(s, XDP, 12,
	    "write of 8 bytes at dynptr data+8, 0 bytes past its end (dynptr data is 8 bytes)",
	    DYN_RECORD(24), DYN_DATA(8), STORE_K(BPF_DW, R0, 8, 1), OK());
	BAD(s, XDP, 17,
	    "write of 8 bytes at dynptr data+0, whose record was submitted or discarded already",
	    DYN_RECORD(24), DYN_DATA(8), MOVR(R6, R0), DYN_GIVE(ringbuf_discard_dynptr),
	    STORE_K(BPF_DW, R6, 0, 1), OK());
	BAD(s, XDP, 12,
	    "write of 8 bytes at NULL+0: R0 is NULL, the dynptr has no data there at instruction "
	    "11, "
	    "and the program did not ask",
	    DYN_RECORD(24), DYN_DATA(24), STORE_K(BPF_DW, R0, 0, 1), OK());
	BAD(s, XDP, 8,
	    "the program ends with a ring buffer record of 24 bytes neither submitted nor "
	    "discarded",
	    DYN_RECORD(24), OK());
	BAD(s, XDP, 15, "argument R1 of bpf_dynptr_data must be a dynptr, and is a stack pointer",
	    DYN_RECORD(24), DYN_GIVE(ringbuf_submit_dynptr), DYN_DATA(8), OK());
	/* A dynptr without data is one, and is given up like the others. */
	GOOD(s, XDP, 0, DYN_RECORD(8192), DYN_GIVE(ringbuf_submit_dynptr), OK());
}

/* A dynptr at fp-16 over the packet, and a slice of 8 bytes from its 20th on. */
#define DYN_SKB MOV(R2, 0), AT(R3, -16), CALL_KFUNC(bpf_dynptr_from_skb)
#define DYN_SLICE(how)                                                                             \
	AT(R1, -16), MOV(R2, 20), MOV(R3, 0), MOV(R4, 8), CALL_KFUNC(bpf_dynptr_##how)
#define DYN_WRITE                                                                                  \
	STORE_K(BPF_DW, R10, -24, 1), AT(R1, -16), MOV(R2, 0), AT(R3, -24), MOV(R4, 8),            \
		MOV(R5, 0), CALL_HELPER(dynptr_write)

static void slices_of_packets_are_as_long_as_asked_for_until_the_packet_moves(void **state)
{
	struct stage *s = *state;

	GOOD(s, TC, 21, DYN_SKB, DYN_SLICE(slice), LOAD(BPF_B, R0, R0, 1), EXIT());
	GOOD(s, TC, 0, DYN_SKB, DYN_SLICE(slice_rdwr), STORE_K(BPF_B, R0, 7, 1), OK());
	BAD(s, TC, 10,
	    "read of 1 byte at dynptr data+8, 0 bytes past its end (dynptr data is 8 bytes)",
	    DYN_SKB, DYN_SLICE(slice), LOAD(BPF_B, R0, R0, 8), EXIT());
	BAD(s, TC, 10, "write of 1 byte at dynptr data+0, which programs may not write", DYN_SKB,
	    DYN_SLICE(slice), STORE_K(BPF_B, R0, 0, 1), OK());
	BAD(s, TC, 20,
	    "read of 1 byte at dynptr data+0, which was taken before a helper that may move the "
	    "packet was called: take it anew",
	    DYN_SKB, DYN_SLICE(slice), MOVR(R6, R0), DYN_WRITE, LOAD(BPF_B, R0, R6, 0), EXIT());
	/* Eight bytes before the packet are the program's own. */
	GOOD(s, TC, 8, MOV(R2, 0), AT(R3, -16), CALL_KFUNC(bpf_dynptr_from_skb_meta), AT(R1, -16),
	     CALL_KFUNC(bpf_dynptr_size), EXIT());
}

static void a_slice_that_is_a_copy_is_the_buffer(void **state)
{
	struct stage *s = *state;
	struct packet_frag frag = { s->frame + 2048, 64, 64 };

	s->xdp.pkt.frags[0] = frag;
	s->xdp.pkt.nr_frags = 1;
	GOOD(s, XDP, 61, MOV(R2, 0), AT(R3, -16), CALL_KFUNC(bpf_dynptr_from_xdp), AT(R1, -16),
	     MOV(R2, 61), AT(R3, -24), MOV(R4, 8), CALL_KFUNC(bpf_dynptr_slice),
	     LOAD(BPF_B, R0, R0, 0), EXIT());
	s->xdp.pkt.nr_frags = 0;
}

static void contexts_without_a_packet_have_no_dynptr(void **state)
{
	struct stage *s = *state;

	BAD(s, XDP, 3, "kernel function bpf_dynptr_from_skb is not there for programs of this type",
	    DYN_SKB, OK());
	BAD(s, BPF_PROG_TYPE_TRACEPOINT, 3,
	    "argument R1 of bpf_dynptr_from_skb must be the context of a packet, and is the "
	    "context",
	    DYN_SKB, OK());
}

static void clones_end_with_their_record(void **state)
{
	struct stage *s = *state;

	BAD(s, XDP, 18, "argument R1 of bpf_dynptr_size must be a dynptr, and is a stack pointer",
	    DYN_RECORD(24), AT(R1, -16), AT(R2, -32), CALL_KFUNC(bpf_dynptr_clone),
	    DYN_GIVE(ringbuf_submit_dynptr), AT(R1, -32), CALL_KFUNC(bpf_dynptr_size), EXIT());
	GOOD(s, XDP, 24, DYN_RECORD(24), AT(R1, -16), AT(R2, -32), CALL_KFUNC(bpf_dynptr_clone),
	     AT(R1, -16), CALL_KFUNC(bpf_dynptr_size), MOVR(R6, R0), AT(R1, -32),
	     GIVE(ringbuf_submit_dynptr), MOVR(R0, R6), EXIT());
}

#define ITER_NEW AT(R1, -8), MOV(R2, 5), MOV(R3, 7), CALL_KFUNC(bpf_iter_num_new)
#define ITER(how) AT(R1, -8), CALL_KFUNC(bpf_iter_num_##how)

static void iterators_are_what_their_functions_made_of_the_stack(void **state)
{
	struct stage *s = *state;

	GOOD(s, XDP, 5, ITER_NEW, ITER(next), LOAD(BPF_W, R6, R0, 0), ITER(destroy), MOVR(R0, R6),
	     EXIT());
	BAD(s, XDP, 2,
	    "argument R1 of bpf_iter_num_next must be an iterator, and is a stack pointer",
	    ITER(next), OK());
	BAD(s, XDP, 8,
	    "argument R1 of bpf_iter_num_next must be an iterator, and is a stack pointer",
	    ITER_NEW, STORE_K(BPF_B, R10, -5, 0), ITER(next), OK());
	BAD(s, XDP, 10,
	    "argument R1 of bpf_iter_num_next must be an iterator, and is a stack pointer",
	    ITER_NEW, ITER(destroy), ITER(next), OK());
	BAD(s, XDP, 5, "R10 points into an iterator, which is for the functions on it", ITER_NEW,
	    LOAD(BPF_DW, R0, R10, -8), OK());
	BAD(s, XDP, 8, "write of 4 bytes at what the iterator gave+0, which programs may not write",
	    ITER_NEW, ITER(next), STORE_K(BPF_W, R0, 0, 1), OK());
	BAD(s, XDP, 4,
	    "argument R1 of bpf_iter_num_new must be a pointer to aligned room on the stack, for "
	    "an iterator, and is a stack pointer",
	    AT(R1, -4), MOV(R2, 5), MOV(R3, 7), CALL_KFUNC(bpf_iter_num_new), OK());
}

static void functions_reach_their_callers_stack_and_no_dead_one(void **state)
{
	struct stage *s = *state;

	GOOD(s, XDP, 8, MOVR(R1, R10), ALU64(BPF_ADD, R1, -8), CALL_SUB(2),
	     LOAD(BPF_DW, R0, R10, -8), EXIT(), STORE_K(BPF_DW, R1, 0, 8), MOV(R0, 0), EXIT());
	BAD(s, XDP, 5,
	    "write of 8 bytes at fp-4 of frame 0, the last 4 of them past its end (stack is 512 "
	    "bytes)",
	    MOVR(R1, R10), ALU64(BPF_ADD, R1, -4), CALL_SUB(2), MOV(R0, 0), EXIT(),
	    STORE_K(BPF_DW, R1, 0, 8), MOV(R0, 0), EXIT());
	BAD(s, XDP, 1,
	    "read of 8 bytes at fp-8 of frame 1, in the frame of a function that has returned",
	    CALL_SUB(2), LOAD(BPF_DW, R0, R0, -8), EXIT(), MOVR(R0, R10), EXIT());
	/* Also when another function has the frame now. */
	BAD(s, XDP, 6, "read of 8 bytes at fp-8, in the frame of a function that has returned",
	    CALL_SUB(3), MOVR(R1, R0), CALL_SUB(3), EXIT(), MOVR(R0, R10), EXIT(),
	    LOAD(BPF_DW, R0, R1, -8), EXIT());
	BAD(s, XDP, 2, "the call stack of 8 frames is full", CALL_SUB(1), EXIT(), CALL_SUB(-1),
	    EXIT());
}

static void callbacks_get_what_the_helper_promises(void **state)
{
	struct stage *s = *state;

	/* bpf_loop: the index, and a pointer to the caller's stack. */
	GOOD(s, XDP, 45, STORE_K(BPF_DW, R10, -8, 0), MOV(R1, 10), FUNC(R2, 8), MOVR(R3, R10),
	     ALU64(BPF_ADD, R3, -8), MOV(R4, 0), CALL_HELPER(loop), LOAD(BPF_DW, R0, R10, -8),
	     EXIT(), MOV(R5, 0), LOAD(BPF_DW, R0, R2, 0), ALU64R(BPF_ADD, R0, R1),
	     STORE(BPF_DW, R2, R0, 0), MOV(R0, 0), EXIT());
	BAD(s, XDP, 9, "write of 8 bytes at 0x0: R1 holds a number and no pointer", MOV(R1, 10),
	    FUNC(R2, 7), MOVR(R3, R10), ALU64(BPF_ADD, R3, -8), MOV(R4, 0), CALL_HELPER(loop),
	    MOV(R0, 0), EXIT(), STORE_K(BPF_DW, R1, 0, 1), MOV(R0, 0), EXIT());
	BAD(s, XDP, 4, "argument R2 of bpf_loop must be a function of the program, and is a number",
	    MOV(R1, 10), MOV(R2, 0), MOV(R3, 0), MOV(R4, 0), CALL_HELPER(loop), EXIT());
	/* bpf_for_each_map_elem: the key may be read, the value written. */
	GOOD(s, XDP, 1, MAP(R1, ARRAY), FUNC(R2, 6), MOV(R3, 0), MOV(R4, 0),
	     CALL_HELPER(for_each_map_elem), EXIT(), MOV(R5, 0), LOAD(BPF_W, R5, R2, 0),
	     STORE_K(BPF_DW, R3, 56, 1), MOV(R0, 0), EXIT());
	BAD(s, XDP, 8, "write of 4 bytes at key of map 'flows'+0, which programs may not write",
	    MAP(R1, ARRAY), FUNC(R2, 5), MOV(R3, 0), MOV(R4, 0), CALL_HELPER(for_each_map_elem),
	    EXIT(), STORE_K(BPF_W, R2, 0, 1), MOV(R0, 0), EXIT());
}

static void endless_loops_are_stopped(void **state)
{
	struct stage *s = *state;

	s->run.insn_budget = 1000;
	BAD(s, XDP, 0,
	    "the run was stopped after 1000 instructions: the program loops for ever, or needs a "
	    "larger budget",
	    GOTO(-1), EXIT());
	s->run.insn_budget = 10000;
	BAD(s, XDP, 9,
	    "the run was stopped after 10000 instructions: the program loops for ever, or needs a "
	    "larger budget",
	    MOV(R1, 8 << 20), FUNC(R2, 6), MOV(R3, 0), MOV(R4, 0), CALL_HELPER(loop), MOV(R0, 0),
	    EXIT(), MOV(R0, 0), EXIT());
	s->run.insn_budget = 0;
}

static void a_program_cannot_leave_itself(void **state)
{
	struct stage *s = *state;

	BAD(s, XDP, 0, "the next instruction would be number 101, and the program has 2", GOTO(100),
	    EXIT());
	BAD(s, XDP, 0, "the next instruction would be number -4, and the program has 2", GOTO(-5),
	    EXIT());
	BAD(s, XDP, 0, "the next instruction would be number 1, and the program has 1", MOV(R0, 0));
	BAD(s, XDP, 2, "this is no instruction", GOTO(1), IMM64(R0, 1), EXIT());
}

static void atomics_need_plain_aligned_memory(void **state)
{
	struct stage *s = *state;

	BAD(s, XDP, 2, "R2 holds a packet pointer, where atomic operations are not possible",
	    LOAD_PACKET(R2), MOV(R3, 1), ATOMIC(BPF_W, BPF_ADD, R2, R3, 0), OK());
	BAD(s, XDP, 1, "atomic operation on 8 bytes at an address that is not a multiple of it",
	    MOV(R3, 1), ATOMIC(BPF_DW, BPF_ADD, R10, R3, -12), OK());
	BAD(s, XDP, 1,
	    "read and write of 8 bytes at fp+0, 0 bytes past its end (stack is 512 bytes)",
	    MOV(R3, 1), ATOMIC(BPF_DW, BPF_ADD, R10, R3, 0), OK());
}

static _Atomic(const struct prog *) progs_by_id[8];

static void a_tail_call_starts_with_the_context_alone(void **state)
{
	static struct test_prog target;
	struct stage *s = *state;
	const u32 slot = 1;
	u32 old;

	services.progs = progs_by_id;
	services.nr_progs = ARRAY_SIZE(progs_by_id);
	progs_by_id[7] = &target.prog;
	assert_int_equal(skep__fd_array_exchange(s->maps[PROGS], &slot, 7, &old), 0);
	TEST_PROG(&target, XDP, s->maps, ARRAY_SIZE(s->maps), LOAD_PACKET(R2),
		  LOAD(BPF_B, R0, R2, 5), EXIT());
	GOOD(s, XDP, 5, MOV(R6, 1), MAP(R2, PROGS), MOV(R3, 1), CALL_HELPER(tail_call), MOV(R0, 99),
	     EXIT());
	GOOD(s, XDP, 99, MOV(R6, 1), MAP(R2, PROGS), MOV(R3, 0), CALL_HELPER(tail_call),
	     MOV(R0, 99), EXIT());
	TEST_PROG(&target, XDP, s->maps, ARRAY_SIZE(s->maps), MOVR(R0, R6), EXIT());
	BAD(s, XDP, 0, "R6 is read here and holds no value: nothing was written to it", MOV(R6, 1),
	    MAP(R2, PROGS), MOV(R3, 1), CALL_HELPER(tail_call), MOV(R0, 99), EXIT());
	assert_ptr_equal(s->fault.prog, &target.prog);
	BAD(s, XDP, 10, "tail call while a ring buffer record is neither submitted nor discarded",
	    MOVR(R6, R1), RESERVE(8), MOVR(R1, R6), MAP(R2, PROGS), MOV(R3, 1),
	    CALL_HELPER(tail_call), MOV(R0, 99), EXIT());
}

static void texts_end_inside_a_read_only_value(void **state)
{
	struct stage *s = *state;
	const u32 key = 0;
	char *text = s->maps[RODATA]->ops->lookup(s->maps[RODATA], &key, 0);

	strcpy(text, "abc");
	GOOD(s, XDP, 0, STORE_K(BPF_W, R10, -4, 0x00636261), MOVR(R1, R10), ALU64(BPF_ADD, R1, -4),
	     MOV(R2, 4), MAP_VALUE(R3, RODATA, 0), CALL_HELPER(strncmp), EXIT());
	memset(text, 'x', 16);
	BAD(s, XDP, 6,
	    "argument R3 of bpf_strncmp is a text without an end: no NUL byte in the value",
	    STORE_K(BPF_W, R10, -4, 0x00636261), MOVR(R1, R10), ALU64(BPF_ADD, R1, -4), MOV(R2, 4),
	    MAP_VALUE(R3, RODATA, 0), CALL_HELPER(strncmp), EXIT());
	BAD(s, XDP, 6,
	    "argument R3 of bpf_strncmp must be a text in a map that programs cannot write, and is "
	    "a map value",
	    STORE_K(BPF_W, R10, -4, 0x00636261), MOVR(R1, R10), ALU64(BPF_ADD, R1, -4), MOV(R2, 4),
	    MAP_VALUE(R3, ARRAY, 0), CALL_HELPER(strncmp), EXIT());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_stage, clear_stage)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_packet_is_read_up_to_its_end_and_no_further),
		TEST(pointers_are_compared_and_subtracted),
		TEST(packet_pointers_end_when_the_packet_may_move),
		TEST(a_context_is_its_fields),
		TEST(the_stack_is_512_bytes),
		TEST(pointers_survive_in_whole_stack_slots),
		TEST(registers_have_no_value_before_they_are_given_one),
		TEST(map_values_are_as_long_as_the_map_says),
		TEST(arguments_of_helpers_are_checked_before_the_call),
		TEST(what_a_helper_writes_is_no_pointer_any_more),
		TEST(ring_buffer_records_live_until_they_are_given_up),
		TEST(dynptrs_are_what_helpers_made_of_the_stack),
		TEST(dynptr_data_ends_with_its_record),
		TEST(slices_of_packets_are_as_long_as_asked_for_until_the_packet_moves),
		TEST(a_slice_that_is_a_copy_is_the_buffer),
		TEST(contexts_without_a_packet_have_no_dynptr),
		TEST(clones_end_with_their_record),
		TEST(iterators_are_what_their_functions_made_of_the_stack),
		TEST(functions_reach_their_callers_stack_and_no_dead_one),
		TEST(callbacks_get_what_the_helper_promises),
		TEST(endless_loops_are_stopped),
		TEST(a_program_cannot_leave_itself),
		TEST(atomics_need_plain_aligned_memory),
		TEST(a_tail_call_starts_with_the_context_alone),
		TEST(texts_end_inside_a_read_only_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
