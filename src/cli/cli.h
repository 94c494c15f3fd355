/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all parts of the skep command share. The command is a client of libskep's public headers, of
 * libbpf and of nothing else of skep: what it can do, any program can do.
 */
#ifndef SKEP_CLI_CLI_H
#define SKEP_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define FORMAT(fmt, arg) __attribute__((format(printf, fmt, arg)))

/* Exit codes, and what the functions of this folder return. */
enum outcome {
	GOOD = 0,
	PROGRAM_FAILED = 1, /* the BPF program was refused, or stopped in checked mode */
	BAD_INPUT = 2, /* usage, or an unreadable or broken file */
	NOT_RUN = 126, /* exec: the command is there and cannot be executed */
	NOT_FOUND = 127, /* exec: there is no such command */
};

/* One sentence on stderr, "skep: " before it. Returns BAD_INPUT. */
enum outcome complain(const char *fmt, ...) FORMAT(1, 2);

struct command {
	const char *name, *operands, *what;
	enum outcome (*run)(int argc, char **argv);
};

const struct command *command_find(const char *name); /* NULL: there is none */
void commands_explain(void); /* all of them, on stdout */

/* The commands: argv[0] is the command's own name. */
enum outcome cmd_run(int argc, char **argv);
enum outcome cmd_verify(int argc, char **argv);
enum outcome cmd_disasm(int argc, char **argv);
enum outcome cmd_exec(int argc, char **argv);
enum outcome cmd_sh(int argc, char **argv);
enum outcome cmd_worlds(int argc, char **argv);
enum outcome cmd_down(int argc, char **argv);
enum outcome cmd_help(int argc, char **argv);
enum outcome cmd_version(int argc, char **argv);

#endif
