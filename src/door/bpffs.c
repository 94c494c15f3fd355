/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * statfs(2) of the place where pins live. Pins are names in the world, so there is nothing to
 * mount; but loaders look for a bpf file system before they pin, and mount one, which takes
 * privileges, where they find none.
 */
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "door/calls.h"

#define BPFFS "/sys/fs/bpf"

#ifndef BPF_FS_MAGIC
#define BPF_FS_MAGIC 0xcafe4a11
#endif

/* The directory of pins, or a path below it. Anything with ".." in it is the kernel's to resolve.
 */
static bool is_in_bpffs(const char *path)
{
	size_t len = strlen(BPFFS);

	return !strncmp(path, BPFFS, len) && (path[len] == '/' || !path[len]) &&
	       !strstr(path, "/..");
}

long skep__door_statfs(struct skep_world *w, struct remote *r, u64 upath, u64 ubuf)
{
	char path[PATH_MAX];
	struct statfs st = {
		.f_type = BPF_FS_MAGIC,
		.f_bsize = 4096,
		.f_namelen = NAME_MAX,
		.f_frsize = 4096,
	};

	if (skep__client_read_str(&r->client, path, upath, sizeof(path)) < 0 || !is_in_bpffs(path))
		return SYS_NOT_OURS; /* the kernel says what is wrong with it */
	if (strcmp(path, BPFFS) && strcmp(path, BPFFS "/")) {
		struct object *pin = skep__world_get_pinned(w->world, path);

		if (!pin)
			return SYS_NOT_OURS;
		object_put(pin);
	}
	return client_write(&r->client, ubuf, &st, sizeof(st));
}
