/* SPDX-License-Identifier: BSD-2-Clause */
/* References that functions give and take back, and pointers that stop being good. */
#ifndef SKEP_VERIFY_REF_H
#define SKEP_VERIFY_REF_H

#include "verify/env.h"

int skep__acquire(struct verify_env *env, u32 *id); /* a new reference of the current instruction */
int skep__release(struct verify_env *env,
		  u32 id); /* -EINVAL: there is none; else no register knows it any more */
bool skep__forget_ref(struct state *s, u32 id); /* the reference alone; false: there was none */

/* A register whose pointer may not be used any more. */
void skep__invalidate(struct verify_env *env, struct reg *r);
void skep__invalidate_packets(struct verify_env *env);
void skep__clear_caller_saved(struct verify_env *env); /* R0..R5 after a call */

/* What may not be held when `what` happens: references, and with locks also locks and regions. */
int skep__check_leaks(struct verify_env *env, bool exception, bool locks, const char *what);

/* Could a lock be in what it points to? Then its id must be kept. */
bool skep__may_hold_lock(const struct reg *r);

#endif
