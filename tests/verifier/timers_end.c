/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The timers of a map go when nobody outside has the map any more, also one that starts itself
 * again and again; with them the program goes that they call back, and then the map.
 *
 * usage: timers_end timers.bpf.o
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "diff/asked.h"

static struct bpf_object *start_ticking(const char *path)
{
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	struct bpf_program *p, *ticks = NULL;
	char packet[64] = { 0 };

	bpf_object__for_each_program (p, obj) {
		bool wanted = !strcmp(bpf_program__name(p), "a_timer_ticks");

		bpf_program__set_autoload(p, wanted);
		ticks = wanted ? p : ticks;
	}
	opts.data_in = packet;
	opts.data_size_in = sizeof(packet);
	if (bpf_object__load(obj) || bpf_prog_test_run_opts(bpf_program__fd(ticks), &opts) ||
	    opts.retval) {
		printf("the timer does not start\n");
		return NULL;
	}
	return obj;
}

/* The number of maps and programs in the world. */
static u32 objects_left(void)
{
	u32 id = 0, n = 0;

	while (!bpf_map_get_next_id(id, &id))
		n++;
	for (id = 0; !bpf_prog_get_next_id(id, &id);)
		n++;
	return n;
}

static int check(const char *name, enum skep_mode mode, const char *path)
{
	struct door d;
	struct bpf_object *obj;
	u32 left = 1;

	if (!door_open_skep(&d, name, mode))
		return 1;
	asked = &d;
	obj = start_ticking(path);
	if (obj) {
		usleep(20000);
		bpf_object__close(obj);
		for (int i = 0; i < 200 && (left = objects_left()); i++)
			usleep(5000);
	}
	asked = NULL;
	door_close(&d);
	if (left)
		printf("%s: %u objects are left\n", name, left);
	return left != 0;
}

int main(int argc, char **argv)
{
	int bad = 0;

	if (argc != 2)
		return 2;
	libbpf_set_print(NULL);
	bad += check("checked", SKEP_MODE_CHECKED, argv[1]);
	bad += check("interp", SKEP_MODE_INTERP, argv[1]);
	bad += check("jit", SKEP_MODE_JIT, argv[1]);
	return bad ? 1 : 0;
}
