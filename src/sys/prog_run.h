/* SPDX-License-Identifier: BSD-2-Clause */
/* What a stopped run leaves behind for skep_world_fault. */
#ifndef SKEP_SYS_PROG_RUN_H
#define SKEP_SYS_PROG_RUN_H

/* The report of the calling thread's last test run, or NULL when nothing stopped it. */
const char *skep__last_fault(void);

#endif
