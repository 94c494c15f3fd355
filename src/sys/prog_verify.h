/* SPDX-License-Identifier: BSD-2-Clause */
/* The verifier, asked for a program that is being loaded. */
#ifndef SKEP_SYS_PROG_VERIFY_H
#define SKEP_SYS_PROG_VERIFY_H

#include "base/strbuf.h"
#include "verify/verify.h"
#include "world/world.h"

/*
 * The verdict about a program that prepare has built: 0, or -errno with the reason in the log.
 * flags and log_level are PROG_LOAD's. reached[i] tells whether a run can come to instruction i.
 */
int skep__prog_verify(struct world *w, struct prog_object *p, u32 flags, u32 log_level,
		      struct strbuf *log, bool *reached);

/* Where the budget went in the calling thread's last verification, most visits first; *nr of them,
 * 0: it was accepted. */
const struct verify_visits *skep__last_busiest(u32 *nr);

#endif
