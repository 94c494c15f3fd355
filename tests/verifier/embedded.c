/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the verifier says of registers and the stack beside what they hold: random programs are
 * verified while every state that is explored is written down, and those that are accepted run in
 * checked mode, where before each instruction everything that is live must fit one of the states
 * written down for it. No accepted program may be stopped, but for an atomic operation at an odd
 * place in a slice of a dynptr (docs/differences.md).
 *
 * usage: embedded [COUNT [SEED]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exec/frames.h"
#include "explored.h"
#include "generated.h"
#include "hook/test_run.h"
#include "map/ring.h"

#define MEMORY_LIMIT                                                                               \
	(16                                                                                        \
	 << 20) /* of one program; with more it is passed over: loops that do not converge take \
		      a million states */
#define PACKET_SIZE 96
#define RUNS 4

struct subject {
	struct generated program;
	struct explored explored;
	u64 seed, misfits;
	u8 packet[PACKET_SIZE];
};

struct tally {
	u64 programs, accepted, passed_over, runs, stopped, misaligned, values, misfits;
};

static struct tally tally;

static void note_state(void *opaque, const struct verify_env *env)
{
	explored_note(opaque, env);
}

static void note_end(void *opaque, struct verify_env *env)
{
	explored_end(opaque);
}

static void check_values(void *opaque, const struct run *run, u32 insn, const struct value *regs)
{
	struct subject *s = opaque;

	tally.values++;
	if (explored_fits(&s->explored, run, insn, regs))
		return;
	if (!s->misfits++ && tally.misfits++ < 3) {
		printf("seed %llu: ", (unsigned long long)s->seed);
		explored_print(&s->explored, run, insn, regs, stdout);
	}
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
	const struct verify_watch watch = { &s->explored, note_state, note_end, true };
	const struct generated_way way = { .caps = VERIFY_CAPS_ALL,
					   .watch = &watch,
					   .memory_limit = MEMORY_LIMIT };
	struct verify_stats stats;

	explored_begin(&s->explored, &s->program.prog, true, MEMORY_LIMIT);
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
	if (err == -ENOMEM || (!err && !s->explored.complete)) {
		tally.passed_over++;
	} else if (!err) {
		tally.accepted++;
		run(s);
	}
	if (s->misfits && tally.misfits == 1)
		generated_print(&s->program);
	explored_fini(&s->explored);
	generated_drop(&s->program);
}

int main(int argc, char **argv)
{
	u64 count = argc > 1 ? strtoull(argv[1], NULL, 0) : 3000;
	u64 start = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	struct subject *s = calloc(1, sizeof(*s));

	if (!s || !generated_open(&s->program))
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
	free(s);
	return tally.misfits || tally.stopped || !tally.accepted;
}
