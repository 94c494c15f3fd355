/* SPDX-License-Identifier: BSD-2-Clause */
#include "sys/mapping.h"

#include <stdio.h>
#include <unistd.h>

struct mapping skep__client_mapping(struct client *c, u64 ino, const void *own)
{
	int fd = c->ops->open_maps(c);
	FILE *maps = fd < 0 ? NULL : fdopen(fd, "r");
	unsigned long start, end, offset, inode;
	struct mapping found = { 0 };
	char line[512];

	while (maps && !found.end && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %*s %lx %*s %lu", &start, &end, &offset, &inode) == 4 &&
		    inode == ino && offset == 0 &&
		    (c->ops != &skep__client_self || start != (uintptr_t)own))
			found = (struct mapping){ start, end };
	}
	if (maps)
		fclose(maps);
	else if (fd >= 0)
		close(fd);
	return found;
}
