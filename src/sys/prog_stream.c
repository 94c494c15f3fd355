/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PROG_STREAM_READ_BY_FD: what a program wrote to its standard streams. Programs write there
 * through a kfunc, and none can call one yet, so both streams of every program are empty.
 */
#include "sys/sys.h"

#define STREAM_STDOUT 1
#define STREAM_STDERR 2

long skep__sys_prog_stream_read_by_fd(struct call *call)
{
	u32 stream = call->attr.prog_stream_read.stream_id;
	int err;
	struct object *obj =
		skep__call_object(call, call->attr.prog_stream_read.prog_fd, OBJ_PROG, &err, NULL);

	if (!obj)
		return err;
	object_put(obj);
	return stream == STREAM_STDOUT || stream == STREAM_STDERR ? 0 : -ENOENT;
}
