/* SPDX-License-Identifier: BSD-2-Clause */
/* bpf(2) of the running kernel, as small functions for tests. */
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <skep/skep.h>

#include "ask_kernel.h"

static struct skep_world *world, *asked_world;

int open_asked_world(void **state)
{
	struct skep_world_opts opts = { .size = sizeof(opts) };

	world = skep_world_new(&opts);
	return world ? 0 : -1;
}

int close_asked_world(void **state)
{
	skep_world_free(world);
	return 0;
}

void ask_world_instead(void)
{
	static const enum skep_mode modes[] = { SKEP_MODE_INTERP, SKEP_MODE_JIT,
						SKEP_MODE_CHECKED };
	static u32 turn;

	skep_world_set_mode(world, modes[turn++ % ARRAY_SIZE(modes)]);
	asked_world = world;
}

void ask_kernel_again(void)
{
	asked_world = NULL;
}

int kernel_give_up_perfmon(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		return -errno;
	data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective &= ~CAP_TO_MASK(CAP_SYS_ADMIN);
	data[CAP_TO_INDEX(CAP_PERFMON)].effective &= ~CAP_TO_MASK(CAP_PERFMON);
	return syscall(SYS_capset, &head, data) ? -errno : 0;
}

long kernel_bpf(int cmd, union bpf_attr *attr)
{
	long ret;

	if (asked_world)
		return skep_bpf(asked_world, cmd, attr, sizeof(*attr));
	ret = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : ret;
}

static u64 ptr(const void *p)
{
	return (u64)(uintptr_t)p;
}

int kernel_prog_load(const struct kernel_load *load)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = load->prog_type;
	attr.expected_attach_type = load->expected_attach_type;
	attr.prog_flags = load->prog_flags;
	attr.attach_btf_id = load->attach_btf_id;
	attr.insns = ptr(load->insns);
	attr.insn_cnt = load->len;
	attr.license = ptr(load->license ? load->license : "GPL");
	if (load->log) {
		load->log[0] = '\0';
		attr.log_level = load->log_level ? load->log_level : 1;
		attr.log_buf = ptr(load->log);
		attr.log_size = load->log_size;
	}
	return kernel_bpf(BPF_PROG_LOAD, &attr);
}

const char *kernel_answers(void)
{
	static const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct kernel_load load = {
		.prog_type = BPF_PROG_TYPE_SCHED_CLS,
		.insns = nothing,
		.len = ARRAY_SIZE(nothing),
	};
	int fd = kernel_prog_load(&load);

	if (fd == -ENOSYS)
		return "this kernel has no bpf(2)";
	if (fd < 0)
		return "this user may not load programs into the kernel";
	close(fd);
	return NULL;
}

const char *why_no_kernel(void)
{
	const char *why = kernel_answers();

	if (why)
		printf("skipped: %s\n", why);
	return why;
}

int kernel_prog_run(struct kernel_run *run)
{
	union bpf_attr attr;
	long ret;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = run->fd;
	attr.test.flags = run->flags;
	attr.test.data_in = ptr(run->data_in);
	attr.test.data_size_in = run->data_size_in;
	attr.test.data_out = ptr(run->data_out);
	attr.test.data_size_out = run->data_size_out;
	attr.test.ctx_in = ptr(run->ctx_in);
	attr.test.ctx_size_in = run->ctx_size_in;
	attr.test.ctx_out = ptr(run->ctx_out);
	attr.test.ctx_size_out = run->ctx_size_out;
	attr.test.repeat = run->repeat;
	attr.test.cpu = run->cpu;
	attr.test.batch_size = run->batch_size;
	attr.test.duration = run->duration;
	ret = kernel_bpf(BPF_PROG_TEST_RUN, &attr);
	run->retval = attr.test.retval;
	run->data_size_out = attr.test.data_size_out;
	run->ctx_size_out = attr.test.ctx_size_out;
	return ret;
}

int kernel_map_create(u32 type, u32 key_size, u32 value_size, u32 max_entries, u32 flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = key_size;
	attr.value_size = value_size;
	attr.max_entries = max_entries;
	attr.map_flags = flags;
	return kernel_bpf(BPF_MAP_CREATE, &attr);
}

int kernel_map_update(int fd, const void *key, const void *value, u64 flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = ptr(key);
	attr.value = ptr(value);
	attr.flags = flags;
	return kernel_bpf(BPF_MAP_UPDATE_ELEM, &attr);
}

int kernel_map_lookup(int fd, const void *key, void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = ptr(key);
	attr.value = ptr(value);
	return kernel_bpf(BPF_MAP_LOOKUP_ELEM, &attr);
}

/* Bytes that follow a struct btf_type of the given info word. */
static size_t btf_tail(u32 info)
{
	u32 vlen = BTF_INFO_VLEN(info);

	switch (BTF_INFO_KIND(info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_DATASEC:
	case BTF_KIND_ENUM64:
		return vlen * 12;
	case BTF_KIND_ENUM:
	case BTF_KIND_FUNC_PROTO:
		return vlen * 8;
	default:
		return 0;
	}
}

static u32 btf_search(const u8 *raw, const char *name, u32 kind)
{
	const struct btf_header *h = (const void *)raw;
	const u8 *types = raw + h->hdr_len + h->type_off;
	const char *strings = (const char *)raw + h->hdr_len + h->str_off;
	u32 id = 0;

	for (size_t off = 0; off < h->type_len;) {
		const struct btf_type *t = (const void *)(types + off);

		id++;
		if (BTF_INFO_KIND(t->info) == kind && !strcmp(strings + t->name_off, name))
			return id;
		off += sizeof(*t) + btf_tail(t->info);
	}
	return 0;
}

u32 kernel_btf_id(const char *name, u32 kind)
{
	size_t room = 64 << 20, len = 0;
	u8 *raw = malloc(room);
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
	ssize_t got;
	u32 id = 0;

	while (raw && fd >= 0 && (got = read(fd, raw + len, room - len)) > 0)
		len += got;
	if (len > sizeof(struct btf_header))
		id = btf_search(raw, name, kind);
	if (fd >= 0)
		close(fd);
	free(raw);
	return id;
}
