/* SPDX-License-Identifier: BSD-2-Clause */
/* `skep disasm`: programs as the world has them after loading, so with libbpf's relocations
 * applied. */
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "cli/kernel.h"
#include "cli/messages.h"
#include "cli/object.h"
#include "cli/options.h"
#include "cli/prog_text.h"

static enum outcome print_program(const struct bpf_program *prog)
{
	struct prog_text *text = prog_text_new(bpf_program__fd(prog));
	struct strbuf out;

	if (!text)
		return complain("program %s cannot be read back", bpf_program__name(prog));
	skep__strbuf_init(&out);
	prog_text_print(text, &out);
	printf("%s: SEC(\"%s\")\n%s", bpf_program__name(prog), bpf_program__section_name(prog),
	       out.text);
	skep__strbuf_fini(&out);
	prog_text_free(text);
	return GOOD;
}

static enum outcome print_programs(const struct object *o, const char *only)
{
	struct bpf_program *prog;
	enum outcome ret = GOOD;
	bool first = true;

	bpf_object__for_each_program (prog, o->bpf) {
		if (ret || bpf_program__fd(prog) < 0 ||
		    (only && strcmp(only, bpf_program__name(prog))))
			continue;
		if (!first)
			putchar('\n');
		first = false;
		ret = print_program(prog);
	}
	return ret;
}

enum outcome cmd_disasm(int argc, char **argv)
{
	struct options opts;
	struct object o = { 0 };
	enum outcome ret = options_parse(&opts, D, argc, argv);

	if (ret || opts.help)
		return ret ? ret : cmd_help(2, (char *[]){ "help", "disasm" });
	/* What the verifier refuses is looked at, too. */
	ret = kernel_open(&(struct skep_world_opts){ .size = sizeof(struct skep_world_opts),
						     .unverified = 1 },
			  SKEP_MODE_CHECKED);
	if (!ret)
		ret = object_load(&o, opts.object, opts.btf, opts.prog);
	if (ret == PROGRAM_FAILED)
		messages_show();
	if (!ret)
		ret = print_programs(&o, opts.prog);
	object_close(&o);
	if (kernel_world())
		kernel_close();
	return ret;
}
