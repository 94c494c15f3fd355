/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bpf(2) ABI as Linux 6.18 has it: numbers, flags and layouts under the kernel's own names.
 * Debian 12's <linux/bpf.h> ends at 6.1, so skep carries its own and claims that header's include
 * guard: a translation unit has one of the two, never both. The types were read from the BTF of a
 * running 6.18 kernel; the macros at the end are the opcode and pseudo-register numbers of RFC 9669.
 */
#ifndef __LINUX_BPF_H__
#define __LINUX_BPF_H__
#define _UAPI__LINUX_BPF_H__

#include <linux/types.h>
#include <linux/bpf_common.h>

#include "base/uapi_numbers.h"
#include "base/uapi_attr.h"
#include "base/uapi_structs.h"

/* ---- opcodes (RFC 9669), beside the classic ones of bpf_common.h ------------------------------ */
#define BPF_JMP32	0x06
#define BPF_ALU64	0x07
#define BPF_DW		0x18
#define BPF_MEMSX	0x80
#define BPF_ATOMIC	0xc0
#define BPF_XADD	0xc0
#define BPF_MOV		0xb0
#define BPF_ARSH	0xc0
#define BPF_END		0xd0
#define BPF_TO_LE	0x00
#define BPF_TO_BE	0x08
#define BPF_JNE		0x50
#define BPF_JLT		0xa0
#define BPF_JLE		0xb0
#define BPF_JSGT	0x60
#define BPF_JSGE	0x70
#define BPF_JSLT	0xc0
#define BPF_JSLE	0xd0
#define BPF_JCOND	0xe0
#define BPF_CALL	0x80
#define BPF_EXIT	0x90
#define BPF_FETCH	0x01
#define BPF_XCHG	(0xe0 | BPF_FETCH)
#define BPF_CMPXCHG	(0xf0 | BPF_FETCH)
#define BPF_LOAD_ACQ	0x100
#define BPF_STORE_REL	0x110

enum { BPF_REG_0, BPF_REG_1, BPF_REG_2, BPF_REG_3, BPF_REG_4, BPF_REG_5, BPF_REG_6, BPF_REG_7,
       BPF_REG_8, BPF_REG_9, BPF_REG_10, MAX_BPF_REG };

/* src_reg of a 64-bit immediate load, and of a call */
#define BPF_PSEUDO_MAP_FD	 1
#define BPF_PSEUDO_MAP_VALUE	 2
#define BPF_PSEUDO_BTF_ID	 3
#define BPF_PSEUDO_FUNC		 4
#define BPF_PSEUDO_MAP_IDX	 5
#define BPF_PSEUDO_MAP_IDX_VALUE 6
#define BPF_PSEUDO_CALL		 1
#define BPF_PSEUDO_KFUNC_CALL	 2

/* ---- limits and load flags -------------------------------------------------------------------- */
#define BPF_OBJ_NAME_LEN	16U
#define BPF_TAG_SIZE		8
#define BPF_BUILD_ID_SIZE	20
#define MAX_BPF_STACK		512
#define MAX_TAIL_CALL_CNT	33
#define BPF_MAXINSNS		4096
#define BPF_COMPLEXITY_LIMIT_INSNS 1000000

#define BPF_F_STRICT_ALIGNMENT	  (1U << 0)
#define BPF_F_ANY_ALIGNMENT	  (1U << 1)
#define BPF_F_TEST_RND_HI32	  (1U << 2)
#define BPF_F_TEST_STATE_FREQ	  (1U << 3)
#define BPF_F_SLEEPABLE		  (1U << 4)
#define BPF_F_XDP_HAS_FRAGS	  (1U << 5)
#define BPF_F_XDP_DEV_BOUND_ONLY  (1U << 6)
#define BPF_F_TEST_REG_INVARIANTS (1U << 7)

#define BPF_F_ALLOW_OVERRIDE	  (1U << 0)
#define BPF_F_ALLOW_MULTI	  (1U << 1)
#define BPF_F_REPLACE		  (1U << 2)
#define BPF_F_BEFORE		  (1U << 3)
#define BPF_F_AFTER		  (1U << 4)
#define BPF_F_ID		  (1U << 5)
#define BPF_F_PREORDER		  (1U << 6)

#define BPF_F_QUERY_EFFECTIVE	  (1U << 0)

#define BPF_F_TEST_RUN_ON_CPU	     (1U << 0)
#define BPF_F_TEST_XDP_LIVE_FRAMES   (1U << 1)
#define BPF_F_TEST_SKB_CHECKSUM_COMPLETE (1U << 2)

/* ---- BTF -------------------------------------------------------------------------------------- */
#define BTF_MAGIC		0xeB9F
#define BTF_VERSION		1
#define BTF_MAX_TYPE		0x000fffff
#define BTF_MAX_NAME_OFFSET	0x00ffffff
#define BTF_MAX_SIZE		(16 * 1024 * 1024)
#define BTF_INFO_KIND(info)	(((info) >> 24) & 0x1f)
#define BTF_INFO_VLEN(info)	((info) & 0xffff)
#define BTF_INFO_KFLAG(info)	((info) >> 31)
#define BTF_INT_ENCODING(v)	(((v) & 0x0f000000) >> 24)
#define BTF_INT_OFFSET(v)	(((v) & 0x00ff0000) >> 16)
#define BTF_INT_BITS(v)		((v) & 0x000000ff)
#define BTF_INT_SIGNED		(1 << 0)
#define BTF_INT_CHAR		(1 << 1)
#define BTF_INT_BOOL		(1 << 2)
#define BTF_MEMBER_BITFIELD_SIZE(val) ((val) >> 24)
#define BTF_MEMBER_BIT_OFFSET(val)    ((val) & 0xffffff)

#endif
