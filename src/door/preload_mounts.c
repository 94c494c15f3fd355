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
static const struct row {
	const char *begin; /* of their line */
	const char *place; /* as it stands in lines: between blanks */
	const char *shown; /* what their line begins with here */
} ours[] = {
#define MOUNT(id, type, parent, name, ...)                                                         \
	{ type " " parent "/" name " tmpfs ", " " parent "/" name " ",                             \
	  type " " parent "/" name " " type " " },
#include "door/mounts.def"
#undef MOUNT
};
#define NR_OURS (sizeof(ours) / sizeof(*ours))

static bool begins_with(const char *line, const char *text)
{
	return !strncmp(line, text, strlen(text));
}

/* Which of them there are. */
static void find_ours(FILE *mounts, bool there[NR_OURS])
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, mounts) > 0) {
		for (size_t i = 0; i < NR_OURS; i++)
			there[i] |= begins_with(line, ours[i].begin);
	}
	free(line);
	rewind(mounts);
}

/* What is mounted below one of ours, in the same place, cannot be seen any more. */
static void translate_line(const char *line, const bool there[NR_OURS], FILE *out)
{
	const char *place = strchr(line, ' ');

	for (size_t i = 0; i < NR_OURS; i++) {
		if (begins_with(line, ours[i].begin)) {
			fputs(ours[i].shown, out);
			fputs(line + strlen(ours[i].begin), out);
			return;
		}
		if (there[i] && place && begins_with(place, ours[i].place))
			return;
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
	bool there[NR_OURS] = { false };
	char *line = NULL;
	size_t room = 0;

	find_ours(mounts, there);
	while (out && getline(&line, &room, mounts) > 0)
		translate_line(line, there, out);
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
