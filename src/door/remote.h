/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client in another process, stopped in a system call that the filter sent here: its memory is
 * copied by the kernel, its fds are looked at through a pidfd, and new fds are put into it. The
 * number of a thread that was killed may be given to another one, so whatever was read is thrown
 * away, and nothing is written, unless the notification is still alive, or was so little time ago
 * that the numbers cannot have gone round since then.
 */
#ifndef SKEP_DOOR_REMOTE_H
#define SKEP_DOOR_REMOTE_H

#include "door/habit.h"
#include "sys/client.h"

#define PIDFD_SLOTS 16

/*
 * Memory around what a call's first read was about: the attr of bpf(2) stands on the caller's stack
 * mostly, and so do the keys and values that it points to, which are then there already. It holds
 * what was there at one moment of the call, until the call writes.
 */
#define NEAR_BEFORE 512
#define NEAR_AFTER 1024

struct remote_near {
	struct memory_range here; /* len 0: nothing yet */
	bool was_filled; /* once is enough */
	u8 bytes[NEAR_BEFORE + NEAR_AFTER];
	u32 nr_usual; /* what the habit (habit.h) said would be read, too */
	struct memory_range usual[HABIT_RANGES];
	u8 usual_bytes[HABIT_RANGES * HABIT_BYTES]; /* of one after the other */
};

/* More that a call will read, brought here by one system call. */
#define AHEAD_RANGES 4
#define AHEAD_BYTES 65536

struct remote_ahead {
	struct memory_range ranges[AHEAD_RANGES];
	u32 nr;
	u8 bytes[]; /* of one after the other */
};

/* What a thread's fd was when it was looked at last. */
struct fd_guess {
	int fd;
	int seen; /* times that it was the same; below zero: the guess was wrong lately */
	u64 dev, ino;
};
#define FD_GUESSES 4

/* The pidfds of threads that called lately. Each serving thread has its own; all-zero to begin
 * with. */
struct pidfds {
	struct pidfd_slot {
		u32 tid; /* 0: empty */
		int fd;
		struct habit habit;
		struct fd_guess guesses[FD_GUESSES];
	} slots[PIDFD_SLOTS];
};
void skep__pidfds_close(struct pidfds *p);

struct remote {
	struct client client;
	struct pidfds *pidfds;
	struct remote_near *near; /* NULL: without */
	struct remote_ahead *ahead; /* NULL: none; to be freed at the call's end */
	int listener; /* -1: the call came over a socket */
	u64 id; /* of the notification */
	int cmd; /* of bpf(2); -1: it is another call */
	int conn, given; /* that socket; the fd to send with the answer, or -1 */
	u32 tid;
	u32 own_pid; /* the world's process */
	struct world *world;
	u64 trust_ns; /* 0: ask each time */
	u64 alive_ns; /* when the client was last known to be there; 0: not yet */
	u64 looked_ms; /* when a long call last looked for signals; 0: not yet */
	bool is_answered; /* an fd went in, and was the answer */
	struct habit_reads far; /* that were not near */
};

extern const struct client_ops skep__client_remote;

/* A call's end, before it is answered. */
void skep__remote_end(struct remote *r);

/* How long a thread's number may be trusted not to be another's after it was seen. */
u64 skep__remote_trust_ns(void);

#endif
