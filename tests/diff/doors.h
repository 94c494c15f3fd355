/* SPDX-License-Identifier: BSD-2-Clause */
/* Whom a test asks the same: worlds, and the kernel where it may be asked. */
#ifndef TESTS_DIFF_DOORS_H
#define TESTS_DIFF_DOORS_H

#include "door.h"

extern struct door doors[4];
extern int nr_doors;

bool doors_open(void); /* a world in checked mode, and the kernel; false: there is no memory */
bool doors_open_modes(void); /* a world in each mode, and the kernel */

#endif
