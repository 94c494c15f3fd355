/* SPDX-License-Identifier: BSD-2-Clause */
#include "bpf_call.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>

#include "door/raw_call.h"

static struct skep_world *in_use; /* by libbpf */

void bpf_call_use(struct skep_world *world)
{
	in_use = world;
}

static long real_call(long nr, const unsigned long *a)
{
	return raw_call(nr, (long)a[0], (long)a[1], (long)a[2], (long)a[3], (long)a[4], (long)a[5]);
}

long bpf_call(struct skep_world *world, int cmd, union bpf_attr *attr)
{
	const unsigned long args[6] = { cmd, (unsigned long)attr, sizeof(*attr) };
	struct skep_world *outer = in_use;
	long ret;

	in_use = NULL; /* what skep asks the system for goes to the kernel */
	ret = world ? skep_bpf(world, cmd, attr, sizeof(*attr)) : real_call(SYS_bpf, args);
	in_use = outer;
	return ret;
}

/* libbpf's way to the kernel. */
__attribute__((visibility("default"))) long syscall(long nr, ...)
{
	struct skep_world *world = in_use;
	unsigned long a[6];
	va_list ap;
	long ret;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, unsigned long);
	va_end(ap);
	if (world && nr == SYS_bpf) {
		in_use = NULL;
		ret = skep_bpf(world, a[0], (union bpf_attr *)a[1], a[2]);
		in_use = world;
	} else {
		ret = real_call(nr, a);
	}
	if (ret >= 0 || ret < -4095)
		return ret;
	errno = -ret;
	return -1;
}
