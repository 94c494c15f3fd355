/* SPDX-License-Identifier: BSD-2-Clause */
/* The BTF of this machine's kernel, for tests. */
#ifndef TESTS_VERIFIER_KERNEL_TYPES_H
#define TESTS_VERIFIER_KERNEL_TYPES_H

#include "btf/btf.h"

struct btf *read_kernel_types(void); /* NULL: there is none, or none that we can read */

#endif
