/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Light skeletons: bpftool made a C header of an object, whose load() runs a syscall program that
 * makes maps and programs with bpf_sys_bpf and bpf_sys_close. What comes out works the same in skep
 * in each mode and in the kernel; what such a program may not ask for is refused alike.
 */
#include "../unit/cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../diff/asked.h"
#include "../diff/doors.h"

#include "light.lskel.h"
#include "light_core.lskel.h"

static long run_once(int fd)
{
	union bpf_attr attr = { .test.prog_fd = (u32)fd };

	assert_int_equal(syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
	return attr.test.retval;
}

static u64 count_of(int map_fd, u32 key)
{
	u64 value = 0;
	union bpf_attr attr = { .map_fd = (u32)map_fd, .key = (u64)&key };

	attr.value = (u64)&value;
	return syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)) ? 0 : value;
}

/* Who loaded the program, as others are told. */
static u32 loader_of(int fd)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = {
		.info = { .bpf_fd = (u32)fd, .info_len = sizeof(info), .info = (u64)&info }
	};

	assert_int_equal(syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), 0);
	return info.created_by_uid;
}

static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void light_skeletons_load_and_run(void **state)
{
	for (int d = 0; d < nr_doors; d++) {
		asked = &doors[d];
		int before = open_fds();
		struct light *skel = light__open();

		assert_non_null(skel);
		skel->rodata->factor = 10;
		skel->data->sum = 100;
		int err = light__load(skel);

		if (err)
			fail_msg("%s: %d, %s", asked->name, err,
				 asked->world ? skep_world_fault(asked->world) ?: "no fault" : "");
		assert_int_equal(run_once(skel->progs.light.prog_fd), 110);
		assert_int_equal(run_once(skel->progs.light.prog_fd), 120);
		assert_int_equal(skel->data->sum, 120);
		assert_int_equal(count_of(skel->maps.counts.map_fd, 3), 2);
		light__destroy(skel);
		assert_int_equal(open_fds(), before);
	}
}

static int load_with_log(char *log, u32 size, u32 level)
{
	struct light *skel = light__open();
	int err;

	assert_non_null(skel);
	skel->ctx.log_buf = (u64)log;
	skel->ctx.log_size = size;
	skel->ctx.log_level = level;
	err = light__load(skel);
	if (!err) /* what it loaded is in order */
		assert_int_equal(run_once(skel->progs.light.prog_fd), 6);
	light__destroy(skel);
	return err;
}

/* The log goes where the context says, as far as there is room, and a wrong place harms nobody. */
static void what_they_load_is_their_users(void **state)
{
	for (int d = 0; d < nr_doors; d++) {
		asked = &doors[d];
		struct light *skel = light__open_and_load();

		assert_non_null(skel);
		assert_int_equal(loader_of(skel->progs.light.prog_fd), getuid());
		light__destroy(skel);
	}
}

static void what_they_load_has_a_log(void **state)
{
	static char first[1 << 16], log[1 << 16], small[64];
	const char *const ro = "read-only";

	for (int d = 0; d < nr_doors; d++) {
		asked = &doors[d];
		memset(log, 'x', sizeof(log));
		assert_int_equal(load_with_log(log, sizeof(log) - 1, 2), 0);
		assert_int_equal(log[sizeof(log) - 1], 'x');
		assert_non_null(memchr(log, 0, sizeof(log)));
		if (!strstr(log, "func#0 @0\n"))
			fail_msg("%s: %s", asked->name, log);
		if (d > 0 &&
		    (!strstr(log, "call bpf_map_update_elem#2") || !strstr(log, "\nprocessed ")))
			fail_msg("%s: %s", asked->name, log);
		if (d == 1) /* the first one that verifies */
			memcpy(first, log, sizeof(log));
		if (d > 0 && asked->world)
			assert_string_equal(log, first);
		memset(small, 'x', sizeof(small));
		assert_int_equal(load_with_log(small, sizeof(small) - 1, 2), -ENOSPC);
		assert_int_equal(strlen(small), sizeof(small) - 2);
		assert_int_equal(small[sizeof(small) - 1], 'x');
		assert_int_equal(load_with_log((char *)4096, sizeof(log), 2), -EFAULT);
		assert_int_equal(load_with_log((char *)ro, 64, 2), -EFAULT);
		assert_int_equal(load_with_log((char *)(1ul << 63), sizeof(log), 2), -EFAULT);
		assert_int_equal(load_with_log((char *)-16ul, sizeof(log), 2), -EFAULT);
		assert_int_equal(load_with_log(NULL, 0, 2), 0);
	}
}

/* What libbpf leaves to bpf(2) here: the types of both sides are the machine's. */
static void core_relocations_are_the_kernels(void **state)
{
	struct {
		long values[40];
		int nr;
	} first = { 0 };

	for (int d = 0; d < nr_doors; d++) {
		asked = &doors[d];
		struct light_core *skel = light_core__open();
		int err;

		assert_non_null(skel);
		err = light_core__load(skel);
		if (err)
			fail_msg("%s: %d", asked->name, err);
		assert_int_equal(run_once(skel->progs.light_core.prog_fd), 31);
		if (d == 0)
			memcpy(first.values, skel->bss->values, sizeof(first.values));
		for (int i = 0; i < 40; i++) {
			if (skel->bss->values[i] != first.values[i])
				fail_msg("%s: value %d is %ld, not %ld", asked->name, i,
					 (long)skel->bss->values[i], first.values[i]);
		}
		light_core__destroy(skel);
	}
}

#define INSN(c, d, s, o, i)                                                                        \
	{                                                                                          \
		.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i)                \
	}

/* A syscall program that hands the first 64 bytes of its context to bpf_sys_bpf, or calls
 * bpf_sys_close. */
static int load_caller(const struct door *d, int helper, int cmd)
{
#define COPY(off)                                                                                  \
	INSN(BPF_LDX | BPF_MEM | BPF_DW, 0, 1, off, 0),                                            \
		INSN(BPF_STX | BPF_MEM | BPF_DW, 10, 0, (off)-64, 0)
	const struct bpf_insn insns[] = {
		COPY(0),
		COPY(8),
		COPY(16),
		COPY(24),
		COPY(32),
		COPY(40),
		COPY(48),
		COPY(56),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, -64),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 1, 0, 0, cmd),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 3, 0, 0, 64),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, helper),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SYSCALL,
				.insn_cnt = sizeof(insns) / sizeof(insns[0]),
				.insns = (u64)insns,
				.license = (u64) "GPL",
				.prog_flags = BPF_F_SLEEPABLE };

	return (int)door_bpf(d, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static int ask(const struct door *d, int helper, int cmd, const union bpf_attr *ctx)
{
	char bytes[64] = { 0 };
	union bpf_attr attr = { 0 };
	int fd = load_caller(d, helper, cmd);

	assert_true(fd >= 0);
	if (ctx)
		memcpy(bytes, ctx, sizeof(bytes));
	attr.test.prog_fd = (u32)fd;
	attr.test.ctx_in = (u64)bytes;
	attr.test.ctx_size_in = sizeof(bytes);
	assert_int_equal(door_bpf(d, BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
	close(fd);
	return (int)attr.test.retval;
}

static bool is_for_loading(int cmd)
{
	static const int loading[] = {
		BPF_MAP_CREATE, BPF_MAP_UPDATE_ELEM,  BPF_MAP_DELETE_ELEM,
		BPF_MAP_FREEZE, BPF_MAP_GET_FD_BY_ID, BPF_PROG_LOAD,
		BPF_BTF_LOAD,   BPF_LINK_CREATE,      BPF_RAW_TRACEPOINT_OPEN
	};

	for (size_t i = 0; i < ARRAY_SIZE(loading); i++) {
		if (loading[i] == cmd)
			return true;
	}
	return false;
}

static void programs_may_load_and_nothing_else(void **state)
{
	union bpf_attr map = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1
	};
	union bpf_attr wrong = {
		.map_type = 12345, .key_size = 4, .value_size = 4, .max_entries = 1
	};

	for (int d = 0; d < nr_doors; d++) {
		int fd = ask(&doors[d], BPF_FUNC_sys_bpf, BPF_MAP_CREATE, &map);

		assert_true(fd > 2);
		assert_true(fcntl(fd, F_GETFD) >= 0);
		assert_int_equal(ask(&doors[d], BPF_FUNC_sys_close, fd, NULL), 0);
		assert_int_equal(fcntl(fd, F_GETFD), -1);
		assert_int_equal(ask(&doors[d], BPF_FUNC_sys_close, fd, NULL), -EBADF);
		assert_int_equal(ask(&doors[d], BPF_FUNC_sys_bpf, BPF_MAP_CREATE, &wrong), -EINVAL);
		for (int cmd = -1; cmd < 50; cmd++) {
			if (!is_for_loading(cmd))
				assert_int_equal(ask(&doors[d], BPF_FUNC_sys_bpf, cmd, NULL),
						 -EINVAL);
		}
	}
}

/*
 * In one process the memory that a program could name is the world's own, too. What the caller's
 * context does not offer for a log is not written, whatever the program says.
 */
static void programs_write_only_what_was_offered(void **state)
{
	static char victim[64];
	const struct bpf_insn insns[] = { INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0),
					  INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0) };
	union bpf_attr load = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
				.insn_cnt = 2,
				.insns = (u64)insns,
				.license = (u64) "GPL",
				.log_level = 1,
				.log_size = sizeof(victim),
				.log_buf = (u64)victim };

	for (int d = 0; d < nr_doors; d++) {
		memset(victim, 'x', sizeof(victim));
		if (!doors[d].world)
			continue;
		assert_int_equal(ask(&doors[d], BPF_FUNC_sys_bpf, BPF_PROG_LOAD, &load), -EFAULT);
		for (size_t i = 0; i < sizeof(victim); i++)
			assert_int_equal(victim[i], 'x');
	}
}

/* What the process had before, and the world's own descriptions, are not the program's to close. */
static void programs_close_only_what_they_were_given(void **state)
{
	int mine = dup(1);

	for (int d = 0; d < nr_doors; d++) {
		if (!doors[d].world)
			continue;
		long map = door_map_create(&doors[d], BPF_MAP_TYPE_ARRAY, 4, 4, 1);

		assert_int_equal(ask(&doors[d], BPF_FUNC_sys_close, mine, NULL), -EBADF);
		for (int fd = 3; fd < 2048; fd++) {
			if (fd != map && fcntl(fd, F_GETFD) >= 0)
				assert_int_equal(ask(&doors[d], BPF_FUNC_sys_close, fd, NULL),
						 -EBADF);
		}
		assert_int_equal(ask(&doors[d], BPF_FUNC_sys_close, map, NULL), 0);
	}
	assert_true(fcntl(mine, F_GETFD) >= 0);
	close(mine);
}

/* With a pattern of tests' names: those alone. */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(light_skeletons_load_and_run),
		cmocka_unit_test(what_they_load_is_their_users),
		cmocka_unit_test(what_they_load_has_a_log),
		cmocka_unit_test(core_relocations_are_the_kernels),
		cmocka_unit_test(programs_may_load_and_nothing_else),
		cmocka_unit_test(programs_write_only_what_was_offered),
		cmocka_unit_test(programs_close_only_what_they_were_given),
	};

	if (!doors_open_modes())
		return 1;
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
