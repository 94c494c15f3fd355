/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verifier, through PROG_LOAD: any instructions, as any type of program, with any capabilities.
 * What it accepts runs in checked mode on a packet; an accepted program that is stopped there is a
 * finding, as a crash is.
 *
 * An input is the type, flags, the log level, and raw instructions; map fds are indices into maps
 * that are there.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/uapi.h"
#include "skep/skep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NR_INSNS 256
#define NR_HELPERS 212
#define LOG_SIZE (1 << 16)

/* clang-format off */
static const struct { uint32_t type, key, value, entries, flags; } shapes[] = {
	{ BPF_MAP_TYPE_ARRAY,        4, 64, 4, 0 },
	{ BPF_MAP_TYPE_HASH,         8, 48, 8, 0 },
	{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 32, 2, 0 },
	{ BPF_MAP_TYPE_ARRAY,        4, 16, 1, BPF_F_RDONLY_PROG },
	{ BPF_MAP_TYPE_RINGBUF,      0, 0, 4096, 0 },
	{ BPF_MAP_TYPE_PROG_ARRAY,   4, 4, 2, 0 },
	{ BPF_MAP_TYPE_LRU_HASH,     4, 8, 4, 0 },
	{ BPF_MAP_TYPE_QUEUE,        0, 8, 4, 0 },
};
/* Those that can be run on a packet come first, and more often. */
static const uint8_t types[] = {
	BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_XDP,
	BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_CGROUP_SKB, BPF_PROG_TYPE_KPROBE, BPF_PROG_TYPE_TRACEPOINT,
	BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_PROG_TYPE_SYSCALL, BPF_PROG_TYPE_SOCK_OPS, BPF_PROG_TYPE_SK_MSG,
	BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_PROG_TYPE_PERF_EVENT,
};
/* clang-format on */
enum { NR_SHAPES = sizeof(shapes) / sizeof(shapes[0]), NR_TYPES = sizeof(types), NR_RUNNABLE = 6 };

struct stage {
	struct skep_world *world;
	int maps[NR_SHAPES];
	struct bpf_insn insns[NR_INSNS + 2];
	uint32_t nr;
	bool may_run_long; /* it calls back, or goes round until its budget is spent */
	bool goes_back; /* so the verifier may look at a million instructions: no log of each */
	char log[LOG_SIZE];
};

static struct stage *new_stage(void)
{
	static struct stage s;
	const struct skep_world_opts opts = { .size = sizeof(opts), .nr_cpus = 2 };

	s.world = skep_world_new(&opts);
	if (!s.world || skep_world_set_mode(s.world, SKEP_MODE_CHECKED))
		abort();
	for (int i = 0; i < NR_SHAPES; i++) {
		union bpf_attr attr = { .map_type = shapes[i].type,
					.key_size = shapes[i].key,
					.value_size = shapes[i].value,
					.max_entries = shapes[i].entries,
					.map_flags = shapes[i].flags };

		s.maps[i] = (int)skep_bpf(s.world, BPF_MAP_CREATE, &attr, sizeof(attr));
		if (s.maps[i] < 0)
			abort();
	}
	return &s;
}

static void add_insn(struct stage *s, struct bpf_insn insn)
{
	insn.dst_reg %= 11;
	insn.src_reg %= 11;
	if (insn.code == (BPF_JMP | BPF_CALL) && !insn.src_reg) {
		insn.imm = (int32_t)((uint32_t)insn.imm % NR_HELPERS);
		s->may_run_long |=
			insn.imm == BPF_FUNC_loop || insn.imm == BPF_FUNC_for_each_map_elem;
	}
	s->may_run_long |= insn.code == (BPF_JMP | BPF_JCOND);
	s->goes_back |= BPF_CLASS(insn.code) >= BPF_JMP && BPF_CLASS(insn.code) <= BPF_JMP32 &&
			insn.off < 0;
	if (insn.code == (BPF_LD | BPF_IMM | BPF_DW) &&
	    (insn.src_reg == BPF_PSEUDO_MAP_FD || insn.src_reg == BPF_PSEUDO_MAP_VALUE))
		insn.imm = s->maps[(uint32_t)insn.imm % NR_SHAPES];
	s->insns[s->nr++] = insn;
}

static void take_insns(struct stage *s, const uint8_t *data, size_t size)
{
	struct bpf_insn insn;

	s->nr = 0;
	s->may_run_long = s->goes_back = false;
	for (; size >= sizeof(insn) && s->nr < NR_INSNS;
	     data += sizeof(insn), size -= sizeof(insn)) {
		memcpy(&insn, data, sizeof(insn));
		add_insn(s, insn);
	}
	add_insn(s, (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K });
	add_insn(s, (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT });
}

/* Rows of docs/differences.md: accepted as in the kernel, and not to be done here. */
static bool is_known_difference(const char *fault)
{
	return strstr(fault, "does not look here as it does in the kernel") || /* its objects */
	       strstr(fault, "which is no data: its values are reached") || /* fields of a map */
	       (strstr(fault, "atomic operation") && strstr(fault, "not a multiple"));
}

static void run(struct stage *s, int fd)
{
	uint8_t packet[64], out[512];
	union bpf_attr attr = { 0 };

	for (size_t i = 0; i < sizeof(packet); i++)
		packet[i] = (uint8_t)(i * 37 + 1);
	attr.test.prog_fd = (uint32_t)fd;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	attr.test.data_out = (uintptr_t)out;
	attr.test.data_size_out = sizeof(out);
	skep_bpf(s->world, BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	if (skep_world_fault(s->world) && !is_known_difference(skep_world_fault(s->world)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct stage *s;
	union bpf_attr attr = { .license = (uintptr_t) "GPL" };
	uint8_t type;
	long fd;

	if (size < 3)
		return 0;
	if (!s)
		s = new_stage();
	type = data[0] % NR_TYPES;
	take_insns(s, data + 3, size - 3);
	attr.prog_type = types[type];
	attr.insns = (uintptr_t)s->insns;
	attr.insn_cnt = s->nr;
	attr.prog_flags = data[1] & (BPF_F_STRICT_ALIGNMENT | BPF_F_TEST_STATE_FREQ);
	attr.log_level = data[2] % 8 & (s->goes_back ? ~3u : ~0u);
	if (attr.log_level) {
		attr.log_buf = (uintptr_t)s->log;
		attr.log_size = LOG_SIZE;
	}
	fd = skep_bpf(s->world, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		return 0;
	if (type < NR_RUNNABLE && !s->may_run_long)
		run(s, (int)fd);
	close((int)fd);
	return 0;
}
