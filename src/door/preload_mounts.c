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

#include "door/preload.h"

/* Those of mounts.def have the type that they stand for as their source. */
static const struct {
	const char *shown, *type;
} ours[] = {
#define MOUNT(type, parent, name, magic, options, fill)                                            \
	{ #type " " parent "/" name " tmpfs ", #type " " parent "/" name " " #type " " },
#include "door/mounts.def"
#undef MOUNT
};

static void translate_line(const char *line, FILE *out)
{
	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
		size_t len = strlen(ours[i].shown);

		if (strncmp(line, ours[i].shown, len))
			continue;
		fputs(ours[i].type, out);
		line += len;
		break;
	}
	fputs(line, out);
}

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

	while (out && getline(&line, &room, mounts) > 0)
		translate_line(line, out);
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
