/* SPDX-License-Identifier: BSD-2-Clause */
/* An object file, opened and loaded by libbpf into a world of its own. */
#ifndef SKEP_CLI_OBJECT_H
#define SKEP_CLI_OBJECT_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdbool.h>

#include "skep/skep.h"

struct object_file {
	const char *path;
	struct skep_world *world; /* NULL: the kernel's own bpf(2) */
	struct bpf_object *bpf; /* NULL until opened */
};

/* Who answers bpf(2). */
enum object_place { IN_WORLD, IN_WORLD_UNVERIFIED, IN_KERNEL };

/*
 * Makes the world and opens the object: EXIT_OK, or another code with the reason printed. Only programs of
 * types that can be run at all are marked for loading. End it with object_close in either case.
 */
int object_open(struct object_file *o, const char *path, enum object_place place);
int object_load(struct object_file *o);
void object_close(struct object_file *o);

/* "checked", "interp", "jit", or "kernel". */
const char *object_mode(const struct object_file *o);

/*
 * The program by that name, or the only one when name is NULL. NULL with the reason (and the names there
 * are) printed.
 */
struct bpf_program *object_program(const struct object_file *o, const char *name);

#endif
