/* SPDX-License-Identifier: BSD-2-Clause */
#include "door/place.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/types.h"

/* Anybody can make a directory in /tmp: it must be a directory, ours, and closed to others. */
static int check_dir(const char *dir)
{
	struct stat st;

	if (mkdir(dir, 0700) && errno != EEXIST)
		return -errno;
	if (lstat(dir, &st))
		return -errno;
	return S_ISDIR(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & 077) ? 0 : -EPERM;
}

int skep__place_dir(char dir[64])
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (runtime && runtime[0] == '/' && strlen(runtime) < 58 && !stat(runtime, &st) &&
	    st.st_uid == geteuid()) {
		snprintf(dir, 64, "%s/skep", runtime);
		return check_dir(dir);
	}
	snprintf(dir, 64, "/tmp/skep-%u", geteuid());
	return check_dir(dir);
}

static bool is_name(const char *name)
{
	size_t len = strlen(name);

	if (len < 1 || len > WORLD_NAME_MAX || name[0] == '.')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)name[i]) && !strchr("_-.", name[i]))
			return false;
	}
	return true;
}

int skep__place_find(struct place *place, const char *name)
{
	char dir[64];
	int err = is_name(name) ? skep__place_dir(dir) : -EINVAL;

	if (err)
		return err;
	static_assert(64 + WORLD_NAME_MAX + sizeof("/.sock") < sizeof(place->addr.sun_path),
		      "room for the path");
	place->addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(place->addr.sun_path, sizeof(place->addr.sun_path), "%.63s/%.32s.sock", dir, name);
	snprintf(place->lock, sizeof(place->lock), "%.63s/%.32s.lock", dir, name);
	return 0;
}
