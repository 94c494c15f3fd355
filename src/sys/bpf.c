/* SPDX-License-Identifier: BSD-2-Clause */
#include "sys/sys.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/own_memory.h"
#include "base/zero.h"

struct command {
	sys_handler *handler;
	u32 end; /* bytes of attr that it knows */
};

#define END_OF(field) (offsetof(union bpf_attr, field) + sizeof(((union bpf_attr *)0)->field))

static const struct command commands[] = {
#define CMD(name, last, fn, state, since)                                                          \
	[BPF_##name] = { .handler = skep__sys_##fn, .end = END_OF(last) },
#include "sys/commands.def"
#undef CMD
};
static_assert(ARRAY_SIZE(commands) == __MAX_BPF_CMD, "a row for every command");

long skep__sys_call(struct call *call, int cmd, u32 size)
{
	int err = skep__client_check_tail_zero(call->client, call->uattr, sizeof(call->attr), size);

	if (err)
		return err;
	call->size = min(size, (u32)sizeof(call->attr));
	if (client_read(call->client, &call->attr, call->uattr, call->size))
		return -EFAULT;
	if (cmd < 0 || cmd >= (int)ARRAY_SIZE(commands))
		return -EINVAL;
	if (!all_zero((u8 *)&call->attr + commands[cmd].end,
		      sizeof(call->attr) - commands[cmd].end))
		return -EINVAL;
	return commands[cmd].handler(call);
}

long skep__sys_bpf(struct skep_world *w, struct client *c, int cmd, u64 uattr, u32 size)
{
	struct call call = {
		.world = w->world, .benches = &w->benches, .client = c, .uattr = uattr
	};

	skep__know_stack();
	return skep__sys_call(&call, cmd, size);
}

struct object *skep__call_object(struct call *call, int fd, enum object_kind kind, int *err,
				 struct fd_id *id)
{
	struct fd_id here;
	struct object *obj;

	if (!id)
		id = &here;
	*err = call->client->ops->identify_fd(call->client, fd, id);
	if (*err)
		return NULL;
	*err = -EINVAL;
	obj = skep__world_get_by_fd(call->world, id);
	if (obj && obj->kind != kind) {
		object_put(obj);
		obj = NULL;
	}
	return obj;
}

long skep__call_give(struct call *call, struct object *obj, int accmode)
{
	struct world *w = call->world;
	long ret;

	atomic_fetch_add(&w->gives_begun, 1);
	ret = skep__object_open_fd(obj, accmode);
	object_put(obj);
	if (ret >= 0)
		ret = call->client->ops->give_fd(call->client, ret);
	atomic_fetch_add(&w->gives_ended, 1);
	return ret;
}

int skep__accmode_of(u32 flags)
{
	switch (flags & (BPF_F_RDONLY | BPF_F_WRONLY)) {
	case 0:
		return O_RDWR;
	case BPF_F_RDONLY:
		return O_RDONLY;
	case BPF_F_WRONLY:
		return O_WRONLY;
	default:
		return -EINVAL;
	}
}

int skep__check_name(const char name[BPF_OBJ_NAME_LEN])
{
	size_t len = strnlen(name, BPF_OBJ_NAME_LEN);

	if (len == BPF_OBJ_NAME_LEN)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)name[i]) && name[i] != '_' && name[i] != '.')
			return -EINVAL;
	}
	return 0;
}
