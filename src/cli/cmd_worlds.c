/* SPDX-License-Identifier: BSD-2-Clause */
/* `skep worlds` and `skep down`: named worlds, seen from outside. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "door/door.h"

struct listing {
	bool json;
	unsigned int count;
};

static void print_json(const struct listing *l, const char *name, const struct skep_world_status *s)
{
	printf("%s{\"name\":\"%s\",\"progs\":%u,\"maps\":%u,\"btfs\":%u,\"events\":%u,\"bytes\":%"
	       "llu,"
	       "\"commands\":%u,\"pid\":%d}",
	       l->count ? "," : "", name, s->progs, s->maps, s->btfs, s->events, s->bytes,
	       s->commands, s->pid);
}

static void print_world(void *opaque, const char *name)
{
	struct listing *l = opaque;
	struct skep_world_status s;

	if (skep__door_status(name, &s))
		return; /* it has just ended */
	if (l->json)
		print_json(l, name, &s);
	else
		printf("%s%-16s %8u %8u %8u %8llu kB %8u %8d\n",
		       l->count ? ""
				: "WORLD            PROGRAMS     MAPS      BTF      MEMORY "
				  "COMMANDS   KEEPER\n",
		       name, s.progs, s.maps, s.btfs, s.bytes / 1024, s.commands, s.pid);
	l->count++;
}

enum outcome cmd_worlds(int argc, char **argv)
{
	struct listing l = { .json = argc == 2 && !strcmp(argv[1], "--json") };
	int err;

	if (argc > 1 && !l.json)
		return complain("%s: worlds takes nothing but --json", argv[1]);
	if (l.json)
		putchar('[');
	err = skep__door_each(print_world, &l);
	if (l.json)
		puts("]");
	return err ? complain("the directory of worlds: %s", strerror(-err)) : GOOD;
}

enum outcome cmd_down(int argc, char **argv)
{
	int err;

	if (argc != 2)
		return complain("down which world? `skep worlds` lists them");
	err = skep__door_down(argv[1]);
	if (err == -ENOENT || err == -EINVAL)
		return complain("%s: no such world; `skep worlds` lists them", argv[1]);
	return err ? complain("%s: %s", argv[1], strerror(-err)) : GOOD;
}
