/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_id {
	FIRST_OPTION = 256, /* past every character, so that getopt's '?' is none of them */
#define OPTION(field, name, arg, set, help) OPT_##field,
#include "cli/options.def"
};

static const struct known_option {
	const char *name, *arg;
	unsigned int set;
	const char *help;
} known[] = {
#define OPTION(field, name, arg, set, help) { name, arg, set, help },
#include "cli/options.def"
};

static const struct {
	const char *name;
	enum skep_mode mode;
} modes[] = {
	{ "checked", SKEP_MODE_CHECKED },
	{ "interp", SKEP_MODE_INTERP },
	{ "jit", SKEP_MODE_JIT },
};

const char *mode_name(const struct options *o)
{
	for (size_t i = 0; i < COUNT(modes); i++)
		if (!o->kernel && modes[i].mode == o->mode)
			return modes[i].name;
	return "kernel";
}

void options_print(enum option_set set)
{
	for (size_t i = 0; i < COUNT(known); i++) {
		const char *arg = known[i].arg;
		char left[64];

		if (!(known[i].set & set))
			continue;
		snprintf(left, sizeof(left), "--%s%s%s%s", known[i].name,
			 arg ? arg[0] == '[' ? "" : " " : "", arg && arg[0] == '[' ? "[=" : "",
			 arg ? arg + (arg[0] == '[') : "");
		printf("  %-20s %s\n", left, known[i].help);
	}
}

static enum outcome parse_repeat(struct options *o, const char *text)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 0);
	if (errno || *end || end == text || text[0] == '-' || n < 1 || n > INT32_MAX)
		return complain("--repeat %s: a number from 1 to %d is needed", text, INT32_MAX);
	o->repeat = n;
	return GOOD;
}

static enum outcome parse_mode(struct options *o, const char *text)
{
	for (size_t i = 0; i < COUNT(modes); i++) {
		if (strcmp(modes[i].name, text))
			continue;
		o->mode = modes[i].mode;
		o->mode_given = true;
		return GOOD;
	}
	return complain("--mode %s: the modes are checked, interp and jit", text);
}

static enum outcome parse_fill(struct options *o, const char *text)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text || !equals[1])
		return complain("--map %s: NAME=FILE is needed", text);
	if (o->nr_fills == MAX_FILLS)
		return complain("--map can be given %d times at most", MAX_FILLS);
	o->fills[o->nr_fills].map = strndup(text, equals - text);
	if (!o->fills[o->nr_fills].map)
		return complain("out of memory");
	o->fills[o->nr_fills++].file = equals + 1;
	return GOOD;
}

static enum outcome parse_events(struct options *o, const char *type)
{
	o->events = true;
	o->event_type = type;
	return GOOD;
}

static enum outcome take(struct options *o, int id, const char *arg)
{
	switch (id) {
#define FLAG(field, name, set, help)                                                               \
	case OPT_##field:                                                                          \
		o->field = true;                                                                   \
		return GOOD;
#define TEXT(field, name, argument, set, help)                                                     \
	case OPT_##field:                                                                          \
		o->field = arg;                                                                    \
		return GOOD;
#define PARSED(field, name, argument, set, help)                                                   \
	case OPT_##field:                                                                          \
		return parse_##field(o, arg);
#include "cli/options.def"
	default:
		return complain("no option number %d", id);
	}
}

static enum outcome check_sense(const struct options *o)
{
	bool files = o->data_in || o->data_out || o->ctx_in || o->ctx_out;

	if (!o->object)
		return complain("which object? Give the path of a compiled BPF object (.o)");
	if (o->pcap && files)
		return complain(
			"--pcap and --data-in, --data-out, --ctx-in, --ctx-out exclude each other");
	if (o->out && !o->pcap)
		return complain("--out needs --pcap");
	if (o->kernel && (o->mode_given || o->unverified))
		return complain("--kernel: the kernel has one mode, and verifies everything");
	if (o->kernel && o->net)
		return complain("--net: the kernel has a network of its own");
	return GOOD;
}

static void fill_getopt(struct option *longs, enum option_set set)
{
	size_t n = 0;

	for (size_t i = 0; i < COUNT(known); i++) {
		const char *arg = known[i].arg;

		if (!(known[i].set & set))
			continue;
		longs[n++] = (struct option){
			.name = known[i].name,
			.has_arg = !arg            ? no_argument
				   : arg[0] == '[' ? optional_argument
						   : required_argument,
			.val = FIRST_OPTION + 1 + i,
		};
	}
	longs[n] = (struct option){ 0 };
}

enum outcome options_parse(struct options *o, enum option_set set, int argc, char **argv)
{
	struct option longs[COUNT(known) + 1];
	enum outcome ret;
	int id;

	*o = (struct options){ .repeat = 1, .mode = SKEP_MODE_JIT };
	fill_getopt(longs, set);
	optind = 1;
	opterr = 0;
	while ((id = getopt_long(argc, argv, ":", longs, NULL)) != -1) {
		if (id == ':')
			return complain("%s needs an argument", argv[optind - 1]);
		if (id == '?')
			return complain("%s: no such option here; `skep help %s` lists them",
					argv[optind - 1], argv[0]);
		ret = take(o, id, optarg);
		if (ret || o->help)
			return ret;
	}
	if (o->unverified && !o->mode_given)
		o->mode = SKEP_MODE_CHECKED;
	if (optind < argc)
		o->object = argv[optind++];
	if (optind < argc)
		return complain("%s: one object at a time", argv[optind]);
	return check_sense(o);
}

void options_free(struct options *o)
{
	for (unsigned int i = 0; i < o->nr_fills; i++)
		free(o->fills[i].map);
}
