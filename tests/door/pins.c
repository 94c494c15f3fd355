/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pins as files: what the kernel does with paths in a bpf file system. Run in an empty directory of
 * one; it can be run on the kernel too.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "client.h"

#ifndef BPF_F_PATH_FD
#define BPF_F_PATH_FD (1U << 14)
#endif

struct path_attr {
	unsigned long path;
	unsigned int fd, flags;
	int dir;
	unsigned int zero;
};

static int pin_at(int fd, int dir, const char *path)
{
	struct path_attr attr = { (unsigned long)path, fd, dir >= 0 ? BPF_F_PATH_FD : 0,
				  dir >= 0 ? dir : 0, 0 };

	return bpf(BPF_OBJ_PIN, (union bpf_attr *)&attr, dir >= 0 ? sizeof(attr) : 16);
}

static int get_at(int dir, const char *path, unsigned int flags)
{
	struct path_attr attr = { (unsigned long)path, 0, flags | (dir >= 0 ? BPF_F_PATH_FD : 0),
				  dir >= 0 ? dir : 0, 0 };

	return bpf(BPF_OBJ_GET, (union bpf_attr *)&attr, dir >= 0 ? sizeof(attr) : 16);
}

static int pin(int fd, const char *path)
{
	return pin_at(fd, -1, path);
}

static int get(const char *path)
{
	return get_at(-1, path, 0);
}

static unsigned int id_of(int fd)
{
	struct bpf_map_info info = { 0 };
	union bpf_attr attr = { 0 };

	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (unsigned long)&info;
	CHECK(bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) == 0);
	return info.id;
}

static int exists(unsigned int id)
{
	union bpf_attr attr = { .map_id = id };
	int fd = bpf(BPF_MAP_GET_FD_BY_ID, &attr, sizeof(attr));

	CHECK(fd >= 0 || errno == ENOENT);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int fails(int result, int err)
{
	return result == -1 && errno == err;
}

/* Frees what nobody has: the kernel does so a moment after the close. */
static int is_gone(unsigned int id)
{
	for (int i = 0; i < 200 && exists(id); i++)
		usleep(5000);
	return !exists(id);
}

static void is_a_file(int map)
{
	struct stat st;

	CHECK(pin(map, "a") == 0);
	CHECK(lstat("a", &st) == 0 && st.st_mode == (S_IFREG | 0600) && st.st_uid == geteuid());
	CHECK(fails(pin(map, "a"), EEXIST));
	CHECK(access("a", F_OK) == 0 && fails(access("b", F_OK), ENOENT));
	CHECK(fails(get("b"), ENOENT));
	CHECK(fails(get("."), EACCES));
	CHECK(fails(get(""), ENOENT));
}

static void is_the_same_object(int map)
{
	int got = get("a");
	unsigned int key = 0;
	unsigned long value = 4;

	CHECK(got >= 0 && id_of(got) == id_of(map));
	CHECK(elem(BPF_MAP_UPDATE_ELEM, got, &key, &value) == 0);
	value = 0;
	CHECK(elem(BPF_MAP_LOOKUP_ELEM, map, &key, &value) == 0 && value == 4);
	close(got);
	got = get_at(-1, "a", BPF_F_RDONLY);
	CHECK(got >= 0 && fails(elem(BPF_MAP_UPDATE_ELEM, got, &key, &value), EPERM));
	close(got);
}

static void has_directories(int map)
{
	int dir;

	CHECK(fails(pin(map, "sub/x"), ENOENT));
	CHECK(mkdir("sub", 0700) == 0 && pin(map, "sub/x") == 0);
	CHECK(fails(pin(map, "a/x"), ENOTDIR));
	CHECK(fails(rmdir("sub"), ENOTEMPTY));
	CHECK(symlink("sub/x", "link") == 0);
	int got = get("link");
	CHECK(got >= 0 && id_of(got) == id_of(map));
	close(got);
	CHECK(fails(pin(map, "link"), EEXIST));
	dir = open("sub", O_RDONLY | O_DIRECTORY);
	CHECK(dir >= 0 && pin_at(map, dir, "y") == 0);
	got = get_at(dir, "y", 0);
	CHECK(got >= 0 && id_of(got) == id_of(map));
	close(got);
	CHECK(fails(get_at(500, "y", 0), EBADF));
	close(dir);
	CHECK(unlink("sub/x") == 0 && unlink("sub/y") == 0 && rmdir("sub") == 0 &&
	      unlink("link") == 0);
	CHECK(fails(pin(map, "."), EEXIST) && fails(pin(map, ".."), EEXIST));
	CHECK(fails(pin(map, "a.b"), EPERM));
	CHECK(fails(pin(map, "c/"), ENOENT) && fails(pin(map, "a/"), EEXIST));
}

static void lives_as_long_as_a_name(void)
{
	int map = map_create(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	unsigned int id = id_of(map);

	CHECK(pin(map, "one") == 0 && pin(map, "two") == 0);
	close(map);
	CHECK(rename("one", "three") == 0 && fails(get("one"), ENOENT));
	CHECK(exists(id) && unlink("two") == 0 && exists(id));
	CHECK(link("three", "four") == 0 && unlink("three") == 0 && exists(id));
	map = get("four");
	CHECK(map >= 0 && id_of(map) == id);
	CHECK(unlink("four") == 0 && exists(id));
	close(map);
	CHECK(is_gone(id));
}

static void is_nowhere_else(int map)
{
	char path[64];

	snprintf(path, sizeof(path), "/tmp/skep-no-pin-%d", getpid());
	CHECK(fails(pin(map, path), EPERM) && fails(access(path, F_OK), ENOENT));
	CHECK(fails(get("/dev/null"), EACCES) && fails(get("/"), EACCES));
	CHECK(fails(pin(0, "b"), EINVAL) && fails(pin(500, "b"), EINVAL));
	CHECK(fails(access("b", F_OK), ENOENT));
}

int main(void)
{
	int map = map_create(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);

	umask(022);
	CHECK(map >= 0);
	is_a_file(map);
	is_the_same_object(map);
	has_directories(map);
	lives_as_long_as_a_name();
	is_nowhere_else(map);
	CHECK(unlink("a") == 0);
	return 0;
}
