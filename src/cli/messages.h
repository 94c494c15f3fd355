/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What libbpf says while it works: kept, and shown only when something failed. Its print function
 * has no argument for a context, hence the one collection behind these functions.
 */
#ifndef SKEP_CLI_MESSAGES_H
#define SKEP_CLI_MESSAGES_H

void messages_collect(void); /* from now on; forgets what was collected before */
void messages_show(void); /* to stderr, the end of it when it is long */

#endif
