/* SPDX-License-Identifier: BSD-2-Clause */
/* What `skep run` was asked to do, and what came of it. */
#ifndef SKEP_CLI_RUN_H
#define SKEP_CLI_RUN_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/object.h"

struct map_fill {
	const char *map, *file;
};

#define MAX_MAP_FILLS 64

struct run_options {
	const char *object, *prog;
	const char *pcap, *out;
	const char *data_in, *data_out, *ctx_in, *ctx_out;
	uint32_t repeat;
	enum skep_mode mode;
	bool mode_given, unverified, kernel, json, maps, events;
	struct map_fill fills[MAX_MAP_FILLS];
	int nr_fills;
};

/* A run in progress; results is the JSON object that --json prints, NULL without it. */
struct run {
	const struct run_options *opts;
	struct object_file object;
	struct bpf_program *prog;
	json_object *results;
};

/* Each returns an exit code and has printed its reason when it is not EXIT_OK. */
int run_once(struct run *run); /* --data-in and so on */
int run_capture(struct run *run); /* --pcap */
int maps_fill(struct run *run); /* --map */
int maps_print(struct run *run); /* --maps */

/* Ring buffers of the object, read while programs run (--events). */
struct events;
struct events *events_open(struct run *run);
void events_poll(struct events *events); /* takes what is there; cheap when there is nothing */
void events_close(struct events *events); /* NULL is fine */

/* A whole file ("-": standard input or output). NULL / false with the reason printed. */
void *read_file(const char *path, size_t *size);
bool write_file(const char *path, const void *data, size_t size);

/* Reports why a test run failed (checked mode's report, or the errno); returns EXIT_STOPPED. */
int run_failed(const struct run *run, const char *what, int err);

#endif
