/* SPDX-License-Identifier: BSD-2-Clause */
/* The input of a fuzz target as a file that the command's code can open. */
#ifndef FUZZ_CLI_INPUT_H
#define FUZZ_CLI_INPUT_H

#include <stddef.h>
#include <stdint.h>

struct input_file {
	int fd;
	char path[32]; /* valid until it is closed */
};

/* false: the system has no memory for it. */
int input_open(struct input_file *in, const uint8_t *data, size_t size);
void input_close(struct input_file *in);

/* A `skep run` with arguments that end with NULL; argv[0] is "run", the last one an object that exists. */
void input_run(char **argv);

#endif
