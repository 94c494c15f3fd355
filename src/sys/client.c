/* SPDX-License-Identifier: BSD-2-Clause */
#include "sys/client.h"

#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/own_memory.h"

/*
 * In-process callers hand in pointers that may be anything. Into the frames of the functions that
 * called here, as most of them are, they are good, and no system call has to find that out.
 */
static bool is_safe(const struct client *c, u64 addr, size_t len)
{
	return c->trusted || skep__is_on_stack(addr, len);
}

/* Elsewhere the kernel copies for us and says EFAULT where a plain memcpy would die. */
static int self_read(struct client *c, void *to, u64 addr, size_t len)
{
	struct iovec local = { to, len }, remote = { (void *)addr, len };

	if (is_safe(c, addr, len)) {
		skep__copy_own(to, (const void *)addr, len);
		return 0;
	}
	return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)len ? 0 : -EFAULT;
}

static int self_write(struct client *c, u64 addr, const void *from, size_t len)
{
	struct iovec local = { (void *)from, len }, remote = { (void *)addr, len };

	if (is_safe(c, addr, len)) {
		skep__copy_own((void *)addr, from, len);
		return 0;
	}
	return process_vm_writev(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)len ? 0 : -EFAULT;
}

static u32 self_uid(struct client *c, enum uid_kind kind)
{
	return getuid();
}

static int self_identify_fd(struct client *c, int fd, struct fd_id *out)
{
	return skep__fd_identify(fd, out);
}

static int self_give_fd(struct client *c, int fd)
{
	return fd;
}

static int self_borrow_fd(struct client *c, int fd)
{
	int dup = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return dup < 0 ? -EBADF : dup;
}

static int self_open_maps(struct client *c)
{
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int self_close_fd(struct client *c, int fd)
{
	return close(fd) ? -errno : 0;
}

const struct client_ops skep__client_self = {
	.read = self_read,
	.write = self_write,
	.identify_fd = self_identify_fd,
	.give_fd = self_give_fd,
	.add_fd = self_give_fd,
	.borrow_fd = self_borrow_fd,
	.open_maps = self_open_maps,
	.close_fd = self_close_fd,
	.uid = self_uid,
};

void *skep__client_read_dup(struct client *c, u64 addr, size_t len, int *err)
{
	void *copy = skep__alloc(len);

	*err = copy ? client_read(c, copy, addr, len) : -ENOMEM;
	if (!*err)
		return copy;
	skep__free(copy);
	return NULL;
}

s64 skep__client_read_str(struct client *c, char *to, u64 addr, size_t size)
{
	for (size_t done = 0; done < size - 1;) {
		/* Never across a page: what follows the string's end may not be mapped. */
		size_t step = min(size - 1 - done, 4096 - (addr + done) % 4096);

		if (client_read(c, to + done, addr + done, step))
			return -EFAULT;
		char *end = memchr(to + done, '\0', step);
		if (end)
			return end - to;
		done += step;
	}
	to[size - 1] = '\0';
	return size - 1;
}

int skep__client_check_tail_zero(struct client *c, u64 addr, size_t known, size_t size)
{
	u8 tail[4096];

	if (size > sizeof(tail))
		return -E2BIG;
	if (size <= known)
		return 0;
	if (client_read(c, tail, addr + known, size - known))
		return -EFAULT;
	for (size_t i = 0; i < size - known; i++) {
		if (tail[i])
			return -E2BIG;
	}
	return 0;
}
