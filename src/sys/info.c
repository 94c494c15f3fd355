/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * OBJ_GET_INFO_BY_FD. The caller's info says which variable-length parts it has room for; every part gets
 * min(room, what there is), and the info comes back with what there is.
 */
#include <string.h>

#include "base/alloc.h"
#include "jit/jit.h"
#include "sys/prog_symbols.h"

/* Reads the caller's info struct of any size; *len becomes the number of bytes both sides know. */
static int read_info(struct call *call, void *info, u32 size, u32 *len)
{
	*len = call->attr.info.info_len;
	int err = skep__client_check_tail_zero(call->client, call->attr.info.info, size, *len);
	if (err)
		return err;
	*len = min(*len, size);
	memset(info, 0, size);
	return client_read(call->client, info, call->attr.info.info, *len);
}

static int write_info(struct call *call, const void *info, u32 len)
{
	int err = client_write(call->client, call->attr.info.info, info, len);

	return err ? err : call_put_attr(call, info.info_len, len);
}

/* Writes as much of an array as the caller has room for. */
static int put_array(struct call *call, u64 to, u32 room, const void *from, u32 count, u32 elem)
{
	return client_write(call->client, to, from, (size_t)min(room, count) * elem);
}

/* Of an array that is frozen: loaders compare it with what was signed, and so do programs, which find it in the map. */
static int put_digest(struct call *call, const struct map_object *m,
		      const struct bpf_map_info *info)
{
	struct map *map = m->map;
	u8 digest[SHA256_SIZE];
	const u32 first = 0;

	if (!info->hash)
		return info->hash_size ? -EINVAL : 0;
	if (map->def.type != BPF_MAP_TYPE_ARRAY || info->hash_size != sizeof(digest))
		return -EINVAL;
	if (!m->frozen)
		return -EPERM;
	skep__sha256(map->ops->lookup(map, &first, 0),
		     round_up((u64)map->def.value_size, 8) * map->def.max_entries, digest);
	memcpy(map->digest, digest, sizeof(digest));
	return client_write(call->client, info->hash, digest, sizeof(digest));
}

/* What is not answered stays as the caller has it. */
static long map_info(struct call *call, const struct map_object *m)
{
	const struct map_def *def = &m->map->def;
	struct bpf_map_info info;
	u32 len;
	int err = read_info(call, &info, sizeof(info), &len);

	if (!err)
		err = put_digest(call, m, &info);
	if (err)
		return err;
	info.type = def->type;
	info.id = m->obj.id;
	info.key_size = def->key_size;
	info.value_size = def->value_size;
	info.max_entries = def->max_entries;
	info.map_flags = def->flags;
	info.map_extra = def->extra;
	if (m->btf) {
		info.btf_id = m->btf->obj.id;
		info.btf_key_type_id = m->btf_key_type_id;
		info.btf_value_type_id = m->btf_value_type_id;
	}
	info.btf_vmlinux_value_type_id = m->btf_vmlinux_value_type_id;
	memcpy(info.name, m->obj.name, sizeof(info.name));
	return write_info(call, &info, len);
}

/* As much as there is room for, with its end: -ENOSPC when that is not all. */
static int put_btf_name(struct call *call, struct bpf_btf_info *info, const char *name)
{
	u32 room = info->name_len, len = strlen(name);
	char copy[16] = { 0 };

	info->name_len = len;
	if (!info->name)
		return 0;
	memcpy(copy, name, min(len, room - 1));
	if (client_write(call->client, info->name, copy, min(len, room - 1) + 1))
		return -EFAULT;
	return room > len ? 0 : -ENOSPC;
}

static long btf_info(struct call *call, const struct btf_object *o)
{
	struct bpf_btf_info info;
	u32 len, size;
	const void *raw = skep__btf_raw(o->btf, &size);
	int err = read_info(call, &info, sizeof(info), &len);

	if (err)
		return err;
	if (!info.name != !info.name_len)
		return -EINVAL;
	err = put_array(call, info.btf, info.btf_size, raw, size, 1);
	if (err)
		return err;
	err = put_btf_name(call, &info,
			   o->is_kernel ? "vmlinux" : ""); /* a program's has no name */
	if (err == -EFAULT)
		return err;
	info.id = o->obj.id;
	info.btf_size = size;
	info.kernel_btf = o->is_kernel;
	return write_info(call, &info, len) ? -EFAULT : err;
}

static int put_map_ids(struct call *call, const struct prog_object *p, struct bpf_prog_info *info)
{
	u32 room = min(info->nr_map_ids, p->nr_maps);

	info->nr_map_ids = p->nr_maps;
	for (u32 i = 0; i < room; i++) {
		if (client_write(call->client, info->map_ids + i * sizeof(u32), &p->maps[i]->obj.id,
				 sizeof(u32)))
			return -EFAULT;
	}
	return 0;
}

/* A record size is the kernel's own, or 0 where no records are wanted. */
static bool record_size_ok(u32 count, u32 size, u32 expected)
{
	return (!count && !size) || size == expected;
}

static int set_record_sizes(struct bpf_prog_info *info)
{
	if (!record_size_ok(info->nr_func_info, info->func_info_rec_size,
			    sizeof(struct bpf_func_info)) ||
	    !record_size_ok(info->nr_line_info, info->line_info_rec_size,
			    sizeof(struct bpf_line_info)) ||
	    !record_size_ok(info->nr_jited_line_info, info->jited_line_info_rec_size, sizeof(u64)))
		return -EINVAL;
	info->func_info_rec_size = sizeof(struct bpf_func_info);
	info->line_info_rec_size = sizeof(struct bpf_line_info);
	info->jited_line_info_rec_size = sizeof(u64);
	return 0;
}

static int put_functions(struct call *call, const struct prog_object *p, struct bpf_prog_info *info)
{
	struct prog_functions f;
	int err = skep__prog_functions(p, &f);

	if (err)
		return err;
	err = put_array(call, info->jited_ksyms, info->nr_jited_ksyms, f.addresses, f.nr,
			sizeof(u64));
	if (!err)
		err = put_array(call, info->jited_func_lens, info->nr_jited_func_lens, f.sizes,
				f.nr, sizeof(u32));
	if (!err)
		err = put_array(call, info->prog_tags, info->nr_prog_tags, f.tags, f.nr,
				BPF_TAG_SIZE);
	info->nr_jited_ksyms = info->nr_jited_func_lens = info->nr_prog_tags = f.nr;
	skep__prog_functions_free(&f);
	return err;
}

static int put_code(struct call *call, const struct prog_object *p, struct bpf_prog_info *info)
{
	u32 xlated_size = p->prog.len * sizeof(struct bpf_insn), jited_size = 0;
	const void *jited = p->prog.jit ? skep__jit_code(&p->prog, &jited_size) : NULL;
	int err;

	err = put_array(call, info->xlated_prog_insns, info->xlated_prog_len, p->xlated,
			xlated_size, 1);
	if (!err)
		err = put_array(call, info->jited_prog_insns, info->jited_prog_len, jited,
				jited_size, 1);
	info->xlated_prog_len = xlated_size;
	info->jited_prog_len = jited_size;
	return err ? err : put_functions(call, p, info);
}

static int put_jited_lines(struct call *call, const struct prog_object *p,
			   struct bpf_prog_info *info)
{
	u32 nr = p->prog.jit ? p->nr_line_info : 0;
	u64 *addresses = skep__zalloc_array(nr + 1, sizeof(*addresses));
	int err = -ENOMEM;

	if (addresses) {
		for (u32 i = 0; i < nr; i++)
			addresses[i] = (u64)skep__jit_code_of_line(&p->prog, i);
		err = put_array(call, info->jited_line_info, info->nr_jited_line_info, addresses,
				nr, sizeof(u64));
	}
	info->nr_jited_line_info = nr;
	skep__free(addresses);
	return err;
}

static int put_debug_info(struct call *call, const struct prog_object *p,
			  struct bpf_prog_info *info)
{
	int err = put_array(call, info->func_info, info->nr_func_info, p->func_info,
			    p->nr_func_info, sizeof(*p->func_info));

	if (!err)
		err = put_array(call, info->line_info, info->nr_line_info, p->line_info,
				p->nr_line_info, sizeof(*p->line_info));
	info->nr_func_info = p->nr_func_info;
	info->nr_line_info = p->nr_line_info;
	return err ? err : put_jited_lines(call, p, info);
}

static void fill_prog(const struct prog_object *p, struct bpf_prog_info *info)
{
	info->type = p->prog.type;
	info->id = p->obj.id;
	memcpy(info->tag, p->prog.tag, sizeof(info->tag));
	memcpy(info->name, p->obj.name, sizeof(info->name));
	info->load_time = p->load_time;
	info->created_by_uid = p->uid;
	info->gpl_compatible = p->prog.gpl;
	info->btf_id = p->btf ? p->btf->obj.id : 0;
	info->run_cnt = p->stats.run_cnt;
	info->run_time_ns = p->stats.run_time_ns;
	info->recursion_misses = p->stats.misses;
	info->verified_insns = p->verified_insns;
}

static long prog_info(struct call *call, const struct prog_object *p)
{
	struct bpf_prog_info info;
	u32 len;
	int err = read_info(call, &info, sizeof(info), &len);

	if (err)
		return err;
	fill_prog(p, &info);
	err = put_map_ids(call, p, &info);
	if (!err)
		err = set_record_sizes(&info);
	if (!err)
		err = put_code(call, p, &info);
	if (!err)
		err = put_debug_info(call, p, &info);
	return err ? err : write_info(call, &info, len);
}

long skep__sys_obj_get_info_by_fd(struct call *call)
{
	struct fd_id fid;
	long err = call->client->ops->identify_fd(call->client, call->attr.info.bpf_fd, &fid);
	struct object *obj;

	if (err)
		return err == -EBADF ? -EBADFD : err; /* this command's own word for it */
	obj = skep__world_get_by_fd(call->world, &fid);
	if (!obj)
		return -EINVAL;
	err = obj->kind == OBJ_MAP    ? map_info(call, to_map(obj))
	      : obj->kind == OBJ_PROG ? prog_info(call, to_prog(obj))
	      : obj->kind == OBJ_BTF  ? btf_info(call, to_btf(obj))
				      : -EINVAL;
	object_put(obj);
	return err;
}
