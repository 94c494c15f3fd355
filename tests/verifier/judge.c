/* SPDX-License-Identifier: BSD-2-Clause */
/* syscall() of the programs that compare verdicts: bpf(2) goes to a world or to the kernel, all
 * else to the kernel. */
#include "verifier/judge.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <time.h>

#ifdef WITH_SKEP
#include "skep/skep.h"

static struct skep_world *world;
static bool inside; /* what the world itself asks is for the kernel */

/* A program that gets objects of the kernel has the world read the kernel's types, once for all who
 * are judged apart. */
static void know_kernel_types(void)
{
	struct bpf_insn insns[] = { { .code = BPF_ALU64 | BPF_MOV | BPF_K },
				    { .code = BPF_JMP | BPF_EXIT } };
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_NETFILTER,
		.expected_attach_type = BPF_NETFILTER,
		.insns = (unsigned long)insns,
		.insn_cnt = 2,
		.license = (unsigned long)"GPL",
	};

	skep_bpf(world, BPF_PROG_LOAD, &attr, sizeof(attr));
}

int judge_start(bool perfmon)
{
	struct skep_world_opts opts = { .size = sizeof(opts), .no_perfmon = !perfmon };

	world = skep_world_new(&opts);
	if (world)
		know_kernel_types();
	return world ? 0 : -errno;
}

int judge_modes(void)
{
	return 3;
}

const char *judge_mode(int mode)
{
	static const char *const names[] = { "checked", "interp", "jit" };

	skep_world_set_mode(world, (enum skep_mode)mode);
	return names[mode];
}

const char *judge_fault(void)
{
	return skep_world_fault(world);
}
#else
int judge_start(bool perfmon)
{
	(void)perfmon;
	return 0;
}

int judge_modes(void)
{
	return 1;
}

const char *judge_mode(int mode)
{
	(void)mode;
	return "kernel";
}

const char *judge_fault(void)
{
	return NULL;
}
#endif

static long kernel_call(long nr, const long *a)
{
	register long r10 __asm__("r10") = a[3];
	register long r8 __asm__("r8") = a[4];
	register long r9 __asm__("r9") = a[5];
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

/* What this thread has run: either side verifies in the thread that calls, and machines are busy.
 */
static double now_usec(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static long answer_bpf(const long *a)
{
#ifdef WITH_SKEP
	if (world && !inside) {
		inside = true;
		long ret = skep_bpf(world, a[0], (union bpf_attr *)a[1], a[2]);

		inside = false;
		return ret;
	}
#endif
	return kernel_call(SYS_bpf, a);
}

__attribute__((visibility("default"))) long syscall(long nr, ...)
{
	long a[6], ret;
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (nr == SYS_bpf) {
		double start = now_usec();

		ret = answer_bpf(a);
		judge_saw(a[0], (const union bpf_attr *)a[1], ret, now_usec() - start);
	} else {
		ret = kernel_call(nr, a);
	}
	if (ret < 0 && ret >= -4095) {
		errno = -ret;
		return -1;
	}
	return ret;
}
