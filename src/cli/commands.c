/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds a command and explains it. */
#include <stdio.h>
#include <string.h>

#include "skep/skep.h"

#include "cli/cli.h"
#include "cli/options.h"

static const struct command commands[] = {
#define COMMAND(name, operands, what) { #name, operands, what, cmd_##name },
#include "cli/commands.def"
};

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < COUNT(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

void commands_explain(void)
{
	puts("skep keeps eBPF programs outside the kernel: it loads the objects that the kernel "
	     "would\n"
	     "load, runs their programs, and shows what they did. It needs no root and no kernel "
	     "BPF.\n");
	for (size_t i = 0; i < COUNT(commands); i++)
		printf("  skep %-8s %-16s %s\n", commands[i].name, commands[i].operands,
		       commands[i].what);
	puts("\nFor example:\n"
	     "  clang -O2 -g -target bpf -c firewall.c -o firewall.o\n"
	     "  skep run --pcap traffic.pcap --out passed.pcap --maps firewall.o\n"
	     "  skep run --prog count --data-in packet.bin --json counters.o\n"
	     "  skep disasm firewall.o\n\n"
	     "Exit codes: 0 good; 1 the program was refused or stopped at a bad access; 2 bad "
	     "usage or input.\n"
	     "`skep help COMMAND` and `man skep` say more.");
}

static void explain_command(const struct command *c, enum option_set set)
{
	printf("skep %s %s\n\n%c%s.\n\nOptions:\n", c->name, c->operands, c->what[0] - 'a' + 'A',
	       c->what + 1);
	options_print(set);
}

enum outcome cmd_help(int argc, char **argv)
{
	const struct command *c;

	if (argc < 2) {
		commands_explain();
		return GOOD;
	}
	c = command_find(argv[1]);
	if (!c)
		return complain("%s: no such command; `skep` lists them", argv[1]);
	if (c->run == cmd_run)
		explain_command(c, R);
	else if (c->run == cmd_verify)
		explain_command(c, V);
	else if (c->run == cmd_disasm)
		explain_command(c, D);
	else
		printf("skep %s %s\n\n%c%s.\n", c->name, c->operands, c->what[0] - 'a' + 'A',
		       c->what + 1);
	return GOOD;
}

enum outcome cmd_version(int argc, char **argv)
{
	printf("skep %s\n", skep_version());
	return GOOD;
}
