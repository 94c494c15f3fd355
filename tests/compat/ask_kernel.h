/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asking this machine's kernel what it does: the few bpf(2) commands that tests compare with.
 * Nothing here attaches anything. kernel_answers() says why not when the kernel may not be asked.
 */
#ifndef TESTS_ASK_KERNEL_H
#define TESTS_ASK_KERNEL_H

#include "base/types.h"
#include "base/uapi.h"

/* NULL when this process may load programs into the kernel, else the reason. */
const char *kernel_answers(void);

/* From now on this process has no CAP_PERFMON, nor what implies it. 0 or -errno. */
int kernel_give_up_perfmon(void);

/* bpf(2) itself: the result or -errno. */
long kernel_bpf(int cmd, union bpf_attr *attr);

/*
 * The end of a test's main(): its result, or 77 with the reason printed when the kernel may not be
 * asked. setup and teardown are cmocka's, or NULL.
 */
#define run_beside_kernel(tests, setup, teardown)                                                  \
	(why_no_kernel() ? 77 : cmocka_run_group_tests(tests, setup, teardown))
const char *why_no_kernel(void); /* kernel_answers(), printed */

/*
 * A world of skep's to ask with the same functions (its fds are not the kernel's). Each time it is
 * turned to, it runs programs in another of its modes.
 */
int open_asked_world(void **state); /* cmocka's setup and teardown */
int close_asked_world(void **state);
void ask_world_instead(void);
void ask_kernel_again(void);

struct kernel_load {
	u32 prog_type, expected_attach_type, prog_flags, attach_btf_id;
	const struct bpf_insn *insns;
	u32 len;
	char *log; /* NULL: none */
	u32 log_size, log_level; /* level 0: 1 */
	const char *license; /* NULL: "GPL" */
};

int kernel_prog_load(const struct kernel_load *load); /* fd or -errno */

/* BPF_PROG_TEST_RUN. Sizes are in and out; 0 or -errno. */
struct kernel_run {
	int fd;
	const void *data_in;
	u32 data_size_in;
	void *data_out;
	u32 data_size_out;
	const void *ctx_in;
	u32 ctx_size_in;
	void *ctx_out;
	u32 ctx_size_out;
	u32 flags; /* BPF_F_TEST_* */
	u32 repeat, cpu, batch_size, duration;
	u32 retval;
};

int kernel_prog_run(struct kernel_run *run);

/* A map of the kernel's: fd or -errno. */
int kernel_map_create(u32 type, u32 key_size, u32 value_size, u32 max_entries, u32 flags);
int kernel_map_update(int fd, const void *key, const void *value, u64 flags);
int kernel_map_lookup(int fd, const void *key, void *value);

/* The id of a name in the kernel's own BTF, or 0. */
u32 kernel_btf_id(const char *name, u32 kind);

#endif
