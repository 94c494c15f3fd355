/* SPDX-License-Identifier: BSD-2-Clause */
#include "doors.h"

#include <stdio.h>

struct door doors[4];
int nr_doors;

static bool add_world(const char *name, enum skep_mode mode)
{
	return door_open_skep(&doors[nr_doors++], name, mode);
}

static void add_kernel(void)
{
	if (door_open_kernel(&doors[nr_doors]))
		nr_doors++;
	else
		puts("the kernel does not let this process use bpf(2): only skep is asked");
}

bool doors_open(void)
{
	bool ok = add_world("skep", SKEP_MODE_CHECKED);

	add_kernel();
	return ok;
}

bool doors_open_modes(void)
{
	bool ok = add_world("checked", SKEP_MODE_CHECKED) &&
		  add_world("interp", SKEP_MODE_INTERP) && add_world("jit", SKEP_MODE_JIT);

	add_kernel();
	return ok;
}
