/* SPDX-License-Identifier: BSD-2-Clause */
#include "door.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

bool door_open_skep(struct door *d, const char *name, enum skep_mode mode)
{
	struct skep_world_opts opts = { .size = sizeof(opts),
					.unverified = mode == SKEP_MODE_CHECKED };

	*d = (struct door){ .name = name, .world = skep_world_new(&opts) };
	if (d->world)
		skep_world_set_mode(d->world, mode);
	return d->world != NULL;
}

bool door_open_kernel(struct door *d)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	long fd;

	*d = (struct door){ .name = "kernel" };
	fd = door_prog_load(d, BPF_PROG_TYPE_XDP, insns, 2, NULL, 0);
	if (fd < 0) {
		errno = -fd;
		return false;
	}
	close(fd);
	return true;
}

void door_close(struct door *d)
{
	if (d->world)
		skep_world_free(d->world);
	d->world = NULL;
}

long door_bpf(const struct door *d, int cmd, union bpf_attr *attr, size_t size)
{
	long ret;

	if (d->world)
		return skep_bpf(d->world, cmd, attr, size);
	ret = syscall(SYS_bpf, cmd, attr, size);
	return ret < 0 ? -errno : ret;
}

long door_map_create(const struct door *d, u32 type, u32 key_size, u32 value_size, u32 max_entries)
{
	union bpf_attr attr = { .map_type = type,
				.key_size = key_size,
				.value_size = value_size,
				.max_entries = max_entries };

	return door_bpf(d, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static long elem(const struct door *d, int cmd, int fd, const void *key, const void *value)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = fd;
	attr.key = (u64)key;
	attr.value = (u64)value;
	return door_bpf(d, cmd, &attr, sizeof(attr));
}

long door_map_update(const struct door *d, int fd, const void *key, const void *value)
{
	return elem(d, BPF_MAP_UPDATE_ELEM, fd, key, value);
}

long door_map_lookup(const struct door *d, int fd, const void *key, void *value)
{
	return elem(d, BPF_MAP_LOOKUP_ELEM, fd, key, value);
}

long door_map_delete(const struct door *d, int fd, const void *key)
{
	return elem(d, BPF_MAP_DELETE_ELEM, fd, key, NULL);
}

long door_prog_load(const struct door *d, u32 type, const struct bpf_insn *insns, u32 len,
		    char *log, u32 log_size)
{
	union bpf_attr attr = { 0 };

	attr.prog_type = type;
	attr.insns = (u64)insns;
	attr.insn_cnt = len;
	attr.license = (u64) "GPL";
	attr.log_buf = (u64)log;
	attr.log_size = log_size;
	attr.log_level = log ? 1 : 0;
	return door_bpf(d, BPF_PROG_LOAD, &attr, sizeof(attr));
}

long door_prog_run(const struct door *d, int fd, struct door_run *run)
{
	union bpf_attr attr = { 0 };
	long err;

	attr.test.prog_fd = fd;
	attr.test.data_in = (u64)run->data_in;
	attr.test.data_size_in = run->data_size_in;
	attr.test.data_out = (u64)run->data_out;
	attr.test.data_size_out = run->data_size_out;
	err = door_bpf(d, BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	run->retval = attr.test.retval;
	run->data_size_out = attr.test.data_size_out;
	return err;
}
