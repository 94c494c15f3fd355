/* SPDX-License-Identifier: BSD-2-Clause */
/* A compiled BPF object: opened and loaded by libbpf into the world, with its BTF for showing
 * values. */
#ifndef SKEP_CLI_OBJECT_H
#define SKEP_CLI_OBJECT_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "skep/btf.h"

#include "cli/cli.h"

/* The types of a map's keys and values as the object declares them; libbpf forgets some when it
 * loads. */
struct map_types {
	const struct bpf_map *map;
	uint32_t key, value; /* BTF ids; 0: none */
};

struct object {
	const char *path;
	struct bpf_object *bpf;
	struct map_types *types; /* owned; nr_types of them */
	unsigned int nr_types;
	struct skep_btf *btf; /* NULL: the object has none */
};

/*
 * Opens and loads; everything is freed with object_close, also after a failure. `wanted` (NULL:
 * all) is the program that matters: when another one is refused, it is loaded without the others.
 * PROGRAM_FAILED: the load was refused, and what libbpf says of it is the caller's to show.
 */
enum outcome object_load(struct object *o, const char *path, const char *kernel_btf,
			 const char *wanted);
/* The two steps by themselves, of a file that elf_check found whole. load_only: 0 or -errno. */
enum outcome object_open(struct object *o, const char *path, const char *kernel_btf);
int object_load_only(struct object *o, const char *wanted);
void object_close(struct object *o);

/* The program of that name, or the only one when name is NULL; complains, with a list, otherwise.
 */
enum outcome object_program(const struct object *o, const char *name, struct bpf_program **out);

/* "xdp", "sched_cls", ... */
const char *program_type_name(const struct bpf_program *prog);

#endif
