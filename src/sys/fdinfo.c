/* SPDX-License-Identifier: BSD-2-Clause */
#include "sys/fdinfo.h"

#include "base/strbuf.h"

#define PAGE 4096u
#define PROG_HEAD 96u /* of the kernel's struct, before its instructions */

static void put_map(struct strbuf *sb, struct map_object *m)
{
	const struct map_def *def = &m->map->def;

	skep__strbuf_printf(sb, "map_type:\t%u\nkey_size:\t%u\nvalue_size:\t%u\nmax_entries:\t%u\n",
			    def->type, def->key_size, def->value_size, def->max_entries);
	skep__strbuf_printf(sb, "map_flags:\t0x%x\nmap_extra:\t0x%llx\nmemlock:\t%llu\n",
			    def->flags, (unsigned long long)def->extra,
			    (unsigned long long)skep__map_kernel_bytes(m->map));
	skep__strbuf_printf(sb, "map_id:\t%u\nfrozen:\t%u\n", m->obj.id, m->frozen);
	if (m->owner.set)
		skep__strbuf_printf(sb, "owner_prog_type:\t%u\nowner_jited:\t%u\n", m->owner.type,
				    1u);
}

static void put_prog(struct strbuf *sb, const struct prog_object *p)
{
	u32 bytes = round_up(PROG_HEAD + p->prog.len * (u32)sizeof(struct bpf_insn), PAGE);

	skep__strbuf_printf(sb, "prog_type:\t%u\nprog_jited:\t%u\nprog_tag:\t", p->prog.type,
			    p->prog.jit != NULL);
	for (u32 i = 0; i < BPF_TAG_SIZE; i++)
		skep__strbuf_printf(sb, "%02x", p->prog.tag[i]);
	skep__strbuf_printf(sb, "\nmemlock:\t%u\nprog_id:\t%u\n", bytes, p->obj.id);
	skep__strbuf_printf(sb, "run_time_ns:\t%llu\nrun_cnt:\t%llu\nrecursion_misses:\t%llu\n",
			    (unsigned long long)p->stats.run_time_ns,
			    (unsigned long long)p->stats.run_cnt,
			    (unsigned long long)p->stats.misses);
	skep__strbuf_printf(sb, "verified_insns:\t%u\n", p->verified_insns);
}

int skep__sys_fdinfo(struct skep_world *w, const struct fd_id *fid, char *text, size_t size)
{
	struct object *obj = skep__world_get_by_fd(w->world, fid);
	struct strbuf sb;

	if (!obj)
		return -EINVAL;
	skep__strbuf_fixed(&sb, text, size);
	if (obj->kind == OBJ_MAP)
		put_map(&sb, to_map(obj));
	else if (obj->kind == OBJ_PROG)
		put_prog(&sb, to_prog(obj));
	else if (obj->kind == OBJ_BTF)
		skep__strbuf_printf(&sb, "btf_id:\t%u\n", obj->id);
	object_put(obj);
	return sb.len ? (int)sb.len : -EINVAL;
}
