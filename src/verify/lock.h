/* SPDX-License-Identifier: BSD-2-Clause */
/* Spin locks in map values and allocated objects, and timers in map values: where they are, and
 * which is held. */
#ifndef SKEP_VERIFY_LOCK_H
#define SKEP_VERIFY_LOCK_H

#include "verify/call.h"

int skep__check_spin_lock(struct call *c, u32 regno, bool lock);
int skep__check_timer(struct call *c, u32 regno);

/* maps.c: may programs of the type use the map at all? Asked of each before anything is followed.
 */
int skep__check_maps(struct verify_env *env);

#endif
