/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 (FIPS 180-4), for program tags: since 6.18 the kernel's tag is its first eight bytes. */
#ifndef SKEP_BASE_SHA256_H
#define SKEP_BASE_SHA256_H

#include "base/types.h"

#define SHA256_SIZE 32

void skep__sha256(const void *data, size_t len, u8 digest[SHA256_SIZE]);

#endif
