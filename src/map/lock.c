/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for a lock whose holder may have died, and telling the dead from the living.
 * Everything here may run in a signal handler: system calls and nothing else of libc, errno kept.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "map/lock.h"

/* The bits of skep__tid() above TID_BITS. */
#define START_BITS 6 /* 0: start time not known */
#define NS_BITS 4
static_assert(TID_BITS + START_BITS + NS_BITS == 32, "one word");

#define TURNS_SPINNING 256 /* about a microsecond or two */
#define TURNS_PER_CHECK 64 /* looks at the clock and at the holder */

#define MS 1000000ull
#define WITH_STOPPED (10 * MS)
#define WITH_ONE (250 * MS) /* that runs, waits for a CPU, for a page */
#define WITH_ALL (1000 * MS) /* others were faster each time */

_Thread_local u32 skep__tid_known;

static void forget_tid(void)
{
	skep__tid_known = 0;
}

/* A forked child is another thread than the one it was copied from. */
static void __attribute__((constructor)) forget_tid_after_fork(void)
{
	pthread_atfork(NULL, NULL, forget_tid);
}

static char *put_text(char *to, const char *text)
{
	while (*text)
		*to++ = *text++;
	*to = '\0';
	return to;
}

static char *put_number(char *to, u32 n)
{
	char digits[10];
	int len = 0;

	do {
		digits[len++] = '0' + n % 10;
	} while (n /= 10);
	while (len)
		*to++ = digits[--len];
	*to = '\0';
	return to;
}

struct thread_stat {
	char state; /* R, S, ..., Z, X */
	u64 start; /* clock ticks since boot */
};

/* The fields after the command's name, which is in parentheses and may hold any byte. */
static bool parse_stat(const char *text, size_t len, struct thread_stat *out)
{
	size_t at = len;
	int field = 3;

	while (at > 0 && text[at - 1] != ')')
		at--;
	if (at == 0 || at + 1 >= len)
		return false;
	out->state = text[at + 1];
	for (; at < len && field < 22; at++)
		field += text[at] == ' ' && at > 0 && text[at - 1] != ')';
	for (out->start = 0; at < len && text[at] >= '0' && text[at] <= '9'; at++)
		out->start = out->start * 10 + (text[at] - '0');
	return field == 22;
}

static bool read_stat(u32 tid, struct thread_stat *out)
{
	char path[32], text[512];
	ssize_t len;
	int fd;

	put_text(put_number(put_text(path, "/proc/"), tid), "/stat");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, text, sizeof(text));
	close(fd);
	return len > 0 && parse_stat(text, len, out);
}

static u32 start_bits(const struct thread_stat *stat)
{
	return 1 + stat->start % ((1u << START_BITS) - 1);
}

/* Something of the pid namespace that the caller's numbers belong to. */
static u32 ns_bits(void)
{
	struct stat st;

	if (stat("/proc/self/ns/pid", &st))
		return 0;
	return (st.st_ino ^ st.st_ino >> NS_BITS) & ((1u << NS_BITS) - 1);
}

u32 skep__tid_of(u32 tid)
{
	int saved = errno;
	struct thread_stat stat;
	u32 start = read_stat(tid, &stat) ? start_bits(&stat) : 0;
	u32 ns = ns_bits();

	errno = saved;
	return (tid & TID_MASK) | start << TID_BITS | ns << (TID_BITS + START_BITS);
}

u32 skep__tid_learn(void)
{
	return skep__tid_known = skep__tid_of(syscall(SYS_gettid));
}

enum fate { DEAD, STOPPED, ALIVE };

static enum fate fate_of(u32 owner)
{
	u32 tid = owner & TID_MASK;
	u32 start = owner >> TID_BITS & ((1u << START_BITS) - 1);
	struct thread_stat now;

	if (owner >> (TID_BITS + START_BITS) != skep__tid() >> (TID_BITS + START_BITS))
		return STOPPED; /* for all that can be seen from here */
	if (tid == 0 || (syscall(SYS_tkill, tid, 0) && errno == ESRCH))
		return DEAD;
	if (!read_stat(tid, &now))
		return STOPPED;
	if (now.state == 'Z' || now.state == 'X' || (start && start != start_bits(&now)))
		return DEAD;
	return now.state == 'T' || now.state == 't' ? STOPPED : ALIVE;
}

bool skep__tid_dead(u32 tid)
{
	int saved = errno;
	enum fate fate = fate_of(tid);

	errno = saved;
	return fate == DEAD;
}

/* The holder has not let go for a while: is there a point in waiting? */
static int look_at_holder(struct lock_wait *wait, u32 owner)
{
	int saved = errno;
	enum fate fate = fate_of(owner);
	u64 now = now_ns(CLOCK_MONOTONIC);

	errno = saved;
	if (fate == DEAD) {
		wait->dead = owner;
		return LOCK_OWNER_DEAD;
	}
	if (!wait->began_ns)
		wait->began_ns = now;
	if (wait->owner != owner) {
		wait->owner = owner;
		wait->since_ns = now;
	}
	if (now - wait->since_ns > (fate == STOPPED ? WITH_STOPPED : WITH_ONE))
		return -EBUSY;
	return now - wait->began_ns > WITH_ALL ? -EBUSY : LOCK_TRY_AGAIN;
}

int skep__lock_wait(struct lock_wait *wait, u32 owner)
{
	int turn = LOCK_TRY_AGAIN;

	if (owner == skep__tid())
		return -EBUSY;
	if (owner == wait->dead)
		return LOCK_OWNER_DEAD;
	if (wait->turns++ < TURNS_SPINNING) {
		lock_pause();
		return LOCK_TRY_AGAIN;
	}
	if (wait->turns % TURNS_PER_CHECK == 1)
		turn = look_at_holder(wait, owner);
	if (turn == LOCK_TRY_AGAIN)
		sched_yield();
	return turn;
}

int skep__lock_contended(struct map_lock *lock)
{
	struct lock_wait wait = { 0 };

	for (;;) {
		u32 owner = atomic_load_explicit(&lock->owner, memory_order_relaxed);
		int turn = owner ? skep__lock_wait(&wait, owner) : LOCK_TRY_AGAIN;

		if (turn < 0)
			return turn;
		if ((!owner || turn == LOCK_OWNER_DEAD) && lock_try_word(&lock->owner, owner))
			return 0;
	}
}

int skep__trylock_contended(struct map_lock *lock)
{
	u32 owner = atomic_load_explicit(&lock->owner, memory_order_relaxed);

	if (owner == skep__tid() || (owner && !skep__tid_dead(owner)))
		return -EBUSY;
	return lock_try_word(&lock->owner, owner) ? 0 : -EBUSY;
}
