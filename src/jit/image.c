/* SPDX-License-Identifier: BSD-2-Clause */
#include "jit/image.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "helper/kfunc.h"
#include "helper/proto.h"
#include "jit/runtime.h"
#include "map/arena.h"
#include "map/fd_array.h"
#include "map/objects.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif

static u64 runtime_address(enum runtime_fn fn)
{
	switch (fn) {
	case RUNTIME_TAIL_CALL:
		return (u64)(uintptr_t)skep__jit_tail_call;
	case RUNTIME_PACKET_LOAD:
		return (u64)(uintptr_t)skep__jit_packet_load;
	case RUNTIME_ARENA_REACH:
		return (u64)(uintptr_t)skep__arena_reach;
	case RUNTIME_STOP:
		return (u64)(uintptr_t)skep__jit_stop;
	}
	return 0;
}

static u64 slot_address(const struct prog *prog, const struct slot *slot)
{
	const u32 first = 0;
	struct map *map;

	switch (slot->kind) {
	case SLOT_HELPER:
		return (u64)(uintptr_t)skep__helper_for(slot->index, prog->type)->fn;
	case SLOT_KFUNC:
		return (u64)(uintptr_t)skep__kfunc_fn(slot->index, prog->type);
	case SLOT_MAP:
		return (u64)(uintptr_t)prog->maps[slot->index];
	case SLOT_VALUE:
		map = prog->maps[slot->index];
		if (map->def.type == BPF_MAP_TYPE_ARENA)
			return arena_user_start(map) + slot->off;
		return (u64)(uintptr_t)map->ops->lookup(map, &first, 0) + slot->off;
	case SLOT_MAP_IDS:
		return (u64)(uintptr_t)fd_array_slot(prog->maps[slot->index], 0);
	case SLOT_MAP_LOOKUP:
		return (u64)(uintptr_t)prog->maps[slot->index]->ops->lookup;
	case SLOT_MAP_UPDATE:
		return (u64)(uintptr_t)prog->maps[slot->index]->ops->update;
	case SLOT_MAP_REMOVE:
		return (u64)(uintptr_t)prog->maps[slot->index]->ops->remove;
	case SLOT_ARENA:
		return (u64)(uintptr_t)prog->arena;
	case SLOT_ARENA_PAGES:
		return (u64)(uintptr_t)arena_control(prog->arena)->pages;
	case SLOT_ARENA_MEMORY:
		return (u64)(uintptr_t)prog->arena->mem;
	case SLOT_OBJECTS:
		return (u64)(uintptr_t)prog->base.objects->mem;
	case SLOT_PROG:
		return (u64)(uintptr_t)prog;
	case SLOT_RUNTIME:
		break;
	}
	return runtime_address(slot->index);
}

int skep__code_file(void)
{
	int fd = memfd_create("skep-jit", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
		fd = memfd_create("skep-jit", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd;
}

/* With the code in it, written through write(2): no mapping is ever writable. */
static int code_file(const u8 *code, u32 size)
{
	int fd = skep__code_file();

	for (u32 done = 0; fd >= 0 && done < size;) {
		ssize_t n = write(fd, code + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			close(fd);
			return -1;
		}
		done += n;
	}
	return fd;
}

/* The code at an address already reserved; where memfds may not be executed, in anonymous memory.
 */
static int place_code(u8 *at, const u8 *code, u32 size)
{
	size_t pages = round_up(size, CODE_PAGE);
	int fd = code_file(code, size);
	u8 *p = MAP_FAILED;

	if (fd >= 0) {
		p = mmap(at, pages, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, fd, 0);
		close(fd);
	}
	if (p != MAP_FAILED)
		return 0;
	p = mmap(at, pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (p == MAP_FAILED)
		return -ENOMEM;
	memcpy(p, code, size);
	return mprotect(p, pages, PROT_READ | PROT_EXEC) ? -EPERM : 0;
}

static void fill_table(u64 *table, const struct prog *prog, const struct slot *slots, u32 nr_slots)
{
	for (u32 i = 0; i < nr_slots; i++)
		table[i] = slot_address(prog, &slots[i]);
}

static int place_table(u8 *at, size_t size, const struct prog *prog, const struct slot *slots,
		       u32 nr_slots)
{
	u64 *table;

	if (!size)
		return 0;
	table = mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		     0);
	if (table == MAP_FAILED)
		return -ENOMEM;
	fill_table(table, prog, slots, nr_slots);
	return mprotect(table, size, PROT_READ) ? -EPERM : 0;
}

static bool place_in_pool(struct image *image, const struct prog *prog, const u8 *code,
			  const struct slot *slots, u32 nr_slots)
{
	u64 table[POOL_MAX / 8];

	if (!prog->code_pool || nr_slots > ARRAY_SIZE(table))
		return false;
	fill_table(table, prog, slots, nr_slots);
	if (!skep__code_place(prog->code_pool, &image->place, code, image->code_size, table,
			      nr_slots * sizeof(u64)))
		return false;
	image->base = image->place.code;
	return true;
}

static int place_alone(struct image *image, const struct prog *prog, const u8 *code,
		       const struct slot *slots, u32 nr_slots)
{
	size_t table_at = image_table_at(image->code_size, prog->code_pool);
	size_t table_size = round_up((size_t)nr_slots * sizeof(u64), CODE_PAGE);
	int err;

	image->mapped = table_at + table_size;
	image->base = mmap(NULL, image->mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (image->base == MAP_FAILED) {
		image->base = NULL;
		return -ENOMEM;
	}
	err = place_code(image->base, code, image->code_size);
	return err ? err : place_table(image->base + table_at, table_size, prog, slots, nr_slots);
}

struct image *skep__image_new(const struct prog *prog, const u8 *code, u32 code_size,
			      const struct slot *slots, u32 nr_slots, int *err)
{
	struct image *image = skep__zalloc(sizeof(*image));

	*err = -ENOMEM;
	if (!image)
		return NULL;
	image->code_size = code_size;
	*err = 0;
	if (place_in_pool(image, prog, code, slots, nr_slots))
		return image;
	*err = place_alone(image, prog, code, slots, nr_slots);
	if (!*err)
		return image;
	skep__image_free(image);
	return NULL;
}

void skep__image_free(struct image *image)
{
	if (!image)
		return;
	if (image->place.pool)
		skep__code_displace(&image->place);
	else if (image->base)
		munmap(image->base, image->mapped);
	skep__free(image->starts);
	skep__free(image->lines);
	skep__free(image);
}
