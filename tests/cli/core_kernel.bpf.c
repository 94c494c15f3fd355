// SPDX-License-Identifier: BSD-2-Clause
/* The types of another kernel than the one that core.bpf.c was written against. */
struct flow {
	unsigned int other[3];
	unsigned int moved;
} flow;
