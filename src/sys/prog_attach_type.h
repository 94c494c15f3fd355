/* SPDX-License-Identifier: BSD-2-Clause */
/* expected_attach_type of PROG_LOAD: the kernel's default for old loaders, and its check. */
#ifndef SKEP_SYS_PROG_ATTACH_TYPE_H
#define SKEP_SYS_PROG_ATTACH_TYPE_H

#include "base/types.h"

/* What a loader that does not know the field (and leaves it 0) means. */
u32 skep__fixup_attach_type(u32 prog_type, u32 attach_type);
bool skep__attach_type_ok(u32 prog_type, u32 attach_type);

#endif
