/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looks at the .BTF section of an object before libbpf does: records, names and ids lie where they
 * should. What they mean is checked later, by BPF_BTF_LOAD; an object file may still hold what that
 * would refuse (sections without a size, external variables), because libbpf completes it.
 */
#ifndef SKEP_CLI_BTF_CHECK_H
#define SKEP_CLI_BTF_CHECK_H

#include "cli/cli.h"

/* data: the section, at byte `at` of the file, aligned to 4 bytes. */
enum outcome btf_check(const char *path, uint64_t at, const void *data, size_t size);

#endif
