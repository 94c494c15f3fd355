/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random programs that aim at the verifier: numbers from packets and maps are bounded or nearly,
 * copied, spilled and filled, and then moved into pointers to the stack, to packets and to map
 * values that are read and written through. About half of them are refused. The same seed gives the
 * same program.
 */
#ifndef TESTS_VERIFIER_AIM_H
#define TESTS_VERIFIER_AIM_H

#include "diff/gen.h"

void aim_program(struct gen *g, u64 seed);

#endif
