/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpf(2) as a hostile caller makes it: a sequence of calls whose commands, sizes and attrs are the
 * input's. A byte in front of each 8-byte word of the attr says what the word becomes: itself, a
 * pointer into memory that the caller has, or an fd that an earlier call gave out, so that calls
 * get past the first check.
 */
#ifndef SKEP_TESTS_FUZZ_ATTR_CALLS_H
#define SKEP_TESTS_FUZZ_ATTR_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "base/uapi.h"

typedef long attr_bpf(void *opaque, int cmd, union bpf_attr *attr, unsigned int size);

void attr_calls(const uint8_t *data, size_t size, attr_bpf *bpf, void *opaque);

#endif
