/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `skep exec` and `skep sh`: the command takes this process's place, so its parent, terminal,
 * signals and exit status are what they would be without skep; only bpf(2) is the world's.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/preload.h"
#include "door/door.h"

struct entry {
	const char *name; /* NULL: a world of its own */
	struct door_opts door;
	bool no_preload, quiet;
	int first; /* of the command's own arguments */
};

static const struct option options[] = {
	{ "cpus", required_argument, NULL, 'c' },
	{ "max-memory", required_argument, NULL, 'm' },
	{ "max-objects", required_argument, NULL, 'o' },
	{ "no-mounts", no_argument, NULL, 'M' },
	{ "no-perfmon", no_argument, NULL, 'p' },
	{ "no-preload", no_argument, NULL, 'P' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "root", no_argument, NULL, 'r' },
	{ "unverified", no_argument, NULL, 'u' },
	{ "world", required_argument, NULL, 'w' },
	{ 0 },
};

static enum outcome number(const char *option, const char *text, unsigned long max,
			   unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 10);
	if (errno || *end || end == text || text[0] == '-' || *out < 1 || *out > max)
		return complain("--%s %s: a number from 1 to %lu is needed", option, text, max);
	return GOOD;
}

static enum outcome take(struct entry *e, int opt)
{
	enum outcome ret = GOOD;
	unsigned long n;

	switch (opt) {
	case 'c':
		ret = number("cpus", optarg, 4096, &n);
		e->door.world.nr_cpus = n;
		break;
	case 'm':
		ret = number("max-memory", optarg, UINT32_MAX, &n);
		e->door.world.max_bytes = (uint64_t)n << 20;
		break;
	case 'o':
		ret = number("max-objects", optarg, INT32_MAX, &n);
		e->door.world.max_objects = n;
		break;
	case 'M':
		e->door.no_space = true;
		break;
	case 'P':
		e->no_preload = true;
		break;
	case 'q':
		e->quiet = true;
		break;
	case 'r':
		e->door.as_root = true;
		break;
	case 'p':
		e->door.world.no_perfmon = 1;
		break;
	case 'u':
		e->door.world.unverified = 1;
		break;
	case 'w':
		e->name = optarg;
		break;
	}
	return ret;
}

static enum outcome parse(struct entry *e, int argc, char **argv)
{
	enum outcome ret = GOOD;
	int opt;

	*e = (struct entry){ .door.world.size = sizeof(e->door.world) };
	opterr = 0;
	while (!ret && (opt = getopt_long(argc, argv, "+qrw:", options, NULL)) != -1) {
		if (opt == '?')
			return complain(
				"%s: no such option, or its argument is missing; `man skep`",
				argv[optind - 1]);
		ret = take(e, opt);
	}
	e->first = optind;
	return ret;
}

static enum outcome explain(const struct entry *e, int err)
{
	const char *name = e->name;

	if (name && err == -EINVAL)
		return complain("%s: a world's name is up to 32 letters, digits, '_', '-' and '.'",
				name);
	if (name && err == -EPERM)
		return complain("the directory of worlds ($XDG_RUNTIME_DIR/skep or /tmp/skep-%u) "
				"is not yours alone",
				geteuid());
	if (e->door.as_root && err == -EACCES)
		return complain("user name spaces are forbidden here, and --root needs one");
	switch (-err) {
	case EBUSY:
		return complain("this is inside a world already: run the command as it is");
	case ENOTCONN:
		return complain("a seccomp filter around skep answers bpf(2) and the calls that "
				"could stand for it before skep can; a container's can be lifted "
				"(docker run --security-opt seccomp=unconfined)");
	default:
		return complain("cannot make a world: %s", strerror(-err));
	}
}

static const struct {
	enum door_losses loss;
	const char *what;
	bool needs_preload; /* nothing is left without the library */
} losses_explained[] = {
	{ DOOR_CARRIED,
	  "a seccomp filter around it answers bpf(2), so static programs, and those that make "
	  "system calls without the C library (Go), are not in it",
	  true },
	{ DOOR_UNREADABLE,
	  "Yama (kernel.yama.ptrace_scope) hides the memory of static programs from it, whose "
	  "calls "
	  "fail with EFAULT",
	  true },
	{ DOOR_BY_SOCKET,
	  "seccomp notification is not to be had here, so static programs, and those that make "
	  "system calls without the C library (Go), are not in it, and nobody is when the command "
	  "has ended",
	  true },
	{ DOOR_NO_SPACE,
	  "mount name spaces are forbidden here, so pins are not seen in /sys/fs/bpf", false },
};

/* Where not everything is allowed, a world is less than it could be: in one line. */
static enum outcome explain_losses(const struct entry *e, int losses, bool has_preload)
{
	char text[512] = "";

	for (size_t i = 0; i < COUNT(losses_explained); i++) {
		size_t len = strlen(text);

		if (!(losses & losses_explained[i].loss))
			continue;
		if (losses_explained[i].needs_preload && !has_preload)
			return complain("no program can be in a world: %s; libskep-preload.so "
					"knows another way, and %s",
					losses_explained[i].what,
					e->no_preload ? "--no-preload forbids it" : "is not there");
		snprintf(text + len, sizeof(text) - len, "%s%s", len ? "; " : "",
			 losses_explained[i].what);
	}
	if (losses && !e->quiet)
		complain("this world is less than it could be: %s", text);
	return GOOD;
}

static enum outcome enter_and_run(const struct entry *e, char **argv)
{
	bool has_preload = !e->no_preload && preload_set();
	int err = e->name ? skep__door_named(e->name, &e->door) : skep__door_private(&e->door);

	if (err < 0)
		return explain(e, err);
	if (explain_losses(e, err, has_preload))
		return BAD_INPUT;
	execvp(argv[0], argv);
	err = errno;
	complain("%s: %s", argv[0], strerror(err));
	return err == ENOENT ? NOT_FOUND : NOT_RUN;
}

enum outcome cmd_exec(int argc, char **argv)
{
	struct entry e;
	enum outcome ret = parse(&e, argc, argv);

	if (ret)
		return ret;
	if (e.first == argc)
		return complain("exec what? `skep exec -- COMMAND ARGUMENTS`");
	return enter_and_run(&e, argv + e.first);
}

enum outcome cmd_sh(int argc, char **argv)
{
	struct entry e;
	enum outcome ret = parse(&e, argc, argv);
	const char *shell = getenv("SHELL");

	if (ret)
		return ret;
	if (e.first < argc)
		return complain("%s: sh takes no command; `skep exec` does", argv[e.first]);
	return enter_and_run(&e, (char *[]){ (char *)(shell && *shell ? shell : "/bin/sh"), NULL });
}
