/* SPDX-License-Identifier: BSD-2-Clause */
#include "door/filter.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/types.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#if defined(__x86_64__)
#define ARCH_NATIVE AUDIT_ARCH_X86_64
#define ARCH_COMPAT AUDIT_ARCH_I386
#define COMPAT_NR(i386, arm) (i386)
#define X32_BIT 0x40000000u
#elif defined(__aarch64__)
#define ARCH_NATIVE AUDIT_ARCH_AARCH64
#define ARCH_COMPAT AUDIT_ARCH_ARM
#define COMPAT_NR(i386, arm) (arm)
#else
#error "which system calls does this machine have?"
#endif

#define FIELD(f) ((u32)offsetof(struct seccomp_data, f))
#define LOAD(f) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIELD(f))
#define RET(val) BPF_STMT(BPF_RET | BPF_K, (val))

/* The low half of a 64-bit argument: both machines are little-endian. */
#define LOAD_ARG(n) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FIELD(args[n]))
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the low half comes first");

#define RET_NOTIFY RET(SECCOMP_RET_USER_NOTIF)
#define RET_NOSYS RET(SECCOMP_RET_ERRNO | ENOSYS)
#define RET_ALLOW RET(SECCOMP_RET_ALLOW)

/* If the loaded word is val, return; else go on behind. */
#define ON(val, ret) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (u32)(val), 0, 1), ret

/* An ioctl of a whole family: the letter is the second byte of the request. */
#define ON_IOCTL(letter)                                                                           \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 5), LOAD_ARG(1),                         \
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff00), ON((letter) << 8, RET_NOTIFY),        \
		RET_ALLOW

/* A call with one value of an argument; with another it is the kernel's. */
#define ON_ARG(nr, arg, value)                                                                     \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 4), LOAD_ARG(arg), ON(value, RET_NOTIFY),       \
		RET_ALLOW

#define ON_SHARED_FILES                                                                            \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 5), LOAD_ARG(3),                          \
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, MAP_TYPE | MAP_ANONYMOUS),                     \
		ON(MAP_SHARED, RET_NOTIFY), RET_ALLOW

#define NO_NR (~0u) /* no system call's number */

static const struct sock_filter filter[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH_NATIVE, 0, 0), /* jf is set in build() */
	LOAD(nr),
#define TRAP(name, i386, arm, handler) ON(SYS_##name, RET_NOTIFY),
#include "door/trapped.def"
#ifdef X32_BIT
#define TRAP(name, i386, arm, handler)                                                             \
	ON((i386) < 0 ? NO_NR : (u32)(X32_BIT | SYS_##name), RET_NOSYS),
#include "door/trapped.def"
#endif
#define TRAP_IOCTL(letter, handler) ON_IOCTL(letter),
#define TRAP_ARG(name, arg, value, handler) ON_ARG(SYS_##name, arg, value),
#define TRAP_SHARED_FILES(handler) ON_SHARED_FILES,
#include "door/trapped.def"
	RET_ALLOW,
};

static const struct sock_filter compat[] = {
	ON(ARCH_COMPAT, LOAD(nr)),
#define TRAP(name, i386, arm, handler)                                                             \
	ON(COMPAT_NR(i386, arm) < 0 ? NO_NR : (u32)COMPAT_NR(i386, arm), RET_NOSYS),
#include "door/trapped.def"
	RET_ALLOW,
};
static_assert(ARRAY_SIZE(filter) < 256, "one conditional jump over it");

static int install(struct sock_fprog *prog, unsigned long flags)
{
	int fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, prog);

	return fd < 0 ? -errno : fd;
}

int skep__filter_install(void)
{
	struct sock_filter code[ARRAY_SIZE(filter) + ARRAY_SIZE(compat)];
	struct sock_fprog prog = { .len = ARRAY_SIZE(code), .filter = code };
	unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
	int fd;

	__builtin_memcpy(code, filter, sizeof(filter));
	__builtin_memcpy(code + ARRAY_SIZE(filter), compat, sizeof(compat));
	code[1].jf = ARRAY_SIZE(filter) - 2;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	/* Without it a signal restarts a call that took effect already; kernels before 5.19 have no
	 * such thing. */
	fd = install(&prog, flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
	return fd == -EINVAL ? install(&prog, flags) : fd;
}
