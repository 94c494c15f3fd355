/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/object.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "cli/cli.h"
#include "cli/intercept.h"

/* What libbpf said since the last object_open; shown only when something fails. */
static struct strbuf messages;

static int collect(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	if (level == LIBBPF_WARN)
		skep__strbuf_vprintf(&messages, fmt, ap);
	return 0;
}

static void show_messages(void)
{
	for (const char *line = messages.text; *line;) {
		size_t len = strcspn(line, "\n");

		fprintf(stderr, "  %.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
	skep__strbuf_clear(&messages);
}

/* Every object takes an fd or two of this process. */
static void raise_fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static bool is_runnable(enum bpf_prog_type type)
{
	switch (type) {
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_LWT_IN:
	case BPF_PROG_TYPE_LWT_OUT:
	case BPF_PROG_TYPE_LWT_XMIT:
	case BPF_PROG_TYPE_LWT_SEG6LOCAL:
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_SYSCALL:
	case BPF_PROG_TYPE_FLOW_DISSECTOR:
	case BPF_PROG_TYPE_SK_LOOKUP:
		return true;
	default:
		return false;
	}
}

static void print_trace(void *opaque, const char *line, size_t len)
{
	fprintf(stderr, "trace: %.*s\n", (int)len, line);
}

static int make_world(struct object_file *o, bool unverified)
{
	struct skep_world_opts opts = { .size = sizeof(opts), .allow_unverified = unverified };

	o->world = skep_world_new(&opts);
	if (!o->world)
		return fail("cannot make a world: %s", strerror(errno));
	skep_world_set_trace(o->world, print_trace, NULL);
	intercept_set_world(o->world);
	return EXIT_OK;
}

const char *object_mode(const struct object_file *o)
{
	static const char *const names[] = {
		[SKEP_MODE_CHECKED] = "checked",
		[SKEP_MODE_INTERP] = "interp",
		[SKEP_MODE_JIT] = "jit",
	};

	return o->world ? names[skep_world_mode(o->world)] : "kernel";
}

int object_open(struct object_file *o, const char *path, enum object_place place)
{
	struct bpf_program *prog;

	*o = (struct object_file){ .path = path };
	skep__strbuf_init(&messages);
	libbpf_set_print(collect);
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	raise_fd_limit();
	if (place != IN_KERNEL && make_world(o, place == IN_WORLD_UNVERIFIED))
		return EXIT_USAGE;
	if (access(path, R_OK))
		return fail("%s: %s", path, strerror(errno));
	o->bpf = bpf_object__open_file(path, NULL);
	if (!o->bpf) {
		int err = errno;

		fail("%s is not a BPF object that libbpf can open: %s", path, strerror(err));
		show_messages();
		return EXIT_USAGE;
	}
	bpf_object__for_each_program(prog, o->bpf)
		bpf_program__set_autoload(prog, is_runnable(bpf_program__type(prog)));
	return EXIT_OK;
}

int object_load(struct object_file *o)
{
	int err = bpf_object__load(o->bpf);

	if (!err)
		return EXIT_OK;
	fail("%s was refused%s: %s", o->path, o->world ? "" : " by the kernel", strerror(-err));
	show_messages();
	return EXIT_STOPPED;
}

void object_close(struct object_file *o)
{
	bpf_object__close(o->bpf);
	intercept_set_world(NULL);
	if (o->world)
		skep_world_free(o->world);
	skep__strbuf_fini(&messages);
}

static void list_programs(const struct object_file *o)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, o->bpf)
		fprintf(stderr, "  %-24s SEC(\"%s\")%s\n", bpf_program__name(prog),
			bpf_program__section_name(prog),
			bpf_program__autoload(prog) ? "" : "   (nothing here can run this type)");
}

struct bpf_program *object_program(const struct object_file *o, const char *name)
{
	struct bpf_program *prog, *only = NULL;
	int count = 0;

	bpf_object__for_each_program(prog, o->bpf) {
		if (name && !strcmp(bpf_program__name(prog), name)) {
			only = prog;
			break;
		}
		if (!name && bpf_program__autoload(prog)) {
			only = prog;
			count++;
		}
	}
	if (name && !only)
		fail("%s has no program '%s'; it has:", o->path, name);
	else if (!name && count != 1)
		fail(count ? "%s has several programs; say which with --prog NAME:" :
			     "%s has no program that can be run; it has:",
		     o->path);
	else if (!bpf_program__autoload(only))
		fail("%s: programs like '%s' cannot be run yet:", o->path, name);
	else
		return only;
	list_programs(o);
	return NULL;
}
