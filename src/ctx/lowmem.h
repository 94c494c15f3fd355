/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory below 4 GiB, for packets: the UAPI contexts have 32-bit fields for packet pointers, and
 * this makes a plain zero-extending load of such a field yield a valid address (control plane).
 */
#ifndef SKEP_CTX_LOWMEM_H
#define SKEP_CTX_LOWMEM_H

#include "base/types.h"

void *skep__lowmem_map(size_t size); /* zeroed pages, or NULL */
void skep__lowmem_unmap(void *p, size_t size);

#endif
