/* SPDX-License-Identifier: BSD-2-Clause */
/* What the commands of `skep` share: exit codes, errors as sentences, colours. */
#ifndef SKEP_CLI_CLI_H
#define SKEP_CLI_CLI_H

#include <stdbool.h>

/* Exit codes, as skep(1) documents them. */
enum exit_code {
	EXIT_OK = 0, /* done */
	EXIT_STOPPED = 1, /* checked mode stopped the program, or it could not be loaded */
	EXIT_USAGE = 2, /* bad input: arguments, files, captures, JSON */
};

/* One subcommand; argv[0] is its name. */
int cmd_run(int argc, char **argv);
int cmd_disasm(int argc, char **argv);

/*
 * Prints "skep: " and the sentence to standard error. A sentence names the object, the place and, where there
 * is one, the next step. Returns EXIT_USAGE so that a caller can return it.
 */
int fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Prints the usage of a command from its text, and a hint about the option that was wrong. */
int fail_usage(const char *command, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
