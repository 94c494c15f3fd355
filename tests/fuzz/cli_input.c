/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli_input.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/cli.h"

int input_open(struct input_file *in, const uint8_t *data, size_t size)
{
	in->fd = memfd_create("input", MFD_CLOEXEC);
	if (in->fd < 0)
		return 0;
	snprintf(in->path, sizeof(in->path), "/proc/self/fd/%d", in->fd);
	if (write(in->fd, data, size) == (ssize_t)size)
		return 1;
	close(in->fd);
	return 0;
}

void input_close(struct input_file *in)
{
	close(in->fd);
}

void input_run(char **argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	if (access(argv[argc - 1], R_OK)) /* nothing behind the object's loading would be tested */
		abort();
	cmd_run(argc, argv);
}
