/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pins. A world that has a file system for them (skep__world_set_pin_dir) has one file a pin: what
 * the directory says is true, so a pin ends when its file has no name any more, which the sweep
 * looks for. The others have a list of paths.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "world/world.h"

struct pin {
	struct pin *next;
	struct object *obj; /* one reference */
	int file; /* an fd, so that the inode's number is not given again; -1: a path */
	u64 ino;
	char path[];
};

static void link_pin(struct world *w, struct pin *pin, struct object *obj)
{
	object_get(obj);
	obj->pins++;
	pin->obj = obj;
	pin->next = w->pins;
	w->pins = pin;
}

static void unlink_pin(struct pin **link)
{
	struct pin *pin = *link;

	*link = pin->next;
	pin->obj->pins--;
	object_put(pin->obj);
	if (pin->file >= 0)
		close(pin->file);
	skep__free(pin);
}

static struct object *get_object(struct pin *pin)
{
	if (!pin)
		return NULL;
	object_get(pin->obj);
	return pin->obj;
}

static struct pin *find_path(struct world *w, const char *path)
{
	struct pin *pin = w->pins;

	while (pin && (pin->file >= 0 || strcmp(pin->path, path)))
		pin = pin->next;
	return pin;
}

int skep__world_pin(struct world *w, const char *path, struct object *obj)
{
	size_t size = strlen(path) + 1;
	struct pin *pin = skep__zalloc(sizeof(*pin) + size);
	int err = 0;

	if (!pin)
		return -ENOMEM;
	pin->file = -1;
	memcpy(pin->path, path, size);
	pthread_mutex_lock(&w->lock);
	if (find_path(w, path))
		err = -EEXIST;
	else
		link_pin(w, pin, obj);
	pthread_mutex_unlock(&w->lock);
	if (err)
		skep__free(pin);
	return err;
}

struct object *skep__world_get_pinned(struct world *w, const char *path)
{
	pthread_mutex_lock(&w->lock);
	struct object *obj = get_object(find_path(w, path));
	pthread_mutex_unlock(&w->lock);
	return obj;
}

int skep__world_show_fs(struct world *w, int dir, u32 magic)
{
	struct stat st;

	if (fstat(dir, &st))
		return -errno;
	if (w->nr_shown == ARRAY_SIZE(w->shown))
		return -ENOSPC;
	w->shown[w->nr_shown++] = (struct shown_fs){ st.st_dev, magic };
	return 0;
}

u32 skep__world_fs_magic(const struct world *w, u64 dev)
{
	for (u32 i = 0; i < w->nr_shown; i++) {
		if (w->shown[i].dev == dev)
			return w->shown[i].magic;
	}
	return 0;
}

int skep__world_set_pin_dir(struct world *w, int dir)
{
	struct stat st;

	if (fstat(dir, &st))
		return -errno;
	w->pin_dir = skep__fd_move_high(dir);
	w->pin_dev = st.st_dev;
	return 0;
}

int skep__world_pin_file(struct world *w, int file, struct object *obj)
{
	struct pin *pin = skep__zalloc(sizeof(*pin) + 1);
	struct stat st;

	if (!pin)
		return -ENOMEM;
	if (fstat(file, &st)) {
		skep__free(pin);
		return -errno;
	}
	pin->file = skep__fd_move_high(file);
	pin->ino = st.st_ino;
	pthread_mutex_lock(&w->lock);
	link_pin(w, pin, obj);
	pthread_mutex_unlock(&w->lock);
	return 0;
}

struct object *skep__world_get_pinned_file(struct world *w, u64 ino)
{
	pthread_mutex_lock(&w->lock);
	struct pin *pin = w->pins;
	while (pin && (pin->file < 0 || pin->ino != ino))
		pin = pin->next;
	struct object *obj = get_object(pin);
	pthread_mutex_unlock(&w->lock);
	return obj;
}

void skep__world_unpin_unlinked(struct world *w)
{
	struct stat st;

	for (struct pin **link = &w->pins; *link;) {
		if ((*link)->file >= 0 && (fstat((*link)->file, &st) || !st.st_nlink))
			unlink_pin(link);
		else
			link = &(*link)->next;
	}
}

void skep__world_unpin_all(struct world *w)
{
	while (w->pins)
		unlink_pin(&w->pins);
}
