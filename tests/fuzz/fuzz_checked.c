/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any program, on any context, in checked mode: it ends, touches nothing that is not its own, and
 * leaves no ring buffer record behind. The sanitizers and pages without access around the packet
 * are the witnesses.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "any_prog.h"
#include "ctx/ctx.h"
#include "ctx/lowmem.h"
#include "ctx/netfilter.h"
#include "exec/exec.h"
#include "map/fd_array.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PAGE 4096u
#define CTX_BYTES 65536 /* the largest context, a syscall program's */

/* clang-format off */
static const struct map_def map_defs[] = {
	{ BPF_MAP_TYPE_ARRAY, 4, 64, 1 },
	{ BPF_MAP_TYPE_ARRAY, 4, 64, 1, BPF_F_RDONLY_PROG },
	{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 12, 3 },
	{ BPF_MAP_TYPE_HASH, 8, 20, 4 },
	{ BPF_MAP_TYPE_LRU_HASH, 3, 5, 4 },
	{ BPF_MAP_TYPE_PERCPU_HASH, 8, 20, 4 },
	{ BPF_MAP_TYPE_LPM_TRIE, 8, 4, 4, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 2 },
	{ BPF_MAP_TYPE_QUEUE, 0, 7, 3 },
	{ BPF_MAP_TYPE_STACK, 0, 8, 3 },
	{ BPF_MAP_TYPE_BLOOM_FILTER, 0, 6, 8 },
	{ BPF_MAP_TYPE_RINGBUF, 0, 0, PAGE },
	{ BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 2 },
	{ BPF_MAP_TYPE_STACK_TRACE, 4, 64, 2 },
	{ BPF_MAP_TYPE_USER_RINGBUF, 0, 0, PAGE },
	{ BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 2 },
};
static const u32 prog_types[] = {
	BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_SYSCALL,
	BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_PROG_TYPE_CGROUP_SKB, BPF_PROG_TYPE_LWT_XMIT, BPF_PROG_TYPE_KPROBE,
	BPF_PROG_TYPE_FLOW_DISSECTOR, BPF_PROG_TYPE_SK_LOOKUP, BPF_PROG_TYPE_NETFILTER,
};
/* clang-format on */
enum { RODATA = 1, PROGS = 7, MAPS = 15, NR_MAPS = ARRAY_SIZE(map_defs) };

struct stage {
	struct services svc;
	struct map *maps[NR_MAPS];
	_Atomic(struct map *) inner[2]; /* [1] is maps[0] */
	_Atomic(const struct prog *) progs[2]; /* [1] is itself */
	u8 *frame; /* one page between two that cannot be touched */
	struct xdp_ctx *xdp;
	struct skb_ctx *skb;
	struct bpf_flow_keys *keys;
	struct nf_hook hook;
	struct bpf_nf_ctx *nf;
	u8 *plain;
};

/* The process that would get it is the fuzzer. */
static int no_signal(const struct services *svc, u32 sig, bool process)
{
	return sig > 64 ? -EINVAL : 0;
}

static void put_id(struct map *map, u32 index)
{
	u32 old;

	skep__fd_array_exchange(map, &index, 1, &old);
}

static void make_maps(struct stage *s)
{
	int err = 0;

	for (u32 i = 0; i < NR_MAPS; i++) {
		struct map_def def = map_defs[i];

		def.nr_cpus = 2;
		s->maps[i] = skep__map_new(&def, i == MAPS ? &s->maps[0]->def : NULL, i + 1, "fuzz",
					   &s->svc, &err);
		if (!s->maps[i])
			abort();
	}
	s->inner[1] = s->maps[0];
	put_id(s->maps[PROGS], 0);
	put_id(s->maps[MAPS], 1);
	memcpy(s->maps[RODATA]->ops->lookup(s->maps[RODATA], &(u32){ 0 }, 0),
	       "%d %s %llx %pI4 %c %%\0%8.3s%u%-5d|", 35);
}

static u8 *guarded_page(void)
{
	u8 *mem = skep__lowmem_map(3 * PAGE);

	if (!mem || mprotect(mem, PAGE, PROT_NONE) || mprotect(mem + 2 * PAGE, PAGE, PROT_NONE))
		abort();
	return mem + PAGE;
}

static struct stage *new_stage(void)
{
	static struct stage s;

	s.svc = skep__default_services;
	s.svc.opaque = &s;
	s.svc.progs = s.progs;
	s.svc.nr_progs = ARRAY_SIZE(s.progs);
	s.svc.maps = s.inner;
	s.svc.nr_maps = ARRAY_SIZE(s.inner);
	s.svc.send_signal = no_signal;
	s.frame = guarded_page();
	s.xdp = malloc(sizeof(*s.xdp));
	s.skb = malloc(sizeof(*s.skb));
	s.keys = malloc(sizeof(*s.keys));
	s.nf = malloc(sizeof(*s.nf));
	s.plain = malloc(CTX_BYTES);
	return &s;
}

/* A packet of `len` bytes; with or without room around it. */
static void set_contexts(struct stage *s, u32 len, bool room)
{
	u8 *data = s->frame + (room ? 256 : PAGE - len);

	for (u32 i = 0; i < PAGE; i++)
		s->frame[i] = i * 7;
	memset(s->plain, 0, CTX_BYTES);
	*s->keys = (struct bpf_flow_keys){ 0 };
	*s->xdp = (struct xdp_ctx){
		.pkt = { .frame = s->frame,
			 .frame_end = s->frame + PAGE,
			 .meta = data,
			 .data = data,
			 .data_end = data + len },
	};
	*s->skb = (struct skb_ctx){ .pkt = s->xdp->pkt,
				    .mac_header = data,
				    .network_header = data + min(len, 14u),
				    .protocol = 0x0008,
				    .is_l2 = true };
	s->skb->md.flow_keys = s->keys;
	skep__xdp_sync(s->xdp);
	skep__skb_sync(s->skb);
	*s->nf = (struct bpf_nf_ctx){ &s->hook, s->skb };
}

static void *context_of(struct stage *s, u32 type)
{
	if (type == BPF_PROG_TYPE_XDP)
		return s->xdp;
	if (type == BPF_PROG_TYPE_NETFILTER)
		return s->nf;
	if (skep__prog_type(type)->fields == skep__prog_type(BPF_PROG_TYPE_SCHED_CLS)->fields)
		return s->skb;
	return s->plain;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct stage *s;
	static struct any_prog p;
	struct bytes bytes = { data, data + size };
	struct exec_fault fault;
	struct strbuf text;

	if (!s)
		s = new_stage();
	p.prog.type = prog_types[take(&bytes, 1) % ARRAY_SIZE(prog_types)];
	u8 shape = take(&bytes, 1);

	make_maps(s);
	set_contexts(s, 14 + shape / 2, shape & 1);
	p.prog.maps = s->maps;
	p.prog.nr_maps = NR_MAPS;
	p.rodata = RODATA;
	any_prog_make(&p, bytes);
	s->progs[1] = &p.prog;
	struct run run = { .svc = &s->svc, .insn_budget = 20000 };

	skep__exec(&run, &p.prog, context_of(s, p.prog.type), MODE_CHECKED, &fault);
	if (run.records.nr || run.aborted != fault.set)
		abort();
	skep__strbuf_init(&text);
	skep__exec_explain(&fault, &text);
	skep__strbuf_fini(&text);
	for (u32 i = 0; i < NR_MAPS; i++)
		skep__map_free(s->maps[i]);
	return 0;
}
