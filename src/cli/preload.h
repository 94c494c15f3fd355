/* SPDX-License-Identifier: BSD-2-Clause */
/* libskep-preload.so, for the command that `skep exec` becomes. */
#ifndef SKEP_CLI_PRELOAD_H
#define SKEP_CLI_PRELOAD_H

#include <stdbool.h>

/*
 * Adds the library to LD_PRELOAD, behind what is there. False: it is not to be found, or the
 * dynamic loader could not read its path, which it would split at a blank or a colon.
 */
bool preload_set(void);

#endif
