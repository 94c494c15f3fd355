/* SPDX-License-Identifier: BSD-2-Clause */
#include "load_alone.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "newer_types.h"
#include "wishes.h"

enum { MAX_NEEDED = 32, NAME = 128 };

static char missing[NAME]; /* what libbpf said last that it wants in an array of programs; or "" */

/* Nothing but its messages tells which programs these are. */
static int note_missing(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	static const char what[] = " to prog '";
	char line[1024];
	const char *at;

	if (level != LIBBPF_WARN || !strstr(fmt, "failed to initialize slot"))
		return 0;
	vsnprintf(line, sizeof(line), fmt, ap);
	at = strstr(line, what);
	if (at)
		snprintf(missing, sizeof(missing), "%.*s", (int)strcspn(at + strlen(what), "'"),
			 at + strlen(what));
	return 0;
}

/* The first of those that are needed is the one that has wishes. */
static struct bpf_object *load(const char *path, const struct wishes *w, char needed[][NAME],
			       int nr, int *err)
{
	struct bpf_object *obj = open_as_wished(path, w);
	struct bpf_program *p;
	struct bpf_map *m;

	if (!obj)
		return NULL;
	bpf_object__for_each_program (p, obj) {
		bool wanted = false;

		for (int i = 0; i < nr; i++)
			wanted |= !strcmp(bpf_program__name(p), needed[i]);
		set_newer_type(p);
		bpf_program__set_autoload(p, wanted);
		if (!strcmp(bpf_program__name(p), needed[0]))
			bpf_program__set_flags(p, bpf_program__flags(p) | w->flags);
	}
	bpf_object__for_each_map (m, obj)
		bpf_map__set_pin_path(m, NULL);
	*err = bpf_object__load(obj);
	if (!*err)
		return obj;
	bpf_object__close(obj);
	return NULL;
}

struct bpf_object *load_alone(const char *path, const char *name, int *err)
{
	char needed[MAX_NEEDED][NAME];
	struct bpf_object *obj = NULL;
	struct wishes w;

	*err = -1;
	read_wishes(path, name, &w);
	libbpf_set_print(note_missing);
	snprintf(missing, sizeof(missing), "%s", name);
	for (int nr = 0; nr < MAX_NEEDED && !obj && missing[0]; nr++) {
		memcpy(needed[nr], missing, NAME);
		missing[0] = 0;
		obj = load(path, &w, needed, nr + 1, err);
	}
	return obj;
}
