/* SPDX-License-Identifier: BSD-2-Clause */
/* Loading: the verifier decides, in the kernel's way, and what it has seen stays true. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <skep/skep.h>

#include "cmocka_all.h"
#include "base/uapi.h"
#include "exec_prog.h"

#define PACKET 64

static struct skep_world *a_world(bool unverified)
{
	struct skep_world_opts opts = { .size = sizeof(opts), .unverified = unverified };
	struct skep_world *world = skep_world_new(&opts);

	assert_non_null(world);
	return world;
}

static long load(struct skep_world *w, const struct bpf_insn *insns, u32 len, union bpf_attr *attr)
{
	attr->prog_type = BPF_PROG_TYPE_XDP;
	attr->insns = (u64)insns;
	attr->insn_cnt = len;
	attr->license = (u64) "GPL";
	return skep_bpf(w, BPF_PROG_LOAD, attr, sizeof(*attr));
}

static u32 run(struct skep_world *w, int fd)
{
	u8 packet[PACKET] = { 0 };
	union bpf_attr attr = {
		.test = { .prog_fd = fd, .data_in = (u64)packet, .data_size_in = PACKET }
	};

	assert_int_equal(skep_bpf(w, BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
	return attr.test.retval;
}

static const struct bpf_insn good[] = { MOV(R0, XDP_PASS), EXIT() };
/* Reads the packet without a look at where it ends. */
static const struct bpf_insn bad[] = { LOAD(BPF_W, R1, R1, 0), LOAD(BPF_B, R0, R1, PACKET),
				       EXIT() };

static void what_is_accepted_runs_in_every_mode(void **state)
{
	struct skep_world *w = a_world(false);
	union bpf_attr attr = { 0 };
	int fd;

	assert_int_equal(skep_world_mode(w), SKEP_MODE_JIT);
	fd = load(w, good, ARRAY_SIZE(good), &attr);
	assert_true(fd >= 0);
	for (int mode = SKEP_MODE_CHECKED; mode <= SKEP_MODE_JIT; mode++) {
		assert_int_equal(skep_world_set_mode(w, mode), 0);
		assert_int_equal(run(w, fd), XDP_PASS);
	}
	close(fd);
	skep_world_free(w);
}

static void what_is_refused_has_the_kernels_errno_and_log(void **state)
{
	struct skep_world *w = a_world(false);
	char log[4096];

	for (u32 level = 1; level <= 2; level++) {
		union bpf_attr attr = { .log_buf = (u64)log,
					.log_size = sizeof(log),
					.log_level = level };

		assert_int_equal(load(w, bad, ARRAY_SIZE(bad), &attr), -EACCES);
		assert_non_null(strstr(log, "R1 offset is outside of the packet"));
		assert_int_equal(attr.log_true_size, strlen(log) + 1);
	}
	skep_world_free(w);
}

static void a_log_that_does_not_fit_is_cut_and_says_how_long_it_is(void **state)
{
	struct skep_world *w = a_world(false);
	char whole[4096], cut[64];
	union bpf_attr attr = { .log_buf = (u64)whole, .log_size = sizeof(whole), .log_level = 2 };
	u32 size;

	assert_int_equal(load(w, bad, ARRAY_SIZE(bad), &attr), -EACCES);
	size = attr.log_true_size;
	for (u32 fixed = 0; fixed <= 8; fixed += 8) {
		const char *kept = fixed ? whole : whole + size - sizeof(cut);

		attr = (union bpf_attr){ .log_buf = (u64)cut,
					 .log_size = sizeof(cut),
					 .log_level = 2 | fixed };
		assert_int_equal(load(w, bad, ARRAY_SIZE(bad), &attr), -ENOSPC);
		assert_int_equal(attr.log_true_size, size);
		assert_memory_equal(cut, kept, sizeof(cut) - 1);
		assert_int_equal(cut[sizeof(cut) - 1], '\0');
	}
	/* Without a buffer there is the verdict, and the size that a buffer would need. */
	attr = (union bpf_attr){ .log_level = 2 };
	assert_int_equal(load(w, bad, ARRAY_SIZE(bad), &attr), -EACCES);
	assert_int_equal(attr.log_true_size, size);
	skep_world_free(w);
}

static void a_world_without_verifier_starts_in_checked_mode(void **state)
{
	struct skep_world *w = a_world(true);
	union bpf_attr attr = { 0 };
	u8 packet[PACKET] = { 0 };
	int fd = load(w, bad, ARRAY_SIZE(bad), &attr);

	assert_int_equal(skep_world_mode(w), SKEP_MODE_CHECKED);
	assert_true(fd >= 0);
	attr = (union bpf_attr){
		.test = { .prog_fd = fd, .data_in = (u64)packet, .data_size_in = PACKET }
	};
	assert_int_equal(skep_bpf(w, BPF_PROG_TEST_RUN, &attr, sizeof(attr)), -EFAULT);
	assert_non_null(skep_world_fault(w));
	close(fd);
	skep_world_free(w);
}

/* Accepted by the kernel's rules; what skep does not have matters only to runs that come to it. */
static void a_call_of_what_is_not_there_stops_the_run_from_any_depth(void **state)
{
	const struct bpf_insn insns[] = {
		LOAD(BPF_W, R2, R1, 4), /* data_end */
		LOAD(BPF_W, R3, R1, 0),
		MOVR(R6, R3),
		ALU64R(BPF_SUB, R2, R3),
		MOVR(R1, R2),
		CALL_SUB(2),
		ALU64(BPF_ADD, R0, 1),
		EXIT(),
		MOV(R0, XDP_DROP),
		JUMP(BPF_JLT, R1, 100, 2),
		CALL_HELPER(get_current_task),
		MOV(R0, 0),
		EXIT(),
	};
	struct skep_world *w = a_world(false);
	union bpf_attr attr = { 0 };
	u8 packet[200] = { 0 };
	int fd = load(w, insns, ARRAY_SIZE(insns), &attr);

	assert_true(fd >= 0);
	for (int mode = SKEP_MODE_CHECKED; mode <= SKEP_MODE_JIT; mode++) {
		skep_world_set_mode(w, mode);
		assert_int_equal(run(w, fd), XDP_PASS);
		attr = (union bpf_attr){ .test = { .prog_fd = fd,
						   .data_in = (u64)packet,
						   .data_size_in = sizeof(packet) } };
		assert_int_equal(skep_bpf(w, BPF_PROG_TEST_RUN, &attr, sizeof(attr)), -EFAULT);
		assert_non_null(strstr(skep_world_fault(w), "instruction 10: skep does not have "
							    "helper bpf_get_current_task yet"));
	}
	close(fd);
	skep_world_free(w);
}

/* A frozen value is known to the verifier, so nobody may change it, whatever else he has mapped. */
static void a_frozen_value_stays_what_the_verifier_saw(void **state)
{
	struct skep_world *w = a_world(false);
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY,
				.key_size = 4,
				.value_size = 8,
				.max_entries = 1,
				.map_flags = BPF_F_RDONLY_PROG | BPF_F_MMAPABLE };
	int map = skep_bpf(w, BPF_MAP_CREATE, &attr, sizeof(attr)), fd;
	volatile u64 *mapped;
	char log[4096];

	assert_true(map >= 0);
	mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	assert_ptr_not_equal(mapped, MAP_FAILED);
	*mapped = -1;
	attr = (union bpf_attr){ .map_fd = map };
	assert_int_equal(skep_bpf(w, BPF_MAP_FREEZE, &attr, sizeof(attr)), 0);
	*mapped = 1000;
	/* The verifier knows that R2 is -1, and so that R3 is inside of the stack. */
	struct bpf_insn insns[] = {
		WIDE(R1, BPF_PSEUDO_MAP_VALUE, map, 0),
		LOAD(BPF_DW, R2, R1, 0),
		MOVR(R3, R10),
		ALU64R(BPF_ADD, R3, R2),
		STORE_K(BPF_B, R3, 0, 7),
		LOAD(BPF_B, R0, R10, -1),
		EXIT(),
	};
	attr = (union bpf_attr){ .log_buf = (u64)log, .log_size = sizeof(log), .log_level = 2 };
	fd = load(w, insns, ARRAY_SIZE(insns), &attr);
	if (fd < 0)
		puts(log);
	assert_true(fd >= 0);
	for (int mode = SKEP_MODE_CHECKED; mode <= SKEP_MODE_JIT; mode++) {
		*mapped = 1000 + mode;
		skep_world_set_mode(w, mode);
		assert_int_equal(run(w, fd), 7);
	}
	munmap((void *)mapped, 4096);
	close(fd);
	close(map);
	skep_world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_accepted_runs_in_every_mode),
		cmocka_unit_test(what_is_refused_has_the_kernels_errno_and_log),
		cmocka_unit_test(a_log_that_does_not_fit_is_cut_and_says_how_long_it_is),
		cmocka_unit_test(a_world_without_verifier_starts_in_checked_mode),
		cmocka_unit_test(a_call_of_what_is_not_there_stops_the_run_from_any_depth),
		cmocka_unit_test(a_frozen_value_stays_what_the_verifier_saw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
