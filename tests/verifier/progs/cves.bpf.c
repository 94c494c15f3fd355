// SPDX-License-Identifier: BSD-2-Clause
/*
 * Programs that verifiers have let through, each by a mistake of the kernel's that has a public name.
 * Written from what is publicly known of the mistakes. Where a program needs a number, it takes one
 * from a map; what the verifier once believed of it stands beside the instruction.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "told.h"

struct value {
	__u64 number, other, more[2];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct value);
} values SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

/* clang-format off: assembly, a thought a line. */
#define PROGRAM __attribute__((naked)) int
#define BODY(...)                                                                                  \
	asm volatile(                                                                              \
		__VA_ARGS__ "out_%=: r0 = 0; exit;"                                                \
		:                                                                                  \
		: [values] "i"(&values), [ring] "i"(&ring),                                        \
		  [lookup] "i"(BPF_FUNC_map_lookup_elem), [reserve] "i"(BPF_FUNC_ringbuf_reserve), \
		  [dynptr_from_mem] "i"(BPF_FUNC_dynptr_from_mem),                                 \
		  [dynptr_write] "i"(BPF_FUNC_dynptr_write)                                        \
		: "memory")

/* r0: a value; r6: the number in it. */
#define TAKE_NUMBER                                                                                \
	"*(u32 *)(r10 - 4) = 0;"                                                                   \
	"r2 = r10; r2 += -4; r1 = %[values] ll;"                                                   \
	"call %[lookup];"                                                                          \
	"if r0 == 0 goto out_%=;"                                                                  \
	"r6 = *(u64 *)(r0 + 0);"

/* Nowhere, if the register is 0 as the verifier believed; a page away if it is 1. */
#define REACH_OUT(reg) reg " *= 4096; r0 += " reg "; *(u8 *)(r0 + 0) = 1;"

/*
 * CVE-2020-8835: after a comparison of lower halves, the lower half was said to lie between the lower
 * halves of the 64-bit bounds. Any number from 1 to 0x100000001 then ends in 1.
 */
SEC("socket")
REFUSED("R0 max value is outside of the allowed memory range")
PROGRAM cve_2020_8835(void)
{
	BODY(TAKE_NUMBER "if r6 < 1 goto out_%=;"
			 "r1 = 0x100000001 ll; if r6 > r1 goto out_%=;"
			 "if w6 == 7 goto out_%=;" /* else the lower half is 1 */
			 "r6 &= 2; r6 >>= 1;" /* 0; it is 1 for the number 2 */
	     REACH_OUT("r6"));
}

/* CVE-2020-27194: `or` took the lower halves of the 64-bit bounds for bounds of the lower half. */
SEC("socket")
REFUSED("R0 max value is outside of the allowed memory range")
PROGRAM cve_2020_27194(void)
{
	BODY(TAKE_NUMBER "if r6 < 1 goto out_%=;"
			 "r1 = 0x600000001 ll; if r6 > r1 goto out_%=;"
			 "r6 |= 0;" /* the lower half is 1 */
			 "w7 = w6; w7 &= 2; w7 >>= 1;" /* 0; it is 1 for the number 2 */
	     REACH_OUT("r7"));
}

/*
 * CVE-2021-3490: when the lower halves of both operands were known and the upper ones were not, bounds
 * of the lower half stayed the first operand's, beside bits that said otherwise: at least 1, at most 0.
 */
SEC("socket")
REFUSED("R0 max value is outside of the allowed memory range")
PROGRAM cve_2021_3490(void)
{
	BODY(TAKE_NUMBER "r7 = *(u64 *)(r0 + 8);"
			 "r8 = r6; r8 &= 1;"
			 "r6 >>= 32; r6 <<= 32; r6 += 1;"
			 "r7 >>= 32; r7 <<= 32; r7 += 2;"
			 "r6 &= r7;" /* a lower half from 1 to 0; it is 0 */
			 "w8 += w6;" /* from 0 + 1 to 1 + 0: 1 */
			 "w9 = 1; w9 -= w8;" /* 0; it is 1 for an even number */
	     REACH_OUT("r9"));
}

/* CVE-2021-31440: a 64-bit minimum of 1 was taken for a minimum of the lower half. */
SEC("socket")
REFUSED("R0 max value is outside of the allowed memory range")
PROGRAM cve_2021_31440(void)
{
	BODY(TAKE_NUMBER "if r6 < 1 goto out_%=;"
			 "if w6 > 1 goto out_%=;" /* else the lower half is 1 */
			 "w7 = 1; w7 -= w6;" /* 0; it is 1 for the number 0x100000000 */
	     REACH_OUT("r7"));
}

/*
 * CVE-2021-33200: where the register of the offset becomes the pointer, the direction in which the sum is
 * masked was worked out again after it had become one. The limit was then that of the other direction,
 * and the masked sum was not the one that had been checked. No two directions go through one sum.
 */
SEC("socket")
WITHOUT_PERFMON
REFUSED("R8 tried to add from different maps, paths or scalars, pointer arithmetic with it "
	"prohibited for !root")
PROGRAM cve_2021_33200(void)
{
	BODY(TAKE_NUMBER "r9 = r6; r9 &= 7; r9 += 8;"
			 "r7 = r0; r7 += r9;" /* from 8 to 15 bytes in */
			 "r8 = r6; r8 &= 7;"
			 "if r6 s> 100 goto sum_%=;" /* upwards, from 0 to 7 */
			 "r8 += -8;" /* downwards, from -8 to -1 */
			 "sum_%=: r8 += r7;"
			 "*(u8 *)(r8 + 0) = 1;");
}

/* CVE-2021-45402: a 32-bit move kept signed bounds of the number before its upper half was cleared. */
SEC("socket")
REFUSED("value 4294967296 makes map_value pointer be out of bounds")
PROGRAM cve_2021_45402(void)
{
	BODY(TAKE_NUMBER "if r6 s< -8 goto out_%=;"
			 "if r6 s> -1 goto out_%=;"
			 "w6 = w6;" /* still from -8 to -1; it is 4 GiB more */
			 "r6 += 8;"
			 "r0 += r6;"
			 "*(u8 *)(r0 + 0) = 1;");
}

/*
 * CVE-2022-23222: arithmetic was allowed on pointers that may be NULL, of some kinds. What was known to be
 * NULL after the test was then said to be 0 wherever it had been copied, with what had been added to it.
 */
SEC("socket")
REFUSED("R6 pointer arithmetic on ringbuf_mem_or_null prohibited, null-check it first")
PROGRAM cve_2022_23222(void)
{
	BODY("r1 = %[ring] ll; r2 = 8192; r3 = 0;" /* more than the ring holds */
	     "call %[reserve];"
	     "r6 = r0; r6 += 1;"
	     "if r0 != 0 goto out_%=;" /* else r6 is 0; it is 1 */
	     "r7 = r6;"
	     "*(u32 *)(r10 - 4) = 0;"
	     "r2 = r10; r2 += -4; r1 = %[values] ll;"
	     "call %[lookup];"
	     "if r0 == 0 goto out_%=;" REACH_OUT("r7"));
}

/*
 * CVE-2023-2163: what bounds a number by comparison was not said to matter. So the way on which the bound is
 * 4096 was taken for one that had been followed, with the bound 0.
 */
SEC("socket")
REFUSED("R0 max value is outside of the allowed memory range")
PROGRAM cve_2023_2163(void)
{
	BODY(TAKE_NUMBER "r8 = *(u64 *)(r0 + 8);"
			 "r9 = 4096;"
			 "if r8 == 0 goto bound_%=;"
			 "r9 = 0;"
			 "bound_%=: if r6 > r9 goto out_%=;"
			 "r0 += r6;"
			 "*(u8 *)(r0 + 0) = 1;");
}

/*
 * CVE-2023-39191: stores whose place on the stack is not known did not spoil a dynptr in their range, so a
 * program could write the address and the size in it.
 */
SEC("socket")
REFUSED("Expected an initialized dynptr as arg #0")
PROGRAM cve_2023_39191(void)
{
	BODY(TAKE_NUMBER "r7 = *(u64 *)(r0 + 8);"
			 "*(u64 *)(r10 - 40) = 0; *(u64 *)(r10 - 32) = 0;"
			 "r1 = r0; r2 = 8; r3 = 0; r4 = r10; r4 += -24;"
			 "call %[dynptr_from_mem];"
			 "r6 &= 8;"
			 "r1 = r10; r1 += -24; r1 += r6;"
			 "*(u64 *)(r1 + 0) = r7;" /* an address of the program's choice */
			 "*(u64 *)(r10 - 32) = 1;"
			 "r1 = r10; r1 += -24; r2 = 0; r3 = r10; r3 += -32; r4 = 8; r5 = 0;"
			 "call %[dynptr_write];");
}

/*
 * CVE-2024-41003: the constant of a comparison was refined too, in place, by the way that cannot be taken; the
 * other way's register then took its bounds from the spoilt constant.
 */
SEC("socket")
REFUSED("R0 max value is outside of the allowed memory range")
PROGRAM cve_2024_41003(void)
{
	BODY(TAKE_NUMBER
	     "w6 &= 0x7fffffff; w6 |= 2;"
	     "if w6 != 0x7ffffffd goto differs_%=;" /* always: bit 1 is set in one and clear in the other */
	     "goto out_%=;"
	     "differs_%=: w6 ^= 0x7fffffff;" /* 0, as if the number were 0x7fffffff */
	     "r6 &= 1;" /* it is 1 for the number 2 */
	     REACH_OUT("r6"));
}

char _license[] SEC("license") = "GPL";
