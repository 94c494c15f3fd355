/* SPDX-License-Identifier: BSD-2-Clause */
/* bpf_snprintf and the trace_printk family, over format.h. */
#include "helper/arg.h"
#include "helper/format.h"

#define TRACE_LINE_SIZE 1024 /* the kernel's buffer for one line */
#define TRACE_PRINTK_ARGS 3

DEFINE_HELPER(snprintf)
{
	struct format_pack pack;
	u32 size = (u32)r5;
	int err;

	if (size % 8 || size > FORMAT_MAX_ARGS * 8 || (size && !r4))
		return result(-EINVAL);
	err = skep__format_pack(&pack, known_to(run), arg_ptr(r3), UINT32_MAX, arg_ptr(r4),
				size / 8);
	if (err)
		return result(err);
	return (s32)skep__format_render(arg_ptr(r1), (u32)r2, arg_ptr(r3), &pack) + 1;
}

static u64 trace_line(struct run *run, const char *fmt, u32 fmt_size, const u64 *args, u32 nr)
{
	char line[TRACE_LINE_SIZE];
	struct format_pack pack;
	size_t shown;
	u32 len;
	int err;

	err = skep__format_pack(&pack, known_to(run), fmt, fmt_size, args, nr);
	if (err)
		return result(err);
	len = skep__format_render(line, sizeof(line), fmt, &pack);
	shown = min((size_t)len, sizeof(line) - 1);
	/* Programs end their lines from habit; whoever shows the line ends it anyway. */
	shown -= shown && line[shown - 1] == '\n';
	run->svc->trace(run->svc, line, shown);
	return result((s32)len);
}

DEFINE_HELPER(trace_printk)
{
	const u64 args[TRACE_PRINTK_ARGS] = { r3, r4, r5 };

	return trace_line(run, arg_ptr(r1), (u32)r2, args, TRACE_PRINTK_ARGS);
}

DEFINE_HELPER(trace_vprintk)
{
	u32 size = (u32)r4;

	if (size % 8 || size > FORMAT_MAX_ARGS * 8 || (size && !r3))
		return result(-EINVAL);
	return trace_line(run, arg_ptr(r1), (u32)r2, arg_ptr(r3), size / 8);
}
