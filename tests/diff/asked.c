/* SPDX-License-Identifier: BSD-2-Clause */
#include "asked.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <sys/syscall.h>

const struct door *asked;

__attribute__((visibility("default"))) long syscall(long number, ...)
{
	long a[6], ret;
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (number != SYS_bpf || !asked || !asked->world) {
		long (*libc)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");

		return libc(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	}
	ret = skep_bpf(asked->world, (int)a[0], (union bpf_attr *)a[1], (unsigned int)a[2]);
	if (ret >= 0)
		return ret;
	errno = (int)-ret;
	return -1;
}
