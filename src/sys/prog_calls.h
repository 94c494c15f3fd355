/* SPDX-License-Identifier: BSD-2-Clause */
/* What syscall programs may ask of bpf(2): the services behind bpf_sys_bpf and bpf_sys_close. */
#ifndef SKEP_SYS_PROG_CALLS_H
#define SKEP_SYS_PROG_CALLS_H

#include "sys/sys.h"

/* Fills in svc->bpf and svc->close_fd, for a run on behalf of this call. */
void skep__prog_calls_init(struct services *svc, struct call *call);

#endif
