/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values that are not computed yet. A BPF register that was given a sum, a constant, a shift or a
 * mask is remembered as such, and becomes an instruction only when somebody needs it in its machine
 * register; until then it serves as an address, an immediate or half of a rotation, and if nobody
 * needs it, it never becomes anything.
 *
 * A pending value is written over the *contents* of machine registers, each named by the BPF
 * register it belongs to. Two rules keep that sound. What a register holds is not overwritten
 * before the pending values written over it are computed. And a value may be written only over
 * registers that are not pending, or pending over nothing but themselves: so to compute one value
 * never needs a second that needs the first.
 */
#ifndef SKEP_JIT_X86_VALUE_H
#define SKEP_JIT_X86_VALUE_H

#include "base/types.h"

#define NO_VALUE_REG 0xff

enum value_kind {
	VALUE_HERE, /* in the register's own machine register: not pending */
	VALUE_SUM, /* base + index * scale + imm */
	VALUE_CONST, /* imm */
	VALUE_SHIFT, /* base shifted by imm */
	VALUE_AND, /* base & imm, sign-extended */
	VALUE_LOAD, /* `access` bytes of memory at base + index * scale + imm, zero-extended */
};

struct value {
	u8 kind; /* enum value_kind */
	u8 size; /* 4: the result is cut to 32 bits and zero-extended */
	u8 shift; /* enum x86_shift */
	u8 scale, access;
	u8 base, index; /* BPF registers, or NO_VALUE_REG */
	s64 imm; /* within 32 bits, but for VALUE_CONST */
};

#endif
