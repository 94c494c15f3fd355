/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of `skep run`, `verify` and `disasm`, taken apart and checked for sense. */
#ifndef SKEP_CLI_OPTIONS_H
#define SKEP_CLI_OPTIONS_H

#include "skep/skep.h"

#include "cli/cli.h"

enum { MAX_FILLS = 64 };

struct options {
	const char *object;
	const char *prog, *btf;
	const char *pcap, *out;
	const char *data_in, *data_out, *ctx_in, *ctx_out;
	unsigned int repeat;
	enum skep_mode mode;
	bool mode_given, unverified, kernel;
	struct {
		char *map; /* owned */
		const char *file;
	} fills[MAX_FILLS];
	unsigned int nr_fills;
	const char *net;
	bool maps, events, json, log, no_perfmon;
	const char *event_type; /* NULL: bytes */
	bool help; /* nothing else counts */
};

/* The letters of options.def. */
enum option_set { R = 1, D = 2, V = 4 };

enum outcome options_parse(struct options *o, enum option_set set, int argc, char **argv);
void options_free(struct options *o);

/* The list of options, for help. */
void options_print(enum option_set set);

/* "checked", "interp", "jit", or "kernel". */
const char *mode_name(const struct options *o);

#endif
