/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of mounts, in which tools (bpftool -f) look for file systems of type bpf and walk them:
 * a world's is a tmpfs, and says here that it is what it stands for.
 */
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CAUGHT __attribute__((visibility("default")))

static const char is_tmpfs[] = "bpf /sys/fs/bpf tmpfs ", is_bpf[] = "bpf /sys/fs/bpf bpf ";

static FILE *new_file(void)
{
	int fd = memfd_create("mounts", MFD_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w+");

	if (fd >= 0 && !file)
		close(fd);
	return file;
}

/* Takes mounts over. */
static FILE *translate(FILE *mounts)
{
	FILE *out = new_file();
	char *line = NULL;
	size_t room = 0;

	while (out && getline(&line, &room, mounts) > 0) {
		if (!strncmp(line, is_tmpfs, sizeof(is_tmpfs) - 1))
			fprintf(out, "%s%s", is_bpf, line + sizeof(is_tmpfs) - 1);
		else
			fputs(line, out);
	}
	free(line);
	if (!out)
		return mounts;
	fclose(mounts);
	rewind(out);
	return out;
}

CAUGHT FILE *setmntent(const char *path, const char *mode)
{
	char closing[8];
	FILE *file;

	snprintf(closing, sizeof(closing), "%.5se", mode);
	file = fopen(path, closing);
	if (file &&
	    (!strcmp(path, "/proc/mounts") || !strcmp(path, "/proc/self/mounts") ||
	     !strcmp(path, "/etc/mtab")) &&
	    *mode == 'r')
		return translate(file);
	return file;
}
