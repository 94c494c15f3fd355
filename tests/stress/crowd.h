/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SKEP_TESTS_STRESS_CROWD_H
#define SKEP_TESTS_STRESS_CROWD_H

#define KEYS_OF_EACH 16 /* in the shared table, at most */

/* What all processes share. */
struct crowd {
	volatile int stop;
	double end;
	unsigned long long seed, acts, adds_begun, adds_ended;
};

/* A thread: its sockets (in: what the neighbour sends; -1: none) and its keys in the shared table.
 */
struct actor {
	unsigned int id;
	unsigned long long random;
	double end; /* of its time */
	int in, out;
	unsigned int keys[KEYS_OF_EACH], nr_keys;
};

extern struct crowd *crowd;
extern int counters, table, adder; /* an array, a hash table, a program that adds to the array */

unsigned int pick(struct actor *a, unsigned int below);

/* What actors do (acts.c). */
typedef void act_fn(struct actor *a);
extern act_fn *const all_acts[];
extern const unsigned int nr_acts;
int adding_program(int map);
void drop_keys(struct actor *a);

#endif
