/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts the instructions that a function executes, by the processor's trap flag: exact, and slow.
 */
#ifndef BENCH_COUNT_H
#define BENCH_COUNT_H

struct counted {
	unsigned long all; /* between the call and its return */
	unsigned long outside; /*	of these, in no file that the process has loaded: machine
				  code made at run time */
};

struct counted count_instructions(void (*fn)(void *arg), void *arg);

#endif
