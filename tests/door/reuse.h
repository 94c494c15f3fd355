/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SKEP_TESTS_DOOR_REUSE_H
#define SKEP_TESTS_DOOR_REUSE_H

void do_reuse(void);
void do_changes(void);
void do_places(void);
void do_numbers(void);

#endif
