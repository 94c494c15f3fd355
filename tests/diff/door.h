/* SPDX-License-Identifier: BSD-2-Clause */
/* bpf(2) as answered by the kernel or by a skep world: the same calls, so that answers can be compared. */
#ifndef TESTS_DIFF_DOOR_H
#define TESTS_DIFF_DOOR_H

#include "base/types.h"
#include "base/uapi.h"
#include "skep/skep.h"

struct door {
	const char *name; /* "kernel", "checked", "interp", "jit" */
	struct skep_world *world; /* NULL: the kernel */
};

/* A world in the given mode, which verifies unless that is checked mode; false when there is no memory. */
bool door_open_skep(struct door *d, const char *name, enum skep_mode mode);
/* The kernel's own; false (with the reason in errno) when this process may not load programs. */
bool door_open_kernel(struct door *d);
void door_close(struct door *d);

/* The system call: an fd, 0, or -errno. */
long door_bpf(const struct door *d, int cmd, union bpf_attr *attr, size_t size);

long door_map_create(const struct door *d, u32 type, u32 key_size, u32 value_size, u32 max_entries);
long door_map_update(const struct door *d, int fd, const void *key, const void *value);
long door_map_lookup(const struct door *d, int fd, const void *key, void *value);
long door_map_delete(const struct door *d, int fd, const void *key);
long door_prog_load(const struct door *d, u32 type, const struct bpf_insn *insns, u32 len,
		    char *log, u32 log_size);

struct door_run {
	const void *data_in;
	u32 data_size_in;
	void *data_out;
	u32 data_size_out; /* room; then what there is */
	u32 retval;
};
long door_prog_run(const struct door *d, int fd, struct door_run *run);

#endif
