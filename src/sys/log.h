/* SPDX-License-Identifier: BSD-2-Clause */
/* The caller's log buffer of PROG_LOAD and BTF_LOAD, with the kernel's rules for its size. */
#ifndef SKEP_SYS_LOG_H
#define SKEP_SYS_LOG_H

#include "base/strbuf.h"
#include "sys/client.h"

#define BPF_LOG_LEVEL1 1
#define BPF_LOG_LEVEL2 2
#define BPF_LOG_STATS 4
#define BPF_LOG_FIXED 8

struct user_log {
	u64 buf;
	u32 size, level;
	u32 true_size; /* what the whole log needs, with its NUL; set by _finish */
};

/* Are the three log attrs sane together? 0 or -EINVAL. */
int skep__log_check(const struct user_log *log);

/*
 * Copies the text to the caller. When it does not fit, its end is kept (its start with BPF_LOG_FIXED) and
 * -ENOSPC returned; -EFAULT when the buffer is not writable.
 */
int skep__log_finish(struct user_log *log, struct client *c, const struct strbuf *text);

#endif
