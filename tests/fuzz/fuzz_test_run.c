/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Test runs from hostile callers, and packet helpers with hostile arguments: the input is an attr,
 * a list of helper calls to make a program of, and the caller's memory. Whatever happens, the
 * packet's pointers keep their order and what is written back stays within what was asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "hook/test_run/bench.h"
#include "verify/prepare.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MEM_AT 0x10000 /* the caller's memory begins here */
#define MEM_SIZE (96 << 10)
#define CALLS_MAX 12
#define INSNS_MAX (8 + CALLS_MAX * 8)

/* The first bytes of the input. Small numbers are likelier to mean something than 32-bit ones. */
struct header {
	u8 type, attach_type, calls, repeat;
	u16 data_at, data_size_in, data_size_out, ctx_at, ctx_size_in, ctx_size_out;
	u8 gives; /* bits: data_in, data_out, ctx_in, ctx_out */
	u8 flags, cpu, batch_size;
};

/* One call: which helper, and two numbers to call it with. */
struct call {
	u8 helper, flags;
	u16 size;
	s32 number;
};

/* How the helper takes its arguments. */
enum shape { NUMBER, TWO_NUMBERS, OFFSET_BUFFER, NUMBER_MODE };

static const struct {
	u32 helper;
	enum shape shape;
} xdp_helpers[] = {
	{ BPF_FUNC_xdp_adjust_head, NUMBER },	      { BPF_FUNC_xdp_adjust_meta, NUMBER },
	{ BPF_FUNC_xdp_adjust_tail, NUMBER },	      { BPF_FUNC_xdp_load_bytes, OFFSET_BUFFER },
	{ BPF_FUNC_xdp_store_bytes, OFFSET_BUFFER },  { BPF_FUNC_xdp_get_buff_len, NUMBER },
}, skb_helpers[] = {
	{ BPF_FUNC_skb_change_head, TWO_NUMBERS },    { BPF_FUNC_skb_change_tail, TWO_NUMBERS },
	{ BPF_FUNC_skb_change_proto, TWO_NUMBERS },   { BPF_FUNC_skb_adjust_room, NUMBER_MODE },
	{ BPF_FUNC_skb_vlan_push, TWO_NUMBERS },      { BPF_FUNC_skb_vlan_pop, NUMBER },
	{ BPF_FUNC_skb_pull_data, NUMBER },	      { BPF_FUNC_skb_load_bytes, OFFSET_BUFFER },
	{ BPF_FUNC_skb_store_bytes, OFFSET_BUFFER },  { BPF_FUNC_get_hash_recalc, NUMBER },
	{ BPF_FUNC_skb_ecn_set_ce, NUMBER },	      { BPF_FUNC_skb_load_bytes_relative, OFFSET_BUFFER },
};

static const u32 types[] = {
	BPF_PROG_TYPE_XDP,       BPF_PROG_TYPE_SCHED_CLS,      BPF_PROG_TYPE_SOCKET_FILTER,
	BPF_PROG_TYPE_LWT_XMIT,  BPF_PROG_TYPE_FLOW_DISSECTOR, BPF_PROG_TYPE_SK_LOOKUP,
	BPF_PROG_TYPE_SYSCALL,   BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_PROG_TYPE_CGROUP_SKB,
	BPF_PROG_TYPE_NETFILTER,
};

static u8 memory[MEM_SIZE];
static size_t written_to; /* end of what was written back, from MEM_AT */

static int caller_read(void *opaque, void *to, u64 addr, size_t len)
{
	if (addr < MEM_AT || addr - MEM_AT > MEM_SIZE || len > MEM_SIZE - (addr - MEM_AT))
		return -EFAULT;
	memcpy(to, memory + addr - MEM_AT, len);
	return 0;
}

static int caller_write(void *opaque, u64 addr, const void *from, size_t len)
{
	if (addr < MEM_AT || addr - MEM_AT > MEM_SIZE || len > MEM_SIZE - (addr - MEM_AT))
		return -EFAULT;
	memcpy(memory + addr - MEM_AT, from, len);
	written_to = max(written_to, addr - MEM_AT + len);
	return 0;
}

static struct bpf_insn move(u8 dst, s32 value)
{
	return (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K,
				  .dst_reg = dst,
				  .imm = value };
}

static struct bpf_insn copy(u8 dst, u8 src)
{
	return (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_X,
				  .dst_reg = dst,
				  .src_reg = src };
}

/* One helper call with its arguments; the buffer is at the bottom of the stack. */
static u32 put_call(struct bpf_insn *out, const struct call *call, u32 helper, enum shape shape)
{
	u32 n = 0;

	out[n++] = copy(1, 6);
	out[n++] = move(2, call->number);
	switch (shape) {
	case NUMBER:
		break;
	case TWO_NUMBERS:
		out[n++] = move(3, call->flags & 1 ? call->size : 0);
		break;
	case NUMBER_MODE:
		out[n++] = move(3, call->size & 1);
		out[n++] = move(4, call->flags & 0x1f);
		break;
	case OFFSET_BUFFER:
		out[n++] = copy(3, 10);
		out[n++] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_ADD | BPF_K,
					      .dst_reg = 3,
					      .imm = -512 };
		out[n++] = move(4, 1 + call->size % 512);
		out[n++] = move(5, call->flags & 3);
		break;
	}
	out[n++] = (struct bpf_insn){ .code = BPF_JMP | BPF_CALL, .imm = helper };
	return n;
}

static u32 build(struct bpf_insn *out, u32 type, const struct call *calls, u32 nr)
{
	bool xdp = type == BPF_PROG_TYPE_XDP, tc = type == BPF_PROG_TYPE_SCHED_CLS;
	u32 n = 0;

	out[n++] = copy(6, 1);
	for (u32 i = 0; i < nr && (xdp || tc); i++) {
		u32 pick =
			calls[i].helper % (xdp ? ARRAY_SIZE(xdp_helpers) : ARRAY_SIZE(skb_helpers));

		if (xdp)
			n += put_call(out + n, &calls[i], xdp_helpers[pick].helper,
				      xdp_helpers[pick].shape);
		else
			n += put_call(out + n, &calls[i], skb_helpers[pick].helper,
				      skb_helpers[pick].shape);
	}
	out[n++] = move(0, 1);
	out[n++] = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
	return n;
}

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_packet(const struct packet *pkt)
{
	if (!pkt->frame)
		return;
	check(pkt->frame <= pkt->meta && pkt->meta <= pkt->data);
	check(pkt->data <= pkt->data_end && pkt->data_end <= pkt->frame_end);
	check(pkt->nr_frags <= PACKET_MAX_FRAGS);
	for (u32 i = 0; i < pkt->nr_frags; i++)
		check(pkt->frags[i].len <= pkt->frags[i].room);
}

static void check_bench(const struct test_bench *bench, u32 type)
{
	if (type == BPF_PROG_TYPE_XDP) {
		check_packet(&bench->xdp.pkt);
		check(bench->xdp.md.data == (u32)(uintptr_t)bench->xdp.pkt.data);
	} else {
		check_packet(&bench->skb.pkt);
	}
}

static struct test_run attr_of(const struct header *h)
{
	return (struct test_run){
		.data_in = h->gives & 1 ? MEM_AT + h->data_at : 0,
		.data_out = h->gives & 2 ? MEM_AT + h->data_at : 0,
		.ctx_in = h->gives & 4 ? MEM_AT + h->ctx_at : 0,
		.ctx_out = h->gives & 8 ? MEM_AT + h->ctx_at : 0,
		.data_size_in = h->data_size_in,
		.data_size_out = h->data_size_out,
		.ctx_size_in = h->ctx_size_in,
		.ctx_size_out = h->ctx_size_out,
		.repeat = h->repeat & 7,
		.flags = h->flags,
		.cpu = h->cpu,
		.batch_size = h->batch_size,
	};
}

static void run(const struct header *h, struct prog *prog)
{
	static struct cpu_slot slots[2];
	static const struct cpus cpus = { slots, ARRAY_SIZE(slots) };
	static struct test_benches benches; /* kept: what runs leave behind is part of the test */
	struct test_run tr = attr_of(h);
	struct exec_fault fault;

	tr.user = (struct test_user){ NULL, caller_read, caller_write };
	tr.svc = &skep__default_services;
	tr.cpus = &cpus;
	tr.benches = &benches;
	tr.mode = MODE_INTERP;
	written_to = 0;
	if (skep__test_run(prog, &tr, &fault) == 0 && benches.spare[0])
		check_bench(benches.spare[0], prog->type);
	check(written_to == 0 || h->gives & 14);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bpf_insn insns[INSNS_MAX];
	struct call calls[CALLS_MAX];
	struct header h;
	struct prog prog = { 0 };
	struct strbuf log;
	u32 nr;

	if (size < sizeof(h) + sizeof(calls))
		return 0;
	memcpy(&h, data, sizeof(h));
	memcpy(calls, data + sizeof(h), sizeof(calls));
	data += sizeof(h) + sizeof(calls);
	size -= sizeof(h) + sizeof(calls);
	memset(memory, 0, sizeof(memory));
	memcpy(memory, data, min(size, sizeof(memory)));

	prog.type = types[h.type % ARRAY_SIZE(types)];
	nr = build(insns, prog.type, calls, h.calls % (CALLS_MAX + 1));
	struct prepare_input in = { .insns = insns, .len = nr, .prog_type = prog.type };

	skep__strbuf_init(&log);
	check(skep__prepare(&in, &prog, &log) == 0);
	prog.type = types[h.type % ARRAY_SIZE(types)];
	prog.expected_attach_type = h.attach_type % 64;
	run(&h, &prog);
	skep__prepare_free(&prog);
	skep__strbuf_fini(&log);
	return 0;
}
