/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages below 4 GiB. x86-64 has MAP_32BIT (the lowest 2 GiB); when that is full, and on other
 * machines, addresses are tried one by one with MAP_FIXED_NOREPLACE, which never disturbs what is
 * mapped.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "ctx/lowmem.h"

#define LOW_START 0x10000000ull
#define LOW_END (1ull << 32)
#define LOW_STEP 0x1000000ull

static bool is_low(const void *p, size_t size)
{
	return (u64)(uintptr_t)p + size <= LOW_END;
}

static void *map_at(u64 addr, size_t size, int flags)
{
	void *p = mmap((void *)(uintptr_t)addr, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (is_low(p, size))
		return p;
	munmap(p, size); /* kernels before 4.17 take the address for a hint */
	return NULL;
}

void *skep__lowmem_map(size_t size)
{
	void *p = NULL;

	if (size == 0 || size > LOW_END - LOW_START)
		return NULL;
#ifdef MAP_32BIT
	p = map_at(0, size, MAP_32BIT);
#endif
	for (u64 addr = LOW_START; !p && addr + size <= LOW_END; addr += LOW_STEP)
		p = map_at(addr, size, MAP_FIXED_NOREPLACE);
	return p;
}

void skep__lowmem_unmap(void *p, size_t size)
{
	if (p)
		munmap(p, size);
}
