/* SPDX-License-Identifier: BSD-2-Clause */
#include "door/remote.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "world/world.h"

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif
#ifndef SECCOMP_ADDFD_FLAG_SEND
#define SECCOMP_ADDFD_FLAG_SEND (1UL << 1)
#endif

#define LOOK_EVERY_MS 10 /* for signals, in long calls */
#define GUESS_AFTER 2 /* calls that found an fd the same */
#define GUESS_REST 16 /* more of them when the guess was wrong */

static struct remote *to_remote(struct client *c)
{
	return container_of(c, struct remote, client);
}

/* Whoever calls over a socket waits at its other end. */
static bool is_connected(int conn)
{
	struct pollfd pfd = { .fd = conn, .events = POLLRDHUP };

	return poll(&pfd, 1, 0) == 0;
}

static bool is_alive(const struct remote *r)
{
	if (r->listener < 0)
		return is_connected(r->conn);
	return ioctl(r->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &r->id) == 0;
}

/*
 * Numbers are given in turn, so one comes again when all others were given: at 10 us a thread on
 * each of 64 CPUs, 32768 of them take 5 ms.
 */
#define TRUST_NS 200000
#define NUMBERS_MIN 32768

u64 skep__remote_trust_ns(void)
{
	FILE *f = fopen("/proc/sys/kernel/pid_max", "re");
	int max = 0;

	if (f && fscanf(f, "%d", &max) != 1)
		max = 0;
	if (f)
		fclose(f);
	return max >= NUMBERS_MIN ? TRUST_NS : 0;
}

/* Has the client been there all the time: is what was read its own, and what is written, too? The
 * clock is read first: it was there at that time or later. */
static bool still_there(struct remote *r)
{
	u64 now = now_ns(CLOCK_MONOTONIC);

	if (r->alive_ns && now - r->alive_ns < r->trust_ns)
		return true;
	if (!is_alive(r))
		return false;
	r->alive_ns = now;
	return true;
}

static bool read_memory(const struct remote *r, void *to, u64 addr, size_t len)
{
	struct iovec local = { to, len }, remote = { (void *)addr, len };

	return process_vm_readv(r->tid, &local, 1, &remote, 1, 0) == (ssize_t)len;
}

/* Where the thread that calls has its place, or another thread yet. */
static struct pidfd_slot *slot_for(const struct remote *r)
{
	return &r->pidfds->slots[r->tid % PIDFD_SLOTS];
}

/* What is known of the thread that calls; NULL: nothing. */
static struct pidfd_slot *slot_of(const struct remote *r)
{
	return slot_for(r)->tid == r->tid ? slot_for(r) : NULL;
}

/* Where the system stops at one of them, those before it are here. */
static void read_near(const struct remote *r, u64 from, u64 len, const struct habit_reads *usual)
{
	struct iovec remote[1 + HABIT_RANGES] = { { (void *)from, len } }, local[2];
	struct remote_near *near = r->near;
	u32 total = 0;

	for (u32 i = 0; i < usual->nr; i++) {
		remote[1 + i] =
			(struct iovec){ (void *)usual->ranges[i].addr, usual->ranges[i].len };
		total += usual->ranges[i].len;
	}
	local[0] = (struct iovec){ near->bytes, len };
	local[1] = (struct iovec){ near->usual_bytes, total };
	ssize_t left = process_vm_readv(r->tid, local, 1 + !!total, remote, 1 + usual->nr, 0);
	if (left < (ssize_t)len)
		return;
	near->here = (struct memory_range){ from, len };
	left -= len;
	for (u32 i = 0; i < usual->nr && left >= (ssize_t)usual->ranges[i].len; i++) {
		near->usual[near->nr_usual++] = usual->ranges[i];
		left -= usual->ranges[i].len;
	}
}

/* With the first read, what is around it in the same pages, and what calls like this one read
 * usually. */
static void fill_near(const struct remote *r, u64 addr, size_t len)
{
	u64 page = addr & ~4095ull, last = (addr + len - 1) | 4095, from, to;
	const struct pidfd_slot *slot = slot_of(r);
	struct habit_reads usual = { 0 };

	r->near->was_filled = true;
	if (!len || len > NEAR_AFTER / 2 || addr + len < addr || last == UINT64_MAX)
		return;
	from = addr - page < NEAR_BEFORE ? page : addr - NEAR_BEFORE;
	to = last - addr < NEAR_AFTER ? last + 1 : addr + NEAR_AFTER;
	if (slot)
		skep__habit_guess(&slot->habit, r->cmd, &usual);
	read_near(r, from, to - from, &usual);
}

/* In the bytes of one range after the other; NULL: in none. */
static const u8 *find_in(const struct memory_range *ranges, u32 nr, const u8 *bytes, u64 addr,
			 size_t len)
{
	for (u32 i = 0; i < nr; i++) {
		if (range_has(&ranges[i], addr, len))
			return bytes + (addr - ranges[i].addr);
		bytes += ranges[i].len;
	}
	return NULL;
}

/* Is that here already? */
static const u8 *find_here(const struct remote *r, u64 addr, size_t len)
{
	const struct remote_near *near = r->near;
	const struct remote_ahead *ahead = r->ahead;
	const u8 *found = NULL;

	if (near && range_has(&near->here, addr, len))
		return near->bytes + (addr - near->here.addr);
	if (near)
		found = find_in(near->usual, near->nr_usual, near->usual_bytes, addr, len);
	if (!found && ahead)
		found = find_in(ahead->ranges, ahead->nr, ahead->bytes, addr, len);
	return found;
}

static int remote_read(struct client *c, void *to, u64 addr, size_t len)
{
	struct remote *r = to_remote(c);

	if (r->near && !r->near->was_filled)
		fill_near(r, addr, len);
	if (r->near && !range_has(&r->near->here, addr, len))
		skep__habit_note(&r->far, addr, len);
	const u8 *here = find_here(r, addr, len);
	if (here)
		memcpy(to, here, len);
	else if (!read_memory(r, to, addr, len))
		return -EFAULT;
	return still_there(r) ? 0 : -EFAULT;
}

void skep__remote_end(struct remote *r)
{
	struct pidfd_slot *slot = r->near && r->cmd >= 0 ? slot_of(r) : NULL;

	skep__free(r->ahead);
	if (slot)
		skep__habit_learn(&slot->habit, r->cmd, &r->far);
}

/* What cannot be had is left to the reads, which say so. */
static void remote_expect(struct client *c, const struct memory_range *ranges, u32 nr)
{
	struct remote *r = to_remote(c);
	struct iovec local, remote[AHEAD_RANGES];
	u64 total = 0;
	u32 n = 0;

	for (u32 i = 0; i < nr && n < AHEAD_RANGES; i++) {
		u64 len = ranges[i].len;

		if (!len || len > AHEAD_BYTES - total || find_here(r, ranges[i].addr, len))
			continue;
		remote[n++] = (struct iovec){ (void *)ranges[i].addr, len };
		total += len;
	}
	if (r->ahead || n < 2)
		return;
	r->ahead = skep__alloc(sizeof(*r->ahead) + total);
	if (!r->ahead)
		return;
	r->ahead->nr = 0;
	local = (struct iovec){ r->ahead->bytes, total };
	ssize_t left = process_vm_readv(r->tid, &local, 1, remote, n, 0);
	for (u32 i = 0; i < n && left >= (ssize_t)remote[i].iov_len; i++) {
		r->ahead->ranges[r->ahead->nr++] =
			(struct memory_range){ (u64)remote[i].iov_base, remote[i].iov_len };
		left -= remote[i].iov_len;
	}
}

/*
 * Between the question and the write the client may still be killed; its number would have to come
 * round through all of the system's meanwhile for the write to reach a stranger of the same user.
 */
static int remote_write(struct client *c, u64 addr, const void *from, size_t len)
{
	struct remote *r = to_remote(c);
	struct iovec local = { (void *)from, len }, remote = { (void *)addr, len };

	if (!still_there(r))
		return -EFAULT;
	if (r->near)
		r->near->here.len = r->near->nr_usual = 0;
	if (r->ahead)
		r->ahead->nr = 0;
	return process_vm_writev(r->tid, &local, 1, &remote, 1, 0) == (ssize_t)len ? 0 : -EFAULT;
}

static int open_pidfd(u32 tid)
{
	int fd = syscall(SYS_pidfd_open, tid, PIDFD_THREAD);

	if (fd < 0 && errno == EINVAL) /* before 6.9: first threads only */
		fd = syscall(SYS_pidfd_open, tid, 0);
	return fd < 0 ? -errno : fd;
}

/* The fd behind a pidfd; -ESRCH for a thread that is no more, whoever has its number now. */
static int get_fd(int pidfd, int fd)
{
	int got = syscall(SYS_pidfd_getfd, pidfd, fd, 0);

	return got < 0 ? -errno : got;
}

/* Where there is no pidfd, there is a directory in /proc: good for files that can be opened again.
 */
static int reopen_fd(u32 tid, int fd)
{
	char path[48];
	int here;

	snprintf(path, sizeof(path), "/proc/%u/fd/%d", tid, fd);
	here = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (here < 0)
		return errno == ENOENT ? -EBADF : -EPERM; /* an epoll set, say */
	return here;
}

/* A pidfd of the caller that was fresh at one time, or a new one; or -ENOSYS. */
static int new_pidfd(struct remote *r)
{
	struct pidfd_slot *slot = slot_for(r);
	int pidfd = open_pidfd(r->tid);

	if (pidfd < 0)
		return -ENOSYS;
	if (slot->tid)
		close(slot->fd);
	*slot = (struct pidfd_slot){ .tid = r->tid, .fd = pidfd };
	if (is_alive(r))
		return pidfd;
	slot->tid = 0; /* it may be another's that has the number now */
	close(pidfd);
	return -ESRCH;
}

static int pidfd_of(struct remote *r)
{
	const struct pidfd_slot *slot = slot_of(r);

	return slot ? slot->fd : new_pidfd(r);
}

/* A thread that has the number of one that was here before shows when the old pidfd is asked. */
static int borrow_fd(struct remote *r, int fd)
{
	int pidfd = pidfd_of(r), got = pidfd < 0 ? pidfd : get_fd(pidfd, fd);

	if (got == -ESRCH) {
		pidfd = new_pidfd(r);
		got = pidfd < 0 ? pidfd : get_fd(pidfd, fd);
	}
	return got;
}

/* Before 5.6, or before 6.9 for other threads than the first, or below a container's filter. */
static bool is_forbidden(int err)
{
	return err == -ENOSYS || err == -EPERM;
}

static int remote_borrow_fd(struct client *c, int fd)
{
	struct remote *r = to_remote(c);
	int got = borrow_fd(r, fd);

	if (is_forbidden(got))
		return reopen_fd(r->tid, fd);
	return got < 0 ? -EBADF : got;
}

/* What the system says in files about an fd that cannot be had. */
static int read_about_fd(struct remote *r, int fd, struct fd_id *out)
{
	char path[48], line[64];
	unsigned int flags = 0;
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%u/fd/%d", r->tid, fd);
	if (stat(path, &st))
		return -EBADF;
	snprintf(path, sizeof(path), "/proc/%u/fdinfo/%d", r->tid, fd);
	FILE *info = fopen(path, "re");
	if (!info)
		return -EBADF;
	while (fgets(line, sizeof(line), info) && sscanf(line, "flags: %o", &flags) != 1)
		;
	fclose(info);
	*out = (struct fd_id){
		.dev = st.st_dev,
		.ino = st.st_ino,
		.accmode = flags & O_ACCMODE,
		.is_socket = S_ISSOCK(st.st_mode),
	};
	return is_alive(r) ? 0 : -EBADF;
}

static struct fd_guess *guess_of(struct remote *r, int fd)
{
	struct pidfd_slot *slot = slot_of(r);

	return slot ? &slot->guesses[(u32)fd % FD_GUESSES] : NULL;
}

/* The same description as before? The client may have closed the fd meanwhile, or put another one
 * in its place, so the kernel is asked; but that is one call in place of four. */
static bool confirm_guess(struct remote *r, int fd, struct fd_guess *guess, struct fd_id *out)
{
	struct fd_id id = { .dev = guess->dev, .ino = guess->ino };
	struct object *obj = skep__world_get_by_fd(r->world, &id);
	int same = obj ? skep__object_compare_kept_fd(obj, r->own_pid, r->tid, fd, &id.accmode)
		       : -ENOENT;

	if (obj)
		object_put(obj);
	if (same == 1 && still_there(r)) {
		*out = id;
		return true;
	}
	guess->seen = same == -ENOENT ? GUESS_AFTER - 1 : GUESS_AFTER - GUESS_REST;
	return false;
}

/* Takes over the client's fd that is here, whose number may come again. */
static void learn_fd(struct remote *r, int fd, const struct fd_id *id, int here)
{
	struct fd_guess *guess = guess_of(r, fd);
	struct object *obj = NULL;

	if (guess && (guess->fd != fd || guess->dev != id->dev || guess->ino != id->ino))
		*guess = (struct fd_guess){ .fd = fd, .dev = id->dev, .ino = id->ino };
	if (guess && ++guess->seen >= GUESS_AFTER)
		obj = skep__world_get_by_fd(r->world, id);
	if (obj && obj->kind == OBJ_MAP)
		here = skep__object_keep_fd(obj, here, id->accmode);
	if (obj)
		object_put(obj);
	if (here >= 0)
		close(here);
}

static int remote_identify_fd(struct client *c, int fd, struct fd_id *out)
{
	struct remote *r = to_remote(c);
	struct fd_guess *guess = r->world ? guess_of(r, fd) : NULL;
	int here, err;

	if (guess && guess->fd == fd && guess->seen >= GUESS_AFTER &&
	    confirm_guess(r, fd, guess, out))
		return 0;
	here = borrow_fd(r, fd);
	if (is_forbidden(here))
		return read_about_fd(r, fd, out);
	if (here < 0)
		return -EBADF;
	err = skep__fd_identify(here, out);
	if (err || !r->world)
		close(here);
	else
		learn_fd(r, fd, out, here);
	return err;
}

/* Gives the fd and answers the call with its number, at once: a client that is killed gets neither.
 */
static int remote_give_fd(struct client *c, int fd)
{
	struct remote *r = to_remote(c);
	struct seccomp_notif_addfd add = {
		.id = r->id,
		.flags = SECCOMP_ADDFD_FLAG_SEND,
		.srcfd = fd,
		.newfd_flags = O_CLOEXEC,
	};

	if (r->listener < 0) {
		r->given = fd;
		return 0;
	}
	int given = ioctl(r->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);

	if (given >= 0) {
		r->is_answered = true;
	} else if (errno == EINVAL) { /* before 5.14 */
		add.flags = 0;
		given = ioctl(r->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
	}
	if (given < 0)
		given = -errno;
	close(fd);
	return given;
}

static int remote_add_fd(struct client *c, int fd)
{
	struct remote *r = to_remote(c);
	struct seccomp_notif_addfd add = { .id = r->id, .srcfd = fd, .newfd_flags = O_CLOEXEC };
	int given = r->listener < 0 ? -1 : ioctl(r->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);

	if (given < 0)
		given = r->listener < 0
				? -EPERM
				: -errno; /* one fd goes with an answer, and none before it */
	close(fd);
	return given;
}

/* From the caller's root on: absolute links below it lead to places below it, too. */
static int open_from_root(u32 tid, const char *path, int flags)
{
	struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	char proc[32];
	int root, fd, err;

	snprintf(proc, sizeof(proc), "/proc/%u/root", tid);
	root = open(proc, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
	err = -errno;
	close(root);
	return fd < 0 ? err : fd;
}

static int remote_open_path(struct client *c, int dirfd, const char *path, int flags)
{
	u32 tid = to_remote(c)->tid;
	char proc[48];
	int dir, fd, err;

	if (path[0] == '/')
		return open_from_root(tid, path, flags);
	if (dirfd == AT_FDCWD)
		snprintf(proc, sizeof(proc), "/proc/%u/cwd", tid);
	else
		snprintf(proc, sizeof(proc), "/proc/%u/fd/%d", tid, dirfd);
	dir = open(proc, O_PATH | O_CLOEXEC);
	if (dir < 0)
		return dirfd == AT_FDCWD ? -errno : -EBADF;
	fd = openat(dir, path, flags | O_CLOEXEC);
	err = -errno;
	close(dir);
	return fd < 0 ? err : fd;
}

static int remote_open_maps(struct client *c)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/maps", to_remote(c)->tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* A line of /proc/TID/status with a set of signals. */
static u64 signal_set(const char *status, const char *title)
{
	const char *at = strstr(status, title);

	return at ? strtoull(at + strlen(title), NULL, 16) : 0;
}

/* Signals that the thread would take if it were not in this call. */
static bool has_signals(u32 tid)
{
	char path[32], status[4096];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/status", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, status, sizeof(status) - 1);
	close(fd);
	if (n <= 0)
		return false;
	status[n] = 0;
	return (signal_set(status, "\nSigPnd:\t") | signal_set(status, "\nShdPnd:\t")) &
	       ~signal_set(status, "\nSigBlk:\t");
}

/* Asked often, so it looks once in some milliseconds. */
static bool remote_is_interrupted(struct client *c)
{
	struct remote *r = to_remote(c);
	u64 ms = now_ns(CLOCK_MONOTONIC_COARSE) / 1000000;

	if (!r->looked_ms)
		r->looked_ms = ms;
	if (ms - r->looked_ms < LOOK_EVERY_MS)
		return false;
	r->looked_ms = ms;
	return !is_alive(r) || has_signals(r->tid);
}

/* Since Linux 6.13 a pidfd says whose thread it is. */
struct pidfd_info {
	u64 mask, cgroupid;
	u32 pid, tgid, ppid, ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	s32 exit_code;
};
#define PIDFD_INFO_CREDS (1UL << 1)
#define GET_PIDFD_INFO _IOWR(0xFF, 11, struct pidfd_info)

/* Before, the effective one for both; root's of a process that is not dumpable. */
static u32 owner_in_proc(const struct remote *r)
{
	char path[24];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%u", r->tid);
	return stat(path, &st) ? (u32)-1 : st.st_uid;
}

static u32 remote_uid(struct client *c, enum uid_kind kind)
{
	struct pidfd_info info = { .mask = PIDFD_INFO_CREDS };
	struct remote *r = to_remote(c);
	int pidfd = pidfd_of(r);

	if (pidfd < 0 || ioctl(pidfd, GET_PIDFD_INFO, &info) || !(info.mask & PIDFD_INFO_CREDS))
		return owner_in_proc(r);
	return kind == UID_REAL ? info.ruid : info.fsuid;
}

const struct client_ops skep__client_remote = {
	.read = remote_read,
	.write = remote_write,
	.identify_fd = remote_identify_fd,
	.give_fd = remote_give_fd,
	.add_fd = remote_add_fd,
	.borrow_fd = remote_borrow_fd,
	.open_path = remote_open_path,
	.open_maps = remote_open_maps,
	.expect = remote_expect,
	.uid = remote_uid,
	.is_interrupted = remote_is_interrupted,
};

void skep__pidfds_close(struct pidfds *p)
{
	for (int i = 0; i < PIDFD_SLOTS; i++) {
		if (p->slots[i].tid)
			close(p->slots[i].fd);
		p->slots[i].tid = 0;
	}
}
