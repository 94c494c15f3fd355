/* SPDX-License-Identifier: BSD-2-Clause */
/* Words that every file of skep uses: fixed-width integers and the smallest of macros. */
#ifndef SKEP_BASE_TYPES_H
#define SKEP_BASE_TYPES_H

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

/* The kernel's "operation not supported" of bpf(2); libc's errno.h has no name for it. */
#ifndef ENOTSUPP
#define ENOTSUPP 524
#endif

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define round_up(x, to) ((((x) + (to)-1) / (to)) * (to))
#define __fmt(fmt, args) __attribute__((format(printf, fmt, args)))

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

#endif
