/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libskep: a user-space kernel for eBPF. A world is to eBPF programs what one booted kernel is; its
 * front door is bpf(2) itself, with the kernel's commands, attr layouts and errnos. Link libbpf on top
 * by defining syscall() and sending SYS_bpf here (see docs/embedding.md).
 */
#ifndef SKEP_SKEP_H
#define SKEP_SKEP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

union bpf_attr;
struct skep_world;

/* Options of a world; start with `.size = sizeof(struct skep_world_opts)`, all else may be 0. */
struct skep_world_opts {
	size_t size;
	uint32_t nr_cpus; /* possible CPUs of the world; 0: as many as the machine has */
	int allow_unverified; /* run what no verifier has proved in plain interpreter and JIT, unchecked */
};

/* A private world, or NULL with errno set (ENOMEM, EMFILE, EINVAL for a bad size). */
struct skep_world *skep_world_new(const struct skep_world_opts *opts);

/* Ends it: its maps, programs and pins are gone; fds that callers hold stay open and answer EBADF here. */
void skep_world_free(struct skep_world *world);

/*
 * bpf(2) on the world: cmd, attr and size as in the manual page. Returns what the system call returns (an
 * fd, or 0) or -errno. Thread-safe.
 */
long skep_bpf(struct skep_world *world, int cmd, union bpf_attr *attr, unsigned int size);

/* How programs of the world run. */
enum skep_mode { SKEP_MODE_CHECKED, SKEP_MODE_INTERP, SKEP_MODE_JIT };

/* Chooses the mode of every run from now on: 0, or -EPERM where it needs allow_unverified. */
int skep_world_set_mode(struct skep_world *world, enum skep_mode mode);

const char *skep_version(void);

#ifdef __cplusplus
}
#endif
#endif
