/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands that attach and look at what is attached, called with what cannot be attached anywhere:
 * the same errno from skep and from the kernel, before it comes to the hook.
 */
#include "../unit/cmocka_all.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../diff/doors.h"

#define BAD_FD 12345

struct fds {
	long map, xdp, cgroup, filter, raw_tp;
};

static long load(const struct door *d, u32 type, u32 attach)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = { 0 };

	attr.prog_type = type;
	attr.expected_attach_type = attach;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = ARRAY_SIZE(insns);
	attr.license = (uintptr_t) "GPL";
	return door_bpf(d, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static void open_fds(const struct door *d, struct fds *f)
{
	f->map = door_map_create(d, BPF_MAP_TYPE_ARRAY, 4, 8, 1);
	f->xdp = load(d, BPF_PROG_TYPE_XDP, 0);
	f->cgroup = load(d, BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS);
	f->filter = load(d, BPF_PROG_TYPE_SOCKET_FILTER, 0);
	f->raw_tp = load(d, BPF_PROG_TYPE_RAW_TRACEPOINT, 0);
	assert_true(f->map >= 0 && f->xdp >= 0 && f->cgroup >= 0 && f->filter >= 0 &&
		    f->raw_tp >= 0);
}

static void close_fds(const struct fds *f)
{
	close(f->map);
	close(f->xdp);
	close(f->cgroup);
	close(f->filter);
	close(f->raw_tp);
}

static void expect(const struct door *d, const char *what, long ret, long expected)
{
	if (ret != expected)
		print_error("%s, %s: %ld, not %ld\n", what, d->name, ret, expected);
	assert_int_equal(ret, expected);
}

/* One call on each side, filled in with the fds of that side (f), and its errno. */
#define ASK(cmd, expected, ...)                                                                    \
	for (int i_ = 0; i_ < nr_doors; i_++) {                                                    \
		union bpf_attr attr_, *const a = &attr_;                                           \
		struct fds fds_, *const f = &fds_;                                                 \
                                                                                                   \
		open_fds(&doors[i_], f);                                                           \
		memset(a, 0, sizeof(*a));                                                          \
		__VA_ARGS__;                                                                       \
		expect(&doors[i_], #cmd ": " #__VA_ARGS__,                                         \
		       door_bpf(&doors[i_], BPF_##cmd, a, sizeof(*a)), expected);                  \
		close_fds(f);                                                                      \
	}

static void programs_are_attached_where_they_belong_or_not_at_all(void **state)
{
	ASK(PROG_ATTACH, -EBADF, a->attach_bpf_fd = BAD_FD);
	ASK(PROG_ATTACH, -EINVAL, a->attach_bpf_fd = f->map);
	ASK(PROG_ATTACH, -EINVAL, a->attach_bpf_fd = f->xdp);
	ASK(PROG_ATTACH, -EINVAL, a->attach_bpf_fd = f->filter; a->attach_type = BPF_XDP);
	ASK(PROG_ATTACH, -EINVAL, a->attach_bpf_fd = f->cgroup; a->attach_flags = 1u << 20);
	ASK(PROG_ATTACH, -EINVAL, a->attach_bpf_fd = BAD_FD; a->attach_type = 1000);
	ASK(PROG_ATTACH, -EINVAL, a->attach_bpf_fd = BAD_FD; a->attach_type = BPF_PERF_EVENT);
	ASK(PROG_ATTACH, -EINVAL, a->attach_bpf_fd = BAD_FD; a->attach_type = BPF_SK_LOOKUP;
	    a->relative_fd = 1);
	ASK(PROG_ATTACH, -EINVAL, a->attach_bpf_fd = BAD_FD; a->attach_type = BPF_TCX_INGRESS;
	    a->attach_flags = 1);
	ASK(PROG_DETACH, -EINVAL, a->attach_type = 1000);
	ASK(PROG_DETACH, -EINVAL, a->attach_type = BPF_XDP; a->attach_flags = 1);
	ASK(PROG_QUERY, -EINVAL, a->query.attach_type = BPF_XDP);
	ASK(PROG_QUERY, -EINVAL, a->query.attach_type = 1000);
	ASK(PROG_QUERY, -EINVAL, a->query.query_flags = 2);
	ASK(PROG_QUERY, -EINVAL, a->query.attach_type = BPF_FLOW_DISSECTOR;
	    a->query.target_fd = f->map);
}

static void links_are_made_of_programs_and_hooks_that_fit(void **state)
{
	ASK(LINK_CREATE, -EBADF, a->link_create.prog_fd = BAD_FD);
	ASK(LINK_CREATE, -EINVAL, a->link_create.prog_fd = f->map);
	ASK(LINK_CREATE, -EINVAL, a->link_create.prog_fd = f->xdp;
	    a->link_create.attach_type = BPF_TCX_INGRESS);
	ASK(LINK_CREATE, -EINVAL, a->link_create.prog_fd = f->filter;
	    a->link_create.attach_type = BPF_PERF_EVENT);
	ASK(LINK_CREATE, -EINVAL, a->link_create.prog_fd = f->xdp;
	    a->link_create.attach_type = 1000);
	ASK(LINK_UPDATE, -EINVAL, a->link_update.link_fd = BAD_FD; a->link_update.flags = 1);
	ASK(LINK_UPDATE, -EBADF, a->link_update.link_fd = BAD_FD);
	ASK(LINK_UPDATE, -EINVAL, a->link_update.link_fd = f->map);
	ASK(LINK_DETACH, -EBADF, a->link_detach.link_fd = BAD_FD);
	ASK(LINK_DETACH, -EINVAL, a->link_detach.link_fd = f->xdp);
	ASK(LINK_GET_NEXT_ID, -EINVAL, a->start_id = 0x7fffffff);
	ASK(LINK_GET_NEXT_ID, -EINVAL, a->open_flags = 1);
	ASK(LINK_GET_FD_BY_ID, -ENOENT, a->link_id = 0x7ffffff0);
	ASK(LINK_GET_FD_BY_ID, -EINVAL, a->next_id = 1);
	ASK(ITER_CREATE, -EBADF, a->iter_create.link_fd = BAD_FD);
	ASK(ITER_CREATE, -EINVAL, a->iter_create.link_fd = f->map);
	ASK(ITER_CREATE, -EINVAL, a->iter_create.link_fd = BAD_FD; a->iter_create.flags = 1);
}

/* libbpf asks so whether links of perf events are there. */
static void an_event_link_says_first_that_there_is_no_event(void **state)
{
	for (int i = 0; i < nr_doors; i++) {
		long prog = load(&doors[i], BPF_PROG_TYPE_TRACEPOINT, 0);
		union bpf_attr attr = { 0 };

		if (prog < 0)
			continue; /* a kernel that was built without tracing */
		attr.link_create.prog_fd = prog;
		attr.link_create.target_fd = -1;
		attr.link_create.attach_type = BPF_PERF_EVENT;
		assert_int_equal(door_bpf(&doors[i], BPF_LINK_CREATE, &attr, sizeof(attr)), -EBADF);
		attr.link_create.flags = 1;
		assert_int_equal(door_bpf(&doors[i], BPF_LINK_CREATE, &attr, sizeof(attr)),
				 -EINVAL);
		close(prog);
	}
}

static void tracepoints_are_opened_by_name(void **state)
{
	ASK(RAW_TRACEPOINT_OPEN, -EBADF, a->raw_tracepoint.prog_fd = BAD_FD);
	ASK(RAW_TRACEPOINT_OPEN, -EINVAL, a->raw_tracepoint.prog_fd = f->map);
	ASK(RAW_TRACEPOINT_OPEN, -EINVAL, a->raw_tracepoint.prog_fd = f->xdp;
	    a->raw_tracepoint.name = (uintptr_t) "x");
	ASK(RAW_TRACEPOINT_OPEN, -EFAULT, a->raw_tracepoint.prog_fd = f->raw_tp;
	    a->raw_tracepoint.name = 8);
	ASK(RAW_TRACEPOINT_OPEN, -ENOENT, a->raw_tracepoint.prog_fd = f->raw_tp;
	    a->raw_tracepoint.name = (uintptr_t) "no_such_tracepoint");
}

static void queries_of_fds_name_a_process_that_is_there(void **state)
{
	ASK(TASK_FD_QUERY, -EINVAL, a->task_fd_query.pid = getpid(); a->task_fd_query.flags = 1);
	ASK(TASK_FD_QUERY, -ENOENT, a->task_fd_query.pid = 0x3fffffff);
	ASK(TASK_FD_QUERY, -EBADF, a->task_fd_query.pid = getpid(); a->task_fd_query.fd = BAD_FD);
	ASK(TASK_FD_QUERY, -ENOTSUPP, a->task_fd_query.pid = getpid();
	    a->task_fd_query.fd = f->map);
}

static void tokens_need_a_file_system_to_come_from(void **state)
{
	ASK(TOKEN_CREATE, -EINVAL, a->token_create.flags = 1);
	ASK(TOKEN_CREATE, -EBADF, a->token_create.bpffs_fd = BAD_FD);
	ASK(TOKEN_CREATE, -EINVAL, a->token_create.bpffs_fd = f->map);
}

static void a_program_that_wrote_nothing_has_empty_streams(void **state)
{
	static char room[16];

	ASK(PROG_STREAM_READ_BY_FD, -EBADF, a->prog_stream_read.prog_fd = BAD_FD;
	    a->prog_stream_read.stream_id = 1);
	ASK(PROG_STREAM_READ_BY_FD, -EINVAL, a->prog_stream_read.prog_fd = f->map;
	    a->prog_stream_read.stream_id = 1);
	for (u32 stream = 0; stream < 4; stream++)
		ASK(PROG_STREAM_READ_BY_FD, stream == 1 || stream == 2 ? 0 : -ENOENT,
		    a->prog_stream_read.prog_fd = f->xdp;
		    a->prog_stream_read.stream_id = stream;
		    a->prog_stream_read.stream_buf = (uintptr_t)room;
		    a->prog_stream_read.stream_buf_len = sizeof(room));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_are_attached_where_they_belong_or_not_at_all),
		cmocka_unit_test(links_are_made_of_programs_and_hooks_that_fit),
		cmocka_unit_test(an_event_link_says_first_that_there_is_no_event),
		cmocka_unit_test(tracepoints_are_opened_by_name),
		cmocka_unit_test(queries_of_fds_name_a_process_that_is_there),
		cmocka_unit_test(tokens_need_a_file_system_to_come_from),
		cmocka_unit_test(a_program_that_wrote_nothing_has_empty_streams),
	};

	if (!doors_open())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
