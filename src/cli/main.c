/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "skep/skep.h"

static const struct command {
	const char *name, *summary;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "run", "load an object and run a program of it: once, on data, or over a capture", cmd_run },
	{ "disasm", "print the programs of an object, with their source lines", cmd_disasm },
};

static void usage(FILE *out)
{
	fputs("skep runs eBPF programs in user space: no root, no kernel support, nothing to install in the\n"
	      "system. It loads compiled objects with libbpf on its own bpf(2), and checks every memory access\n"
	      "of a running program until told otherwise.\n"
	      "\n"
	      "usage: skep COMMAND [OPTIONS] OBJECT\n"
	      "\n",
	      out);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].summary);
	fputs("  help     this page; `skep COMMAND --help` has a command's options\n"
	      "  version  print the version\n"
	      "\n"
	      "examples:\n"
	      "  skep run --pcap in.pcap --out out.pcap --maps firewall.bpf.o\n"
	      "  skep run --prog balancer --data-in frame.bin --data-out - lb.bpf.o\n"
	      "  skep disasm firewall.bpf.o\n"
	      "\n"
	      "exit codes: 0 done, 1 a program was stopped or refused, 2 bad input. More: man skep\n",
	      out);
}

static void vfail(const char *fmt, va_list ap)
{
	fputs("skep: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

int fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfail(fmt, ap);
	va_end(ap);
	return EXIT_USAGE;
}

int fail_usage(const char *command, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfail(fmt, ap);
	va_end(ap);
	fprintf(stderr, "Try `skep %s --help`.\n", command);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "help";

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!strcmp(name, commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	}
	if (!strcmp(name, "version") || !strcmp(name, "--version") || !strcmp(name, "-V")) {
		printf("skep %s\n", skep_version());
		return EXIT_OK;
	}
	if (!strcmp(name, "help") || !strcmp(name, "--help") || !strcmp(name, "-h")) {
		usage(stdout);
		return EXIT_OK;
	}
	fail("there is no command '%s'", name);
	fputs("Try `skep help`.\n", stderr);
	return EXIT_USAGE;
}
