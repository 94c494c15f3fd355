/* SPDX-License-Identifier: BSD-2-Clause */
/* BTF_LOAD. */
#include <fcntl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "sys/log.h"
#include "sys/sys.h"

static struct btf *parse(struct call *call, struct user_log *log, int *err)
{
	const union bpf_attr *attr = &call->attr;
	struct btf *btf = NULL;
	struct strbuf text;
	void *raw;

	if (attr->btf_size > BTF_MAX_SIZE) {
		*err = -E2BIG;
		return NULL;
	}
	*err = skep__log_check(log);
	if (*err)
		return NULL;
	raw = skep__client_read_dup(call->client, attr->btf, attr->btf_size, err);
	if (!raw)
		return NULL;
	skep__strbuf_init(&text);
	btf = skep__btf_parse(raw, attr->btf_size, NULL, log->level ? &text : NULL, err);
	skep__free(raw);
	if (btf && skep__btf_has_kptrs(btf)) {
		*err = skep__btf_resolve_records(btf, skep__world_kernel_btf(call->world));
		if (*err) {
			skep__btf_free(btf);
			btf = NULL;
		}
	}
	int log_err = skep__log_finish(log, call->client, &text);
	skep__strbuf_fini(&text);
	/* A log that does not fit is an error of its own, whatever the verdict was. */
	if (log_err) {
		skep__btf_free(btf);
		btf = NULL;
		*err = log_err;
	}
	return btf;
}

static struct btf_object *new_object(struct btf *btf, int *err)
{
	struct btf_object *o = skep__zalloc(sizeof(*o));

	*err = -ENOMEM;
	if (!o)
		return NULL;
	o->btf = btf;
	object_init(&o->obj, OBJ_BTF, skep__memfd_new(OBJ_BTF, 0));
	*err = o->obj.fd;
	if (*err < 0) {
		skep__free(o);
		return NULL;
	}
	return o;
}

long skep__sys_btf_load(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	struct user_log log = { attr->btf_log_buf, attr->btf_log_size, attr->btf_log_level, 0 };
	int err;

	/* BPF_F_TOKEN_FD is the only flag, and there are no tokens. */
	if (attr->btf_flags)
		return -EINVAL;
	struct btf *btf = parse(call, &log, &err);
	if (call->size >=
		    offsetof(union bpf_attr, btf_log_true_size) + sizeof(attr->btf_log_true_size) &&
	    call_put_attr(call, btf_log_true_size, log.true_size) && btf) {
		skep__btf_free(btf);
		return -EFAULT;
	}
	if (!btf)
		return err;
	struct btf_object *o = new_object(btf, &err);
	if (!o) {
		skep__btf_free(btf);
		return err;
	}
	err = skep__world_publish(call->world, &o->obj);
	if (err) {
		skep__object_free(call->world, &o->obj);
		return err;
	}
	return skep__call_give(call, &o->obj, O_RDWR);
}
