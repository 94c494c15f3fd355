/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/preload.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIBRARY "libskep-preload.so"

/* Beside the command, where a build leaves it, and where it is installed. */
static const char *const places[] = {
	"%s/" LIBRARY,
	"%s/src/door/" LIBRARY,
	PRELOAD_DIR "/" LIBRARY,
};

static bool find(char path[PATH_MAX])
{
	char dir[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", dir, sizeof(dir));

	if (len <= 0 || len == sizeof(dir))
		return false;
	dir[len] = '\0';
	*strrchr(dir, '/') = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		int n = snprintf(path, PATH_MAX, places[i], dir);

		if (n < PATH_MAX && !access(path, R_OK))
			return !strpbrk(path, " :");
	}
	return false;
}

static bool append(const char *variable, const char *text, char separator)
{
	const char *old = getenv(variable);
	char *all;
	bool is_set;

	if (!old || !*old)
		return !setenv(variable, text, 1);
	if (asprintf(&all, "%s%c%s", old, separator, text) < 0)
		return false;
	is_set = !setenv(variable, all, 1);
	free(all);
	return is_set;
}

bool preload_set(void)
{
	char path[PATH_MAX];

	if (!PRELOAD_WORKS || !find(path) || !append("LD_PRELOAD", path, ':'))
		return false;
	/* Programs built with the address sanitizer end at once when any library comes before its
	 * own. */
	return append("ASAN_OPTIONS", "verify_asan_link_order=0", ':');
}
