/* SPDX-License-Identifier: BSD-2-Clause */
/* What the test clients share: bpf(2), as hard to catch as it can be made unless USE_LIBC is set,
 * and checks. */
#ifndef SKEP_TESTS_DOOR_CLIENT_H
#define SKEP_TESTS_DOOR_CLIENT_H

#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: %s: %s\n", __func__, __LINE__, #cond,              \
				strerror(errno));                                                  \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

static inline long bpf(int cmd, union bpf_attr *attr, unsigned int size)
{
	long ret;

#if defined(__x86_64__) && !defined(USE_LIBC)
	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(SYS_bpf), "D"((long)cmd), "S"(attr), "d"((long)size)
			 : "rcx", "r11", "memory");
#else
	ret = syscall(SYS_bpf, cmd, attr, size);
	ret = ret < 0 ? -errno : ret;
#endif
	if (ret < 0) {
		errno = -ret;
		return -1;
	}
	return ret;
}

static inline int map_create(int type, int key, int value, int entries, int flags)
{
	union bpf_attr attr = { .map_type = type };

	attr.key_size = key;
	attr.value_size = value;
	attr.max_entries = entries;
	attr.map_flags = flags;
	return bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
}

static inline int elem(int cmd, int fd, const void *key, void *value)
{
	union bpf_attr attr = { .map_fd = fd };

	attr.key = (unsigned long)key;
	attr.value = (unsigned long)value;
	return bpf(cmd, &attr, sizeof(attr));
}

#endif
