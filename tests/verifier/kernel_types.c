/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel_types.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool read_all(int fd, char *to, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = read(fd, to + done, size - done);

		if (n <= 0)
			return false;
		done += n;
	}
	return true;
}

struct btf *read_kernel_types(void)
{
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY), err;
	struct btf *btf = NULL;
	struct stat st;
	char *raw;

	if (fd < 0 || fstat(fd, &st))
		return NULL;
	raw = malloc(st.st_size);
	if (raw && read_all(fd, raw, st.st_size))
		btf = skep__btf_parse(raw, st.st_size, NULL, NULL, &err);
	free(raw);
	close(fd);
	return btf;
}
