/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Types of kernel objects: a world's are those of the machine's kernel, which libbpf reads from the
 * same file. They are read when the first program asks for them, since that takes tens of
 * milliseconds, and kept.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "world/world.h"

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

static bool read_all(int fd, u8 *to, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, to + done, size - done);

		if (n <= 0)
			return false;
		done += n;
	}
	return true;
}

static struct btf *read_btf(int fd)
{
	struct btf *btf = NULL;
	struct stat st;
	int err;

	if (fstat(fd, &st) || st.st_size <= 0 || st.st_size > BTF_MAX_SIZE)
		return NULL;
	u8 *raw = skep__alloc(st.st_size);
	if (raw && read_all(fd, raw, st.st_size))
		btf = skep__btf_parse(raw, st.st_size, NULL, NULL, &err);
	skep__free(raw);
	return btf;
}

const struct btf *skep__world_kernel_btf(struct world *w)
{
	pthread_mutex_lock(&w->lock);
	if (!w->kernel_btf) {
		int fd = open(KERNEL_BTF, O_RDONLY | O_CLOEXEC);

		if (fd >= 0) {
			w->kernel_btf = read_btf(fd);
			close(fd);
		}
	}
	pthread_mutex_unlock(&w->lock);
	return w->kernel_btf;
}
