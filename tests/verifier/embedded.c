/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the verifier says of registers beside what they hold: random programs are verified while
 * every state that is explored is written down, and those that are accepted run in checked mode,
 * where before each instruction the values of all live registers must fit one of the states written
 * down for it. No accepted program may be stopped, but for an atomic operation at an odd place in a
 * slice of a dynptr (docs/differences.md).
 *
 * usage: embedded [COUNT [SEED]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctx/packet.h"
#include "exec/frames.h"
#include "exec/region.h"
#include "generated.h"
#include "hook/test_run.h"
#include "map/ring.h"
#include "verify/env.h"

#define MAX_SEEN 40000 /* states of one program; with more it is passed over */
#define MEMORY_LIMIT (16 << 20) /* the same: loops that do not converge take a million states */
#define BUCKETS 1024
#define PACKET_SIZE 96
#define RUNS 4

/* A state that was explored, as far as its innermost frame goes. */
struct seen {
	struct seen *next; /* at the instruction */
	struct seen *chain; /* in the bucket */
	u64 hash; /* of all that follows */
	u32 insn, depth;
	struct reg regs[MAX_BPF_REG];
};

struct subject {
	struct generated program;
	struct seen *at[GEN_MAX_INSNS]; /* by instruction */
	u16 live[GEN_MAX_INSNS];
	u32 nr_seen;
	struct seen *pool;
	struct seen *buckets[BUCKETS];
	u64 seed, misfits;
	u8 packet[PACKET_SIZE];
};

struct tally {
	u64 programs, accepted, passed_over, runs, stopped, misaligned, values, misfits;
};

static u64 hash_of(const struct reg regs[MAX_BPF_REG], u32 insn, u32 depth)
{
	u64 hash = (u64)depth << 32 | insn, word;

	static_assert(!(sizeof(struct reg) % sizeof(word)), "words");
	for (size_t at = 0; at < MAX_BPF_REG * sizeof(struct reg); at += sizeof(word)) {
		memcpy(&word, (const u8 *)regs + at, sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
		hash ^= hash >> 32;
	}
	return hash;
}

static void note_state(void *opaque, const struct verify_env *env)
{
	struct subject *s = opaque;
	const struct frame *f = env->cur->frames[env->cur->cur];
	u64 hash = hash_of(f->regs, env->insn, env->cur->cur);
	struct seen *seen, **bucket = &s->buckets[hash % BUCKETS];

	if (s->nr_seen == MAX_SEEN)
		return;
	for (seen = *bucket; seen; seen = seen->chain) {
		if (seen->hash == hash && seen->insn == env->insn && seen->depth == env->cur->cur &&
		    !memcmp(seen->regs, f->regs, sizeof(seen->regs)))
			return;
	}
	seen = &s->pool[s->nr_seen++];
	seen->hash = hash;
	seen->insn = env->insn;
	seen->depth = env->cur->cur;
	seen->chain = *bucket;
	*bucket = seen;
	memcpy(seen->regs, f->regs, sizeof(seen->regs));
	seen->next = s->at[env->insn];
	s->at[env->insn] = seen;
	s->live[env->insn] = env->info[env->insn].live_regs;
}

/* Where a pointer of the class is counted from; false: from nowhere that is known here. */
static bool base_of(const struct reg *r, const struct value *v, const struct run *run, u64 *base)
{
	const struct packet *pkt = skep__packet_of(run);

	switch (r->cls) {
	case REG_CTX:
		*base = (u64)(uintptr_t)run->ctx;
		return true;
	case REG_STACK:
		*base = (u64)(uintptr_t)run->frames->stack[r->stack.frame] + MAX_STACK;
		return true;
	case REG_PACKET:
		*base = (u64)(uintptr_t)pkt->data;
		return true;
	case REG_PACKET_META:
		*base = (u64)(uintptr_t)pkt->meta;
		return true;
	case REG_PACKET_END:
		*base = (u64)(uintptr_t)pkt->data_end;
		return true;
	case REG_MAP_VALUE:
	case REG_MAP_KEY:
	case REG_MEM:
		*base = v->prov.start;
		return prov_is_pointer(&v->prov);
	default:
		return false;
	}
}

static bool fits(const struct reg *r, const struct value *v, const struct run *run)
{
	u64 base;

	switch (r->cls) {
	case REG_NOT_INIT: /* calls read fewer arguments than pass for live */
		return true;
	case REG_SCALAR:
		return skep__num_contains(&r->n, v->bits);
	default:
		break;
	}
	if (r->flags & REG_MAYBE_NULL && !v->bits)
		return true;
	if (!base_of(r, v, run, &base))
		return prov_is_pointer(&v->prov);
	if (r->cls == REG_PACKET && r->pkt.range > 0 &&
	    v->bits - (u64)(s64)r->off + (u64)r->pkt.range >
		    (u64)(uintptr_t)skep__packet_of(run)->data_end)
		return false;
	return skep__num_contains(&r->n, v->bits - base - (u64)(s64)r->off);
}

static bool state_fits(const struct subject *s, const struct seen *seen, const struct run *run,
		       u32 insn, const struct value *regs)
{
	if (seen->depth != run->frames->depth)
		return false;
	for (u32 i = 0; i < MAX_BPF_REG; i++) {
		if (s->live[insn] & 1u << i && !fits(&seen->regs[i], &regs[i], run))
			return false;
	}
	return true;
}

static void report_misfit(const struct subject *s, const struct run *run, u32 insn,
			  const struct value *regs)
{
	printf("seed %llu, instruction %u: the registers fit no state explored there\n",
	       (unsigned long long)s->seed, insn);
	for (u32 i = 0; i < MAX_BPF_REG; i++) {
		if (s->live[insn] & 1u << i)
			printf("  R%u holds %#llx\n", i, (unsigned long long)regs[i].bits);
	}
	for (const struct seen *seen = s->at[insn]; seen; seen = seen->next) {
		printf("  state:");
		for (u32 i = 0; i < MAX_BPF_REG; i++) {
			struct strbuf sb;

			if (!(s->live[insn] & 1u << i))
				continue;
			skep__strbuf_init(&sb);
			skep__reg_print(&seen->regs[i], &sb);
			printf(" R%u=%s%s", i, sb.text,
			       fits(&seen->regs[i], &regs[i], run) ? "" : " (!)");
			skep__strbuf_fini(&sb);
		}
		printf("\n");
	}
}

static struct tally tally;

static void check_values(void *opaque, const struct run *run, u32 insn, const struct value *regs)
{
	struct subject *s = opaque;

	tally.values++;
	for (const struct seen *seen = s->at[insn]; seen; seen = seen->next) {
		if (state_fits(s, seen, run, insn, regs))
			return;
	}
	if (!s->misfits++ && tally.misfits++ < 3)
		report_misfit(s, run, insn, regs);
}

static int read_memory(void *opaque, void *to, u64 addr, size_t len)
{
	memcpy(to, (const void *)(uintptr_t)addr, len);
	return 0;
}

static int write_memory(void *opaque, u64 addr, const void *from, size_t len)
{
	return 0;
}

static int verify(struct subject *s)
{
	const struct verify_watch watch = { s, note_state };
	const struct generated_way way = { .caps = VERIFY_CAPS_ALL,
					   .watch = &watch,
					   .memory_limit = MEMORY_LIMIT };
	struct verify_stats stats;

	memset(s->at, 0, s->program.gen.len * sizeof(*s->at));
	memset(s->buckets, 0, sizeof(s->buckets));
	s->nr_seen = 0;
	return generated_verify(&s->program, &way, NULL, &stats);
}

/* Somebody has read all records: there is room for more. */
static void drain(const struct map *ring)
{
	atomic_store(ring_consumer(ring), atomic_load(ring_producer(ring)));
}

static void run(struct subject *s)
{
	static struct cpu_slot slot;
	static const struct cpus cpus = { &slot, 1 };
	const struct run_watch watch = { s, check_values };
	struct test_benches benches = { 0 };

	for (u32 i = 0; i < RUNS; i++) {
		struct exec_fault fault = { 0 };
		struct test_run tr = {
			.data_in = (u64)(uintptr_t)s->packet,
			.data_size_in = 14 + gen_random(&s->program.gen) % (PACKET_SIZE - 13),
			.user = { NULL, read_memory, write_memory },
			.svc = &skep__default_services,
			.cpus = &cpus,
			.benches = &benches,
			.mode = MODE_CHECKED,
			.watch = &watch,
		};

		for (u32 j = 0; j < PACKET_SIZE; j++)
			s->packet[j] = (u8)gen_random(&s->program.gen);
		skep__test_run(&s->program.prog, &tr, &fault);
		tally.runs++;
		drain(s->program.maps[GEN_RING]);
		if (fault.set && strstr(fault.what, "atomic operation") &&
		    strstr(fault.what, "not a multiple"))
			tally.misaligned++;
		else if (fault.set && !tally.stopped++) {
			printf("seed %llu: accepted, and stopped at %u: %s\n",
			       (unsigned long long)s->seed, fault.insn, fault.what);
			generated_print(&s->program);
		}
	}
	skep__test_benches_fini(&benches);
}

static void look_at(struct subject *s)
{
	int err = generated_make(&s->program, s->seed, NULL);

	s->misfits = 0;
	tally.programs++;
	if (!err)
		err = verify(s);
	if (err == -ENOMEM || (!err && s->nr_seen == MAX_SEEN)) {
		tally.passed_over++;
	} else if (!err) {
		tally.accepted++;
		run(s);
	}
	if (s->misfits && tally.misfits == 1)
		generated_print(&s->program);
	generated_drop(&s->program);
}

int main(int argc, char **argv)
{
	u64 count = argc > 1 ? strtoull(argv[1], NULL, 0) : 3000;
	u64 start = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	struct subject *s = calloc(1, sizeof(*s));

	s->pool = calloc(MAX_SEEN, sizeof(*s->pool));
	if (!generated_open(&s->program))
		return 1;
	for (u64 i = 0; i < count; i++) {
		s->seed = start + i;
		look_at(s);
	}
	printf("%llu programs (%llu of them too large to look at), %llu accepted, %llu runs, %llu "
	       "instructions looked at, %llu misfit, %llu stopped, %llu misaligned\n",
	       (unsigned long long)tally.programs, (unsigned long long)tally.passed_over,
	       (unsigned long long)tally.accepted, (unsigned long long)tally.runs,
	       (unsigned long long)tally.values, (unsigned long long)tally.misfits,
	       (unsigned long long)tally.stopped, (unsigned long long)tally.misaligned);
	generated_close(&s->program);
	free(s->pool);
	free(s);
	return tally.misfits || tally.stopped || !tally.accepted;
}
