/* SPDX-License-Identifier: BSD-2-Clause */
#include "door/calls.h"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "door/describe.h"
#include "sys/fdinfo.h"
#include "sys/prog_symbols.h"

/* A map's definition, for those who map its memory: nothing that the fd does not already give. */
static long describe(struct skep_world *w, struct remote *r, u64 to, u32 size)
{
	struct door_describe d;
	struct fd_id fid;

	if (size != sizeof(d) || client_read(&r->client, &d, to, sizeof(d)))
		return -EINVAL;
	if (r->client.ops->identify_fd(&r->client, d.fd, &fid))
		return -EBADF;
	struct object *obj = skep__world_get_by_fd(w->world, &fid);
	if (!obj || obj->kind != OBJ_MAP || to_map(obj)->record.nr) {
		if (obj)
			object_put(obj);
		return -EINVAL;
	}
	d.id = obj->id;
	d.def = to_map(obj)->map->def;
	d.frozen = to_map(obj)->frozen;
	object_put(obj);
	return client_write(&r->client, to, &d, sizeof(d));
}

/* Whoever has the inode's number may have the object's fd too, by its id. */
static long fdinfo(struct skep_world *w, struct remote *r, u64 to, u32 size)
{
	struct door_fdinfo d;
	struct fd_id fid;

	if (size != sizeof(d) ||
	    client_read(&r->client, &d, to, offsetof(struct door_fdinfo, text)))
		return -EINVAL;
	fid = (struct fd_id){ .dev = d.dev, .ino = d.ino };
	int len = skep__sys_fdinfo(w, &fid, d.text, sizeof(d.text));
	if (len > 0 &&
	    client_write(&r->client, to + offsetof(struct door_fdinfo, text), d.text, len))
		return -EFAULT;
	return len;
}

/* Yama keeps processes from reading others' memory, unless those say whom they allow to. */
static long readers_pid(struct remote *r, u64 addr)
{
	u8 byte;

	return client_read(&r->client, &byte, addr, 1) ? getpid() : 0;
}

static long on_bpf(struct skep_world *w, struct remote *r, const u64 *args)
{
	int cmd = (int)args[0];

	r->cmd = cmd;
	if (cmd == DOOR_PROBE)
		return cmd;
	if (cmd == DOOR_READER)
		return readers_pid(r, args[1]);
	if (cmd == DOOR_BELL)
		return skep__sys_ring_bell(w, &r->client, (int)args[1], (int)args[2]);
	if (cmd == DOOR_SYMBOLS)
		return skep__sys_symbols(w, &r->client, args[1], (u32)args[2]);
	if (cmd == DOOR_DESCRIBE)
		return describe(w, r, args[1], (u32)args[2]);
	if (cmd == DOOR_FDINFO)
		return fdinfo(w, r, args[1], (u32)args[2]);
	return skep__sys_bpf(w, &r->client, cmd, args[1], (u32)args[2]);
}

/* Events of other kinds are the kernel's own: counting cycles works inside a world as outside. */
static long on_perf_event_open(struct skep_world *w, struct remote *r, const u64 *args)
{
	return skep__sys_perf_event_open(w, &r->client, args[0], (int)args[1], (int)args[2],
					 (int)args[3], args[4]);
}

static long on_epoll_ctl(struct skep_world *w, struct remote *r, const u64 *args)
{
	return skep__sys_epoll_ctl(w, &r->client, (int)args[0], (int)args[1], (int)args[2],
				   args[3]);
}

static long on_statfs(struct skep_world *w, struct remote *r, const u64 *args)
{
	return skep__door_statfs(w, r, args[0], args[1]);
}

static long on_prlimit(struct skep_world *w, struct remote *r, const u64 *args)
{
	bool is_own = !args[0] || (u32)args[0] == r->tid;

	return is_own ? skep__door_memlock(r, args[2], args[3]) : SYS_NOT_OURS;
}

/* A call that came as an ioctl, whose second argument is the request. ENOTTY, as from any file:
 * the kernel is to answer it, by its own number. */
static long on_carried(struct skep_world *w, struct remote *r, const u64 *args)
{
	const u64 carried[] = { args[0], args[2], args[3], args[4], args[5] };
	long ret = (u32)args[1] == CARRY_BPF ? on_bpf(w, r, carried)
					     : on_perf_event_open(w, r, carried);

	return ret == SYS_NOT_OURS ? -ENOTTY : ret;
}

/* Whatever has to do with BPF never reaches the kernel, also on an event of the kernel's. */
static long on_ioctl(struct skep_world *w, struct remote *r, const u64 *args)
{
	u32 request = (u32)args[1];

	if (request == CARRY_BPF || request == CARRY_PERF_EVENT_OPEN)
		return on_carried(w, r, args);
	long ret = skep__sys_ioctl(w, &r->client, (int)args[0], request);

	if (ret == SYS_NOT_OURS &&
	    (request == PERF_EVENT_IOC_SET_BPF || request == PERF_EVENT_IOC_QUERY_BPF))
		return -EOPNOTSUPP;
	return ret;
}

static long on_mmap(struct skep_world *w, struct remote *r, const u64 *args)
{
	return skep__sys_mmap(w, &r->client, args[1], (int)args[2], (int)args[4], args[5]);
}

long skep__door_call(struct skep_world *w, struct remote *r, const struct seccomp_data *data)
{
	const u64 *args = (const u64 *)data->args;

	switch (data->nr) {
#define TRAP(name, i386, arm, handler)                                                             \
	case SYS_##name:                                                                           \
		return handler(w, r, args);
#define TRAP_IOCTL(letter, handler)                                                                \
	case SYS_ioctl:                                                                            \
		return handler(w, r, args);
#define TRAP_ARG(name, arg, value, handler)                                                        \
	case SYS_##name:                                                                           \
		return handler(w, r, args);
#define TRAP_SHARED_FILES(handler)                                                                 \
	case SYS_mmap:                                                                             \
		return handler(w, r, args);
#include "door/trapped.def"
	default:
		return -ENOSYS;
	}
}
