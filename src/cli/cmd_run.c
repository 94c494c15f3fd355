/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/run.h"

static const char help[] =
	"usage: skep run [OPTIONS] OBJECT\n"
	"\n"
	"Loads OBJECT into a world of its own and runs one of its programs.\n"
	"\n"
	"  --prog NAME          the program (needed when the object has several)\n"
	"  --pcap IN            run it on every packet of a capture (XDP, TC, socket filters)\n"
	"  --out OUT            with --pcap: write what passed or was transmitted to OUT\n"
	"  --data-in FILE       run it once on this data (default: 64 zero bytes for packet programs)\n"
	"  --data-out FILE      write the data afterwards\n"
	"  --ctx-in FILE        the context, in its UAPI layout\n"
	"  --ctx-out FILE       write the context afterwards\n"
	"  --repeat N           run it N times and report the average duration\n"
	"  --mode MODE          checked (default), interp or jit; the latter two need --unverified\n"
	"  --unverified         trust the program: nothing checks its memory accesses; JIT is the default\n"
	"  --kernel             run it on the kernel's bpf(2) instead, to compare (needs CAP_BPF)\n"
	"  --map NAME=FILE      fill a map from JSON first: [{\"key\": ..., \"value\": ...}, ...]\n"
	"  --maps               print every map afterwards\n"
	"  --events             print ring-buffer records as they come\n"
	"  --json               print one JSON object with all results\n"
	"\n"
	"FILE may be - for standard input or output.\n";

enum { OPT_PROG = 256, OPT_PCAP, OPT_OUT, OPT_DATA_IN, OPT_DATA_OUT, OPT_CTX_IN, OPT_CTX_OUT, OPT_REPEAT,
       OPT_MODE, OPT_UNVERIFIED, OPT_KERNEL, OPT_MAP, OPT_MAPS, OPT_EVENTS, OPT_JSON, OPT_HELP };

static const struct option options[] = {
	{ "prog", required_argument, NULL, OPT_PROG },
	{ "pcap", required_argument, NULL, OPT_PCAP },
	{ "out", required_argument, NULL, OPT_OUT },
	{ "data-in", required_argument, NULL, OPT_DATA_IN },
	{ "data-out", required_argument, NULL, OPT_DATA_OUT },
	{ "ctx-in", required_argument, NULL, OPT_CTX_IN },
	{ "ctx-out", required_argument, NULL, OPT_CTX_OUT },
	{ "repeat", required_argument, NULL, OPT_REPEAT },
	{ "mode", required_argument, NULL, OPT_MODE },
	{ "unverified", no_argument, NULL, OPT_UNVERIFIED },
	{ "kernel", no_argument, NULL, OPT_KERNEL },
	{ "map", required_argument, NULL, OPT_MAP },
	{ "maps", no_argument, NULL, OPT_MAPS },
	{ "events", no_argument, NULL, OPT_EVENTS },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, OPT_HELP },
	{ 0 },
};

static const char *const mode_names[] = {
	[SKEP_MODE_CHECKED] = "checked",
	[SKEP_MODE_INTERP] = "interp",
	[SKEP_MODE_JIT] = "jit",
};

static int parse_mode(struct run_options *o, const char *text)
{
	for (int i = 0; i < 3; i++) {
		if (strcmp(text, mode_names[i]))
			continue;
		o->mode = i;
		o->mode_given = true;
		return EXIT_OK;
	}
	return fail_usage("run", "--mode %s: a mode is checked, interp or jit", text);
}

static int parse_repeat(struct run_options *o, const char *text)
{
	char *end;
	unsigned long long n = strtoull(text, &end, 0);

	if (*end || end == text || *text == '-' || n < 1 || n > UINT32_MAX)
		return fail_usage("run", "--repeat %s: a number from 1 to %u", text, UINT32_MAX);
	o->repeat = n;
	return EXIT_OK;
}

static int parse_fill(struct run_options *o, char *text)
{
	char *equals = strchr(text, '=');

	if (!equals || equals == text || !equals[1])
		return fail_usage("run", "--map %s: it takes NAME=FILE", text);
	if (o->nr_fills == MAX_MAP_FILLS)
		return fail_usage("run", "--map: more than %d of them", MAX_MAP_FILLS);
	*equals = '\0';
	o->fills[o->nr_fills++] = (struct map_fill){ .map = text, .file = equals + 1 };
	return EXIT_OK;
}

/* One option; -1: --help was asked for. */
static int parse_option(struct run_options *o, int option, char *arg)
{
	switch (option) {
	case OPT_PROG:
		o->prog = arg;
		return EXIT_OK;
	case OPT_PCAP:
		o->pcap = arg;
		return EXIT_OK;
	case OPT_OUT:
		o->out = arg;
		return EXIT_OK;
	case OPT_DATA_IN:
		o->data_in = arg;
		return EXIT_OK;
	case OPT_DATA_OUT:
		o->data_out = arg;
		return EXIT_OK;
	case OPT_CTX_IN:
		o->ctx_in = arg;
		return EXIT_OK;
	case OPT_CTX_OUT:
		o->ctx_out = arg;
		return EXIT_OK;
	case OPT_REPEAT:
		return parse_repeat(o, arg);
	case OPT_MODE:
		return parse_mode(o, arg);
	case OPT_UNVERIFIED:
		o->unverified = true;
		return EXIT_OK;
	case OPT_KERNEL:
		o->kernel = true;
		return EXIT_OK;
	case OPT_MAP:
		return parse_fill(o, arg);
	case OPT_MAPS:
		o->maps = true;
		return EXIT_OK;
	case OPT_EVENTS:
		o->events = true;
		return EXIT_OK;
	case OPT_JSON:
		o->json = true;
		return EXIT_OK;
	case OPT_HELP:
		fputs(help, stdout);
		return -1;
	default: /* getopt_long has said what is wrong */
		fputs("Try `skep run --help`.\n", stderr);
		return EXIT_USAGE;
	}
}

static int check_options(struct run_options *o)
{
	if (!o->object)
		return fail_usage("run", "which object? Name a file that clang -target bpf made");
	if (o->mode_given && o->mode != SKEP_MODE_CHECKED && !o->unverified)
		return fail_usage("run",
				  "--mode %s runs the program unchecked, and nothing has proved it safe: say --unverified too",
				  mode_names[o->mode]);
	if (o->kernel && (o->mode_given || o->unverified))
		return fail_usage("run", "--kernel: the kernel has one mode, and verifies everything");
	if (o->out && !o->pcap)
		return fail_usage("run", "--out goes with --pcap");
	if (o->pcap && (o->data_in || o->data_out || o->ctx_in || o->ctx_out || o->repeat))
		return fail_usage("run", "--pcap brings its own packets: it does not go with --data-*, --ctx-* and --repeat");
	return EXIT_OK;
}

static int parse(struct run_options *o, int argc, char **argv)
{
	int option, code;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		code = parse_option(o, option == 'h' ? OPT_HELP : option, optarg);
		if (code)
			return code;
	}
	if (optind < argc)
		o->object = argv[optind++];
	if (optind < argc)
		return fail_usage("run", "one object at a time: what is '%s'?", argv[optind]);
	return check_options(o);
}

static int execute(struct run *run)
{
	const struct run_options *o = run->opts;
	enum object_place place = o->kernel ? IN_KERNEL : o->unverified ? IN_WORLD_UNVERIFIED : IN_WORLD;
	int code = object_open(&run->object, o->object, place);

	if (!code)
		code = (run->prog = object_program(&run->object, o->prog)) ? EXIT_OK : EXIT_USAGE;
	if (!code && o->mode_given)
		skep_world_set_mode(run->object.world, o->mode);
	if (!code)
		code = object_load(&run->object);
	if (!code)
		code = maps_fill(run);
	if (!code)
		code = o->pcap ? run_capture(run) : run_once(run);
	/* What a stopped program left in its maps is worth seeing too. */
	if (code != EXIT_USAGE && run->prog && bpf_program__fd(run->prog) >= 0 && o->maps) {
		int printed = maps_print(run);

		code = code ? code : printed;
	}
	return code;
}

int cmd_run(int argc, char **argv)
{
	struct run_options opts = { 0 };
	struct run run = { .opts = &opts };
	int code = parse(&opts, argc, argv);

	if (code)
		return code < 0 ? EXIT_OK : code;
	if (opts.json)
		run.results = json_object_new_object();
	code = execute(&run);
	if (run.results && code != EXIT_USAGE)
		puts(json_object_to_json_string_ext(run.results, JSON_C_TO_STRING_PRETTY |
									 JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(run.results);
	object_close(&run.object);
	if (fflush(stdout) || ferror(stdout))
		return fail("standard output: %s", strerror(errno));
	return code;
}
