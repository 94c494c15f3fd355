/* SPDX-License-Identifier: BSD-2-Clause */
#include "sys/log.h"

#define LOG_MASK (BPF_LOG_LEVEL1 | BPF_LOG_LEVEL2 | BPF_LOG_STATS | BPF_LOG_FIXED)

int skep__log_check(const struct user_log *log)
{
	if (!log->buf != !log->size)
		return -EINVAL;
	if (log->buf && !log->level)
		return -EINVAL;
	if (log->level & ~(u32)LOG_MASK || log->size > UINT32_MAX >> 2)
		return -EINVAL;
	return 0;
}

int skep__log_finish(struct user_log *log, struct client *c, const struct strbuf *text)
{
	size_t need = text->len + 1, skip = 0;

	log->true_size = 0;
	if (!log->level)
		return 0;
	log->true_size = need;
	if (!log->buf)
		return 0;
	if (need <= log->size)
		return client_write(c, log->buf, text->text, need);
	if (!(log->level & BPF_LOG_FIXED))
		skip = need - log->size;
	if (client_write(c, log->buf, text->text + skip, log->size - 1) ||
	    client_write(c, log->buf + log->size - 1, "", 1))
		return -EFAULT;
	return -ENOSPC;
}
