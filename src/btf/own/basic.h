/* SPDX-License-Identifier: BSD-2-Clause */
/* What the other types are made of. */
#ifndef SKEP_BTF_OWN_BASIC_H
#define SKEP_BTF_OWN_BASIC_H

#include <linux/time_types.h>
#include <linux/types.h>

#define KEEP(type) /* a type that comes from elsewhere (scripts/own-btf) */

typedef _Bool bool;
enum {
	false = 0,
	true = 1,
};

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;
typedef __kernel_size_t size_t;
typedef __kernel_ssize_t ssize_t;
typedef __kernel_loff_t loff_t;
typedef __kernel_pid_t pid_t;
typedef __kernel_uid32_t uid_t;
typedef __kernel_gid32_t gid_t;
typedef unsigned short umode_t;
typedef unsigned int fmode_t;
typedef unsigned int gfp_t;
typedef u32 dev_t;
typedef u64 blkcnt_t;
typedef u64 sector_t;
typedef s64 ktime_t;
typedef __s64 time64_t;
typedef unsigned long uintptr_t;

struct list_head {
	struct list_head *next;
	struct list_head *prev;
};

struct hlist_node {
	struct hlist_node *next;
	struct hlist_node **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

struct hlist_nulls_node {
	struct hlist_nulls_node *next;
	struct hlist_nulls_node **pprev;
};

struct hlist_nulls_head {
	struct hlist_nulls_node *first;
};

struct callback_head {
	struct callback_head *next;
	void (*func)(struct callback_head *);
};

struct rb_node {
	unsigned long __rb_parent_color;
	struct rb_node *rb_right;
	struct rb_node *rb_left;
};

struct rb_root {
	struct rb_node *rb_node;
};

struct llist_node {
	struct llist_node *next;
};

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	s64 counter;
} atomic64_t;

typedef atomic64_t atomic_long_t;

struct refcount_struct {
	atomic_t refs;
};

typedef struct refcount_struct refcount_t;

struct qspinlock {
	atomic_t val;
};

struct raw_spinlock {
	struct qspinlock raw_lock;
};

struct spinlock {
	struct raw_spinlock rlock;
};

typedef struct spinlock spinlock_t;

typedef struct raw_spinlock raw_spinlock_t;

struct mutex {
	atomic_long_t owner;
};

typedef struct {
	u64 key[2];
} siphash_key_t;

struct timespec64 {
	time64_t tv_sec;
	long tv_nsec;
};

typedef struct {
	uid_t val;
} kuid_t;

typedef struct {
	gid_t val;
} kgid_t;

typedef struct {
	u64 val;
} kernel_cap_t;

typedef struct {
	struct net *net;
} possible_net_t;

typedef struct {
	unsigned long sig[1];
} sigset_t;

struct lockref {
	union {
		struct {
			int count;
		};
	};
};

KEEP(struct __kernel_timespec)

#endif
