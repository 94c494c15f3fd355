/* SPDX-License-Identifier: BSD-2-Clause */
#include "count.h"

#include <link.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <ucontext.h>

#define MAX_RANGES 64
#define TRAP_FLAG 0x100

/* What the handler needs; a handler has no other way to get at it. */
static struct counted counted;
static struct range {
	unsigned long start, end;
} loaded[MAX_RANGES];
static int nr_loaded;

static int note_code(struct dl_phdr_info *info, size_t size, void *opaque)
{
	for (int i = 0; i < info->dlpi_phnum && nr_loaded < MAX_RANGES; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		unsigned long start = info->dlpi_addr + ph->p_vaddr;

		if (ph->p_type == PT_LOAD && ph->p_flags & PF_X)
			loaded[nr_loaded++] = (struct range){ start, start + ph->p_memsz };
	}
	return 0;
}

static bool is_loaded(unsigned long at)
{
	for (int i = 0; i < nr_loaded; i++) {
		if (at >= loaded[i].start && at < loaded[i].end)
			return true;
	}
	return false;
}

static void on_trap(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;

	counted.all++;
	if (!is_loaded(uc->uc_mcontext.gregs[REG_RIP]))
		counted.outside++;
}

struct counted count_instructions(void (*fn)(void *arg), void *arg)
{
	struct sigaction trap = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO }, old;

	nr_loaded = 0;
	dl_iterate_phdr(note_code, NULL);
	memset(&counted, 0, sizeof(counted));
	sigaction(SIGTRAP, &trap, &old);
	__asm__ volatile("pushf; orl %0, (%%rsp); popf" ::"i"(TRAP_FLAG) : "cc", "memory");
	fn(arg);
	__asm__ volatile("pushf; andl %0, (%%rsp); popf" ::"i"(~TRAP_FLAG) : "cc", "memory");
	sigaction(SIGTRAP, &old, NULL);
	return counted;
}
