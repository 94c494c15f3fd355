/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects as bpf(2) shows them: attr rules, fds, ids, info, freezing, lifetimes. One text, asked of skep and of the
 * kernel: each question's answer has to be the same on both.
 */
#include "../unit/cmocka_all.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../diff/doors.h"

static long create(const struct door *d)
{
	return door_map_create(d, BPF_MAP_TYPE_ARRAY, 4, 8, 4);
}

static long load(const struct door *d, int map_fd)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW,
		  .dst_reg = 1,
		  .src_reg = BPF_PSEUDO_MAP_FD,
		  .imm = map_fd },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 7 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return door_prog_load(d, BPF_PROG_TYPE_XDP, insns, 4, NULL, 0);
}

static long info(const struct door *d, int fd, void *to, u32 size)
{
	union bpf_attr attr = { 0 };

	attr.info.bpf_fd = fd;
	attr.info.info_len = size;
	attr.info.info = (u64)to;
	return door_bpf(d, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr.info));
}

static long by_id(const struct door *d, int cmd, u32 id)
{
	union bpf_attr attr = { 0 };

	attr.map_id = id;
	return door_bpf(d, cmd, &attr, 12);
}

static void what_is_no_object_is_not_pinned(void **state)
{
	static const int fds[] = { STDIN_FILENO, 9999, -1 };

	for (int i = 0; i < nr_doors; i++) {
		for (u32 f = 0; f < ARRAY_SIZE(fds); f++) {
			union bpf_attr attr = { 0 };

			attr.pathname = (u64) "/sys/fs/bpf/never";
			attr.bpf_fd = fds[f];
			assert_int_equal(door_bpf(&doors[i], BPF_OBJ_PIN, &attr, 16), -EINVAL);
		}
	}
}

static void maps_lie_on_a_node_that_is_there_or_on_any(void **state)
{
	static const u32 nodes[] = { 0, UINT32_MAX, 1000, UINT32_MAX - 1 };

	for (int i = 0; i < nr_doors; i++) {
		for (u32 n = 0; n < ARRAY_SIZE(nodes); n++) {
			union bpf_attr attr = { .map_type = BPF_MAP_TYPE_BLOOM_FILTER,
						.value_size = 11,
						.max_entries = 100,
						.map_flags = BPF_F_NUMA_NODE,
						.numa_node = nodes[n] };
			long fd = door_bpf(&doors[i], BPF_MAP_CREATE, &attr, sizeof(attr));

			if (n < 2)
				assert_true(fd >= 0);
			else
				assert_int_equal(fd, -EINVAL);
			close((int)fd);
		}
	}
}

static void a_known_attr_may_be_short_and_long_but_not_full_behind_its_end(void **state)
{
	for (int i = 0; i < nr_doors; i++) {
		struct {
			union bpf_attr attr;
			u64 beyond[4];
		} big = { 0 };

		big.attr.map_type = BPF_MAP_TYPE_ARRAY;
		big.attr.key_size = 4;
		big.attr.value_size = 8;
		big.attr.max_entries = 1;
		long fd = door_bpf(&doors[i], BPF_MAP_CREATE, &big.attr, 20);
		assert_true(fd >= 0);
		close(fd);
		fd = door_bpf(&doors[i], BPF_MAP_CREATE, &big.attr, sizeof(big));
		assert_true(fd >= 0);
		close(fd);
		big.beyond[3] = 1;
		assert_int_equal(door_bpf(&doors[i], BPF_MAP_CREATE, &big.attr, sizeof(big)),
				 -E2BIG);
		assert_int_equal(door_bpf(&doors[i], BPF_MAP_CREATE, &big.attr, 8192), -E2BIG);
		big.beyond[3] = 0;
		memset((char *)&big.attr + 92, 1, 4); /* behind the last field of MAP_CREATE */
		assert_int_equal(door_bpf(&doors[i], BPF_MAP_CREATE, &big.attr, sizeof(big.attr)),
				 -EINVAL);
		assert_int_equal(door_bpf(&doors[i], BPF_MAP_CREATE, NULL, 20), -EFAULT);
		assert_int_equal(door_bpf(&doors[i], __MAX_BPF_CMD, &big.attr, 8), -EINVAL);
		assert_int_equal(door_bpf(&doors[i], -1, &big.attr, 8), -EINVAL);
	}
}

static void an_fd_of_the_wrong_kind_is_told_from_a_closed_one(void **state)
{
	for (int i = 0; i < nr_doors; i++) {
		u32 key = 0;
		u64 value;
		long map = create(&doors[i]), prog = load(&doors[i], map);

		assert_true(map >= 0 && prog >= 0);
		assert_int_equal(door_map_lookup(&doors[i], prog, &key, &value), -EINVAL);
		assert_int_equal(door_map_lookup(&doors[i], STDIN_FILENO, &key, &value), -EINVAL);
		assert_int_equal(door_map_lookup(&doors[i], 9999, &key, &value), -EBADF);
		assert_int_equal(load(&doors[i], prog), -EINVAL);
		assert_int_equal(load(&doors[i], 9999), -EBADF);
		assert_int_equal(door_map_lookup(&doors[i], map, NULL, &value), -EFAULT);
		assert_int_equal(door_map_lookup(&doors[i], map, &key, (void *)8), -EFAULT);
		close(map);
		close(prog);
	}
}

static void info_has_what_was_asked_for_and_no_more(void **state)
{
	for (int i = 0; i < nr_doors; i++) {
		struct bpf_map_info mi = { 0 };
		struct bpf_prog_info pi = { 0 };
		u32 map_id = 0;
		long map = create(&doors[i]), prog = load(&doors[i], map);

		assert_int_equal(info(&doors[i], map, &mi, sizeof(mi)), 0);
		assert_int_equal(mi.type, BPF_MAP_TYPE_ARRAY);
		assert_int_equal(mi.max_entries, 4);
		memset(&mi, 0xff, sizeof(mi));
		assert_int_equal(info(&doors[i], map, &mi, 8), 0);
		assert_int_equal(mi.key_size, 0xffffffff);
		pi.nr_map_ids = 1;
		pi.map_ids = (u64)&map_id;
		assert_int_equal(info(&doors[i], prog, &pi, sizeof(pi)), 0);
		assert_int_equal(pi.nr_map_ids, 1);
		assert_int_equal(map_id, mi.id);
		assert_int_equal(pi.type, BPF_PROG_TYPE_XDP);
		/* Same instructions, same tag, on every kernel since 6.18 and here. */
		static u8 tag[BPF_TAG_SIZE];
		if (i == 0)
			memcpy(tag, pi.tag, sizeof(tag));
		assert_memory_equal(tag, pi.tag, sizeof(tag));
		assert_int_equal(info(&doors[i], STDIN_FILENO, &pi, sizeof(pi)), -EINVAL);
		assert_int_equal(info(&doors[i], -1, &pi, sizeof(pi)), -EBADFD);
		close(map);
		close(prog);
	}
}

static void objects_live_as_long_as_somebody_refers_to_them(void **state)
{
	for (int i = 0; i < nr_doors; i++) {
		struct bpf_map_info mi = { 0 };
		long map = create(&doors[i]), prog, again;

		assert_int_equal(info(&doors[i], map, &mi, sizeof(mi)), 0);
		int copy = dup(map);
		close(map);
		again = by_id(&doors[i], BPF_MAP_GET_FD_BY_ID, mi.id);
		assert_true(again >= 0); /* the dup holds it */
		close(copy);
		close(again);
		for (int tries = 0; tries < 100; tries++) { /* the kernel frees a little later */
			again = by_id(&doors[i], BPF_MAP_GET_FD_BY_ID, mi.id);
			if (again < 0)
				break;
			close(again);
			usleep(10000);
		}
		assert_int_equal(again, -ENOENT);

		map = create(&doors[i]);
		assert_int_equal(info(&doors[i], map, &mi, sizeof(mi)), 0);
		prog = load(&doors[i], map);
		close(map);
		again = by_id(&doors[i], BPF_MAP_GET_FD_BY_ID, mi.id);
		assert_true(again >= 0); /* the program holds it */
		close(again);
		close(prog);
	}
}

static void a_mapping_outlives_its_fd_and_shares_the_values(void **state)
{
	for (int i = 0; i < nr_doors; i++) {
		union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY,
					.key_size = 4,
					.value_size = 8,
					.max_entries = 512,
					.map_flags = BPF_F_MMAPABLE };
		long fd = door_bpf(&doors[i], BPF_MAP_CREATE, &attr, sizeof(attr));
		u64 value = 0x1122334455667788, *values;
		u32 key = 511;

		assert_true(fd >= 0);
		values = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		assert_true(values != MAP_FAILED);
		assert_int_equal(door_map_update(&doors[i], fd, &key, &value), 0);
		assert_int_equal(values[511], value);
		values[0] = 42;
		key = 0;
		assert_int_equal(door_map_lookup(&doors[i], fd, &key, &value), 0);
		assert_int_equal(value, 42);
		close(fd);
		assert_int_equal(values[0], 42);
		munmap(values, 4096);
	}
}

static void a_frozen_map_is_read_only_for_bpf_calls(void **state)
{
	for (int i = 0; i < nr_doors; i++) {
		union bpf_attr attr = { 0 };
		u64 value = 1;
		u32 key = 0;
		long fd = create(&doors[i]);

		attr.map_fd = fd;
		assert_int_equal(door_bpf(&doors[i], BPF_MAP_FREEZE, &attr, sizeof(attr.map_fd)),
				 0);
		assert_int_equal(door_bpf(&doors[i], BPF_MAP_FREEZE, &attr, sizeof(attr.map_fd)),
				 -EPERM);
		assert_int_equal(door_map_update(&doors[i], fd, &key, &value), -EPERM);
		assert_int_equal(door_map_lookup(&doors[i], fd, &key, &value), 0);
		close(fd);
	}
}

static void an_fd_for_reading_does_not_write(void **state)
{
	for (int i = 0; i < nr_doors; i++) {
		union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY,
					.key_size = 4,
					.value_size = 8,
					.max_entries = 1 };
		u64 value = 1;
		u32 key = 0;

		attr.map_flags = BPF_F_RDONLY;
		long fd = door_bpf(&doors[i], BPF_MAP_CREATE, &attr, sizeof(attr));
		assert_true(fd >= 0);
		assert_int_equal(door_map_update(&doors[i], fd, &key, &value), -EPERM);
		assert_int_equal(door_map_lookup(&doors[i], fd, &key, &value), 0);
		close(fd);
		attr.map_flags = BPF_F_WRONLY;
		fd = door_bpf(&doors[i], BPF_MAP_CREATE, &attr, sizeof(attr));
		assert_int_equal(door_map_update(&doors[i], fd, &key, &value), 0);
		assert_int_equal(door_map_lookup(&doors[i], fd, &key, &value), -EPERM);
		close(fd);
		attr.map_flags = BPF_F_RDONLY | BPF_F_WRONLY;
		assert_int_equal(door_bpf(&doors[i], BPF_MAP_CREATE, &attr, sizeof(attr)), -EINVAL);
	}
}

static void a_log_that_does_not_fit_keeps_its_end(void **state)
{
	const struct bpf_insn bad[] = { { .code = 0xff } };

	for (int i = 0; i < nr_doors; i++) {
		char log[256], small[16];

		assert_int_equal(
			door_prog_load(&doors[i], BPF_PROG_TYPE_XDP, bad, 1, log, sizeof(log)),
			-EINVAL);
		assert_true(strlen(log) > sizeof(small));
		assert_int_equal(
			door_prog_load(&doors[i], BPF_PROG_TYPE_XDP, bad, 1, small, sizeof(small)),
			-ENOSPC);
		assert_int_equal(strlen(small), sizeof(small) - 1);
	}
}

/* Two functions: the second gives 7. */
static long load_two(const struct door *d)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 7 },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return door_prog_load(d, BPF_PROG_TYPE_XDP, insns, ARRAY_SIZE(insns), NULL, 0);
}

static void functions_of_a_program_are_told_one_by_one(void **state)
{
	struct door both[2], *kernel = doors[nr_doors - 1].world ? NULL : &doors[nr_doors - 1];
	u8 tags[2][2][BPF_TAG_SIZE] = { 0 };

	assert_true(door_open_skep(&both[0], "jit", SKEP_MODE_JIT));
	if (kernel)
		both[1] = *kernel;
	for (int i = 0; i < (kernel ? 2 : 1); i++) {
		long prog = load_two(&both[i]);
		struct bpf_insn insns[4];
		u64 at[2] = { 0 };
		u32 sizes[2] = { 0 };
		struct bpf_prog_info pi = { .xlated_prog_len = sizeof(insns),
					    .xlated_prog_insns = (uintptr_t)insns,
					    .nr_jited_ksyms = 2,
					    .jited_ksyms = (uintptr_t)at,
					    .nr_jited_func_lens = 2,
					    .jited_func_lens = (uintptr_t)sizes,
					    .nr_prog_tags = 2,
					    .prog_tags = (uintptr_t)tags[i] };

		assert_true(prog >= 0);
		assert_int_equal(info(&both[i], prog, &pi, sizeof(pi)), 0);
		close(prog);
		if (!pi.jited_prog_len)
			continue; /* there is no JIT for this machine */
		assert_int_equal(pi.nr_jited_ksyms, 2);
		assert_int_equal(pi.nr_jited_func_lens, 2);
		assert_int_equal(pi.nr_prog_tags, 2);
		assert_true(at[0] && at[1] && at[0] != at[1]);
		assert_int_equal(sizes[0] + sizes[1], pi.jited_prog_len);
		assert_int_equal(insns[0].off, 1); /* the distance */
		assert_int_equal(insns[0].imm, 1); /* which function */
	}
	if (kernel)
		assert_memory_equal(tags[0], tags[1], sizeof(tags[0]));
	door_close(&both[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_object_is_not_pinned),
		cmocka_unit_test(maps_lie_on_a_node_that_is_there_or_on_any),
		cmocka_unit_test(a_known_attr_may_be_short_and_long_but_not_full_behind_its_end),
		cmocka_unit_test(an_fd_of_the_wrong_kind_is_told_from_a_closed_one),
		cmocka_unit_test(info_has_what_was_asked_for_and_no_more),
		cmocka_unit_test(objects_live_as_long_as_somebody_refers_to_them),
		cmocka_unit_test(a_mapping_outlives_its_fd_and_shares_the_values),
		cmocka_unit_test(a_frozen_map_is_read_only_for_bpf_calls),
		cmocka_unit_test(an_fd_for_reading_does_not_write),
		cmocka_unit_test(a_log_that_does_not_fit_keeps_its_end),
		cmocka_unit_test(functions_of_a_program_are_told_one_by_one),
	};

	if (!doors_open())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
