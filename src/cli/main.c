/* SPDX-License-Identifier: BSD-2-Clause */
/* The skep command. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

int main(int argc, char **argv)
{
	const struct command *c;
	enum outcome ret;

	if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		commands_explain();
		return GOOD;
	}
	c = command_find(strcmp(argv[1], "--version") ? argv[1] : "version");
	if (!c)
		return complain("%s: no such command; `skep` lists them", argv[1]);
	ret = c->run(argc - 1, argv + 1);
	/* A full disk or a closed pipe must not look like success. */
	if (fflush(stdout) && ret == GOOD)
		return complain("standard output: %m");
	return ret;
}
