/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libbpf, and light skeletons, talk to whom a test says: their bpf(2) arrives here before it comes
 * to libc. The test is linked with --export-dynamic-symbol=syscall.
 */
#ifndef TESTS_DIFF_ASKED_H
#define TESTS_DIFF_ASKED_H

#include "door.h"

extern const struct door *asked; /* NULL: the kernel */

#endif
