/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread of this machine as programs may ask about it: the calling one (tid 0), or another of the
 * same user's. Made of system calls alone, so that it may be asked for in a signal handler.
 */
#ifndef SKEP_BASE_TASK_H
#define SKEP_BASE_TASK_H

#include "base/services.h"

void skep__task(u32 tid, struct task *out); /* all 0 when it is gone */
bool skep__task_in_pid_ns(u32 tid, u32 dev, u64 ino);
int skep__task_signal(u32 tid, u32 sig, bool process);

/* "/proc/123/file" or "/proc/thread-self/file". */
#define TASK_PATH_SIZE 48
const char *skep__task_path(u32 tid, const char *file, char path[TASK_PATH_SIZE]);

/*
 * The id of the thread's control group (level NULL), or of the one so many levels below the root
 * that it is in; 0: there is none, or it cannot be known.
 */
u64 skep__task_cgroup(u32 tid, const int *level);

#endif
