/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Types of kernel objects: a world's are those of the machine's kernel, which libbpf reads from the
 * same file; where there is no such file, skep's own. They are read when the first program asks for
 * them, since that takes tens of milliseconds, and kept.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "btf/own.h"
#include "world/world.h"

#define KERNEL_BTF "/sys/kernel/btf/vmlinux"

static bool read_all(int fd, u8 *to, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, to + done, size - done);

		if (n <= 0)
			return false;
		done += n;
	}
	return true;
}

static struct btf *read_btf(int fd)
{
	struct btf *btf = NULL;
	struct stat st;
	int err;

	if (fstat(fd, &st) || st.st_size <= 0 || st.st_size > BTF_MAX_SIZE)
		return NULL;
	u8 *raw = skep__alloc(st.st_size);
	if (raw && read_all(fd, raw, st.st_size))
		btf = skep__btf_parse(raw, st.st_size, NULL, NULL, &err);
	skep__free(raw);
	return btf;
}

static struct btf *find_btf(void)
{
	int fd = open(KERNEL_BTF, O_RDONLY | O_CLOEXEC), err;
	struct btf *btf;

	if (fd < 0)
		return skep__btf_parse(skep__own_btf, skep__own_btf_size, NULL, NULL, &err);
	btf = read_btf(fd);
	close(fd);
	return btf;
}

const struct btf *skep__world_kernel_btf(struct world *w)
{
	pthread_mutex_lock(&w->lock);
	if (!w->kernel_btf)
		w->kernel_btf = find_btf();
	pthread_mutex_unlock(&w->lock);
	return w->kernel_btf;
}

static struct btf_object *new_object(const struct btf *btf)
{
	struct btf_object *o = skep__zalloc(sizeof(*o));
	struct fd_id fid;

	if (!o)
		return NULL;
	object_init(&o->obj, OBJ_BTF, skep__memfd_new(OBJ_BTF, 0));
	if (o->obj.fd < 0 || skep__fd_identify(o->obj.fd, &fid)) {
		if (o->obj.fd >= 0)
			close(o->obj.fd);
		skep__free(o);
		return NULL;
	}
	o->obj.ino = fid.ino;
	o->obj.refs = 1; /* the world's own */
	o->btf = (struct btf *)btf;
	o->is_kernel = true;
	return o;
}

void skep__world_show_kernel_btf(struct world *w)
{
	struct idtable *t = &w->tables[OBJ_BTF];
	const struct btf *btf;
	struct btf_object *o;

	if (skep__idtable_find(t, KERNEL_BTF_ID))
		return;
	btf = skep__world_kernel_btf(w);
	o = btf ? new_object(btf) : NULL;
	if (!o)
		return;
	pthread_mutex_lock(&w->lock);
	if (!skep__idtable_find(t, KERNEL_BTF_ID) &&
	    !skep__idtable_set(t, KERNEL_BTF_ID, &o->obj)) {
		skep__world_link(w, &o->obj, KERNEL_BTF_ID);
		o = NULL;
	}
	pthread_mutex_unlock(&w->lock);
	if (o) /* another thread was faster, or there is no memory */
		skep__object_free(w, &o->obj);
}
