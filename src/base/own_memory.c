/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/own_memory.h"

#include <pthread.h>

/* The calling thread's stack, [low, end). */
static _Thread_local struct {
	u64 low, end; /* both 0: not known */
	bool was_asked;
} stack;

void skep__know_stack(void)
{
	pthread_attr_t attr;
	void *low;
	size_t size;

	if (likely(stack.was_asked))
		return;
	stack.was_asked = true;
	if (pthread_getattr_np(pthread_self(), &attr))
		return;
	if (!pthread_attr_getstack(&attr, &low, &size)) {
		stack.low = (u64)low;
		stack.end = (u64)low + size;
	}
	pthread_attr_destroy(&attr);
}

bool skep__is_on_stack(u64 addr, size_t len)
{
	u64 here = (u64)__builtin_frame_address(0);

	return here >= stack.low && here < addr && addr < stack.end && len <= stack.end - addr;
}

/* Volatile, or the compiler would call memcpy, which sanitizers have made their own. */
void skep__copy_own(void *dst, const void *src, size_t len)
{
	volatile u8 *to = dst;
	const volatile u8 *from = src;

#ifdef __x86_64__
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(len) : : "memory");
#else
	while (len--)
		*to++ = *from++;
#endif
}
