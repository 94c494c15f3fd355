/* SPDX-License-Identifier: BSD-2-Clause */
/* skep disasm: programs as the world has them after loading, so with libbpf's relocations applied. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/object.h"
#include "cli/prog_text.h"

static const char help[] = "usage: skep disasm [--prog NAME] OBJECT\n"
			   "\n"
			   "Prints the programs of OBJECT in the notation of the kernel's verifier, with the\n"
			   "source lines that the object's BTF has for them.\n"
			   "\n"
			   "  --prog NAME   only this program\n";

static const struct option options[] = {
	{ "prog", required_argument, NULL, 'p' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int print_program(const struct bpf_program *prog)
{
	struct prog_text *text = prog_text_new(bpf_program__fd(prog));
	struct strbuf out;

	if (!text)
		return fail("program '%s' cannot be read back", bpf_program__name(prog));
	skep__strbuf_init(&out);
	prog_text_print(text, &out);
	printf("%s: SEC(\"%s\")\n%s", bpf_program__name(prog), bpf_program__section_name(prog), out.text);
	skep__strbuf_fini(&out);
	prog_text_free(text);
	return EXIT_OK;
}

static int print_programs(const struct object_file *o, const char *only)
{
	struct bpf_program *prog;
	bool first = true;
	int code = EXIT_OK;

	if (only && !object_program(o, only))
		return EXIT_USAGE;
	bpf_object__for_each_program(prog, o->bpf) {
		if (code || bpf_program__fd(prog) < 0 || (only && strcmp(only, bpf_program__name(prog))))
			continue;
		if (!first)
			putchar('\n');
		first = false;
		code = print_program(prog);
	}
	return code;
}

int cmd_disasm(int argc, char **argv)
{
	struct object_file o;
	const char *only = NULL;
	int option, code;

	while ((option = getopt_long(argc, argv, "hp:", options, NULL)) != -1) {
		if (option == 'p') {
			only = optarg;
		} else if (option == 'h') {
			fputs(help, stdout);
			return EXIT_OK;
		} else {
			fputs("Try `skep disasm --help`.\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind != argc - 1)
		return fail_usage("disasm", "one object, please");
	code = object_open(&o, argv[optind], IN_WORLD);
	if (!code)
		code = object_load(&o);
	if (!code)
		code = print_programs(&o, only);
	object_close(&o);
	return code;
}
