/* SPDX-License-Identifier: BSD-2-Clause */
/* Ring buffers. The run remembers what it has reserved, so that nothing of it is left behind. */
#include "helper/arg.h"
#include "map/ringbuf.h"

DEFINE_HELPER(ringbuf_output)
{
	return result(skep__ringbuf_output(arg_map(r1), arg_ptr(r2), r3, r4));
}

DEFINE_HELPER(ringbuf_reserve)
{
	if (r3)
		return 0;
	return result_ptr(skep__ringbuf_reserve(arg_map(r1), r2, &run->records));
}

DEFINE_HELPER(ringbuf_submit)
{
	skep__ringbuf_submit(&run->records, arg_ptr(r1), r2);
	return 0;
}

DEFINE_HELPER(ringbuf_discard)
{
	skep__ringbuf_discard(&run->records, arg_ptr(r1), r2);
	return 0;
}

DEFINE_HELPER(ringbuf_query)
{
	return skep__ringbuf_query(arg_map(r1), r2);
}
