/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON for maps and for the network (`skep run --map`, `--net`): the first byte says which file the rest is. The
 * object is the example load balancer.
 */
#include <stdio.h>

#include "cli_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const maps[] = { "services", "backends", "connections", "loads" };
	char fill[64], *argv[] = { "run", "--json", "--maps", "--map", fill, BALANCER, NULL };
	struct input_file in;

	if (!size || !input_open(&in, data + 1, size - 1))
		return 0;
	if (data[0] % 5 < 4) {
		snprintf(fill, sizeof(fill), "%s=%s", maps[data[0] % 5], in.path);
	} else {
		argv[3] = "--net";
		argv[4] = in.path;
	}
	input_run(argv);
	input_close(&in);
	return 0;
}
