/* SPDX-License-Identifier: BSD-2-Clause */
/* A capture that a program runs over (`skep run --pcap`): the program is the example firewall. */
#include "cli_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *argv[] = { "run", "--json", "--pcap", NULL, "--out", "/dev/null", FIREWALL, NULL };
	struct input_file in;

	if (!input_open(&in, data, size))
		return 0;
	argv[3] = in.path;
	input_run(argv);
	input_close(&in);
	return 0;
}
