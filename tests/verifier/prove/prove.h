/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Proof harnesses: functions prove_NAME() that take any values, assume what a caller of the number
 * domain promises, and assert what it is promised. scripts/prove-numbers hands them to a solver;
 * cbmc reads them as they are.
 */
#ifndef TESTS_PROVE_H
#define TESTS_PROVE_H

#include "base/types.h"

u64 nondet_u64(void);
#ifdef __CPROVER__
extern u64 the_witness;
#define witness() the_witness
#define ASSUME(what) __CPROVER_assume(what)
#define ASSERT(what) __CPROVER_assert(what, #what)
#else
/* The one value that a proof is about, the same at every call: contracts speak of it. */
u64 witness(void) __attribute__((const));
void prover_assume(bool what);
void prover_assert(bool what);
#define ASSUME(what) prover_assume(what)
#define ASSERT(what) prover_assert(what)
#endif

#endif
