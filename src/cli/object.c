/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/object.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "cli/elf_check.h"
#include "cli/messages.h"

const char *program_type_name(const struct bpf_program *prog)
{
	const char *name = libbpf_bpf_prog_type_str(bpf_program__type(prog));

	return name ? name : "unknown";
}

static unsigned int count_programs(const struct object *o)
{
	struct bpf_program *prog;
	unsigned int n = 0;

	bpf_object__for_each_program (prog, o->bpf)
		n++;
	return n;
}

static void list_programs(const struct object *o)
{
	struct bpf_program *prog;

	bpf_object__for_each_program (prog, o->bpf)
		fprintf(stderr, "  %-24s %s\n", bpf_program__name(prog), program_type_name(prog));
}

enum outcome object_program(const struct object *o, const char *name, struct bpf_program **out)
{
	unsigned int n = count_programs(o);

	if (n == 0)
		return complain("%s: there is no program in it", o->path);
	if (name) {
		*out = bpf_object__find_program_by_name(o->bpf, name);
		if (*out)
			return GOOD;
		complain("%s: no program is called %s. There %s:", o->path, name,
			 n == 1 ? "is" : "are");
		list_programs(o);
		return BAD_INPUT;
	}
	*out = bpf_object__next_program(o->bpf, NULL);
	if (n == 1)
		return GOOD;
	complain("%s: choose one of its %u programs with --prog:", o->path, n);
	list_programs(o);
	return BAD_INPUT;
}

/* Every map and program takes an fd or two of this process. */
static void raise_fd_limit(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/*
 * Notes the types of maps, and takes their pins away: those would be looked for in /sys/fs/bpf, but
 * nobody else lives in this world.
 */
static enum outcome note_maps(struct object *o)
{
	struct bpf_map *map;
	unsigned int n = 0;

	bpf_object__for_each_map (map, o->bpf)
		n++;
	free(o->types);
	o->types = calloc(n + 1, sizeof(*o->types));
	if (!o->types)
		return complain("out of memory");
	o->nr_types = 0;
	bpf_object__for_each_map (map, o->bpf) {
		o->types[o->nr_types++] = (struct map_types){
			.map = map,
			.key = bpf_map__btf_key_type_id(map),
			.value = bpf_map__btf_value_type_id(map),
		};
		bpf_map__set_pin_path(map, NULL);
	}
	return GOOD;
}

static enum outcome open_file(struct object *o, const char *kernel_btf)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = kernel_btf);

	raise_fd_limit();
	messages_collect();
	o->bpf = bpf_object__open_file(o->path, &opts);
	if (!o->bpf) {
		complain("%s: this is no BPF object that libbpf can open: %m", o->path);
		messages_show();
		return BAD_INPUT;
	}
	return note_maps(o);
}

int object_load_only(struct object *o, const char *wanted)
{
	struct bpf_program *prog;

	bpf_object__for_each_program (prog, o->bpf)
		bpf_program__set_autoload(prog,
					  !wanted || !strcmp(bpf_program__name(prog), wanted));
	return bpf_object__load(o->bpf);
}

static enum outcome refused(const struct object *o, int err)
{
	complain("%s: loading failed: %s", o->path, strerror(-err));
	return PROGRAM_FAILED;
}

static enum outcome load_object(struct object *o, const char *kernel_btf, const char *wanted)
{
	struct bpf_program *prog;
	enum outcome ret = GOOD;
	int err = object_load_only(o, NULL);

	if (!err)
		return GOOD;
	if (!wanted || count_programs(o) < 2 || !bpf_object__find_program_by_name(o->bpf, wanted))
		return refused(o, err);
	/* libbpf cannot load an object twice. */
	bpf_object__close(o->bpf);
	o->bpf = NULL;
	ret = open_file(o, kernel_btf);
	if (ret)
		return ret;
	err = object_load_only(o, wanted);
	if (err)
		return refused(o, err);
	bpf_object__for_each_program (prog, o->bpf)
		if (!bpf_program__autoload(prog))
			fprintf(stderr,
				"skep: %s: running without program %s; not all could be loaded\n",
				o->path, bpf_program__name(prog));
	return GOOD;
}

static void take_btf(struct object *o)
{
	const struct btf *btf = bpf_object__btf(o->bpf);
	const void *raw;
	__u32 size;

	raw = btf ? btf__raw_data(btf, &size) : NULL;
	if (raw)
		o->btf = skep_btf_new(raw, size);
}

enum outcome object_open(struct object *o, const char *path, const char *kernel_btf)
{
	*o = (struct object){ .path = path };
	return open_file(o, kernel_btf);
}

enum outcome object_load(struct object *o, const char *path, const char *kernel_btf,
			 const char *wanted)
{
	struct bpf_program *prog;
	enum outcome ret;

	*o = (struct object){ .path = path };
	ret = elf_check(path);
	if (!ret)
		ret = open_file(o, kernel_btf);
	if (!ret && wanted)
		ret = object_program(o, wanted, &prog);
	if (!ret)
		ret = load_object(o, kernel_btf, wanted);
	if (!ret)
		take_btf(o);
	return ret;
}

void object_close(struct object *o)
{
	skep_btf_free(o->btf);
	free(o->types);
	bpf_object__close(o->bpf);
	*o = (struct object){ 0 };
}
