/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looks at an ELF file before libbpf does, which trusts more than it should: a broken file gets a
 * sentence that says where, and never brings the command down.
 */
#ifndef SKEP_CLI_ELF_CHECK_H
#define SKEP_CLI_ELF_CHECK_H

#include "cli/cli.h"

enum outcome elf_check(const char *path);

#endif
