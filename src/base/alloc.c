/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

static void *libc_resize(void *opaque, void *old, size_t size)
{
	(void)opaque;
	if (size == 0) {
		free(old);
		return NULL;
	}
	return realloc(old, size);
}

/* The one replaceable global: it is set before any object exists and constant from then on. */
static struct allocator current = { .resize = libc_resize };

void skep__set_allocator(const struct allocator *a)
{
	current = a ? *a : (struct allocator){ .resize = libc_resize };
}

void *skep__resize(void *old, size_t size)
{
	return current.resize(current.opaque, old, size);
}

void *skep__alloc(size_t size)
{
	return skep__resize(NULL, size ? size : 1);
}

void *skep__zalloc(size_t size)
{
	void *p = skep__alloc(size);

	return p ? memset(p, 0, size) : NULL;
}

void *skep__zalloc_array(size_t n, size_t size)
{
	size_t total;

	return __builtin_mul_overflow(n, size, &total) ? NULL : skep__zalloc(total);
}

void *skep__dup(const void *src, size_t size)
{
	void *p = skep__alloc(size);

	return p ? memcpy(p, src, size) : NULL;
}

void skep__free(void *p)
{
	if (p)
		skep__resize(p, 0);
}
