/* SPDX-License-Identifier: BSD-2-Clause */
/* Gathers what the verifier has to know of a program's maps and BTF. */
#include "sys/prog_verify.h"

#include <string.h>

#include "base/alloc.h"
#include "ctx/ctx.h"
#include "helper/proto.h"

static _Thread_local struct {
	u32 nr;
	struct verify_visits list[NR_BUSIEST];
} last_busiest;

const struct verify_visits *skep__last_busiest(u32 *nr)
{
	*nr = last_busiest.nr;
	return last_busiest.list;
}

/* A map, and the shape of its elements when they are maps. */
struct known_map {
	struct verify_map map, inner;
};

static void know_map(struct known_map *k, const struct map_object *m)
{
	k->map = (struct verify_map){
		.def = &m->map->def,
		.map = m->map,
		.name = m->map->name,
		.btf = m->btf ? m->btf->btf : NULL,
		.btf_key = m->btf_key_type_id,
		.btf_value = m->btf_value_type_id,
		.frozen = m->map->constant,
	};
	if (m->record.nr)
		k->map.record = &m->record;
	if (m->map->inner) {
		k->inner = (struct verify_map){
			.def = m->map->inner,
			.name = "",
			.btf = m->inner_btf ? m->inner_btf->btf : NULL,
			.record = m->inner_record.nr ? &m->inner_record : NULL,
		};
		k->map.inner = &k->inner;
	}
}

static void know_maps(struct prog_object *p, struct known_map *known, struct verify_map *maps)
{
	for (u32 i = 0; i < p->prog.nr_maps; i++) {
		for (u32 j = 0; j < p->nr_maps; j++) {
			if (p->maps[j]->map == p->prog.maps[i])
				know_map(&known[i], p->maps[j]);
		}
		maps[i] = known[i].map;
	}
}

static bool returns_kernel_type(const struct helper *helper)
{
	return RET_CLASS(helper->ret) == RET_BTF_ID || RET_CLASS(helper->ret) == RET_MEM_OR_BTF_ID;
}

static bool points_to_kernel(const struct btf_record *rec)
{
	for (u32 i = 0; i < rec->nr; i++) {
		if (rec->fields[i].of_kernel)
			return true;
	}
	return false;
}

/* In its maps' values, and in what its functions say of their arguments. */
static bool names_kernel_types(const struct prog_object *p)
{
	const struct btf *btf = p->btf ? p->btf->btf : NULL;

	for (u32 i = 0; i < p->nr_maps; i++) {
		if (points_to_kernel(&p->maps[i]->record) ||
		    points_to_kernel(&p->maps[i]->inner_record))
			return true;
	}
	return btf && (skep__btf_find(btf, "arg:trusted", BTF_KIND_DECL_TAG) > 0 ||
		       skep__btf_find(btf, "arg:untrusted", BTF_KIND_DECL_TAG) > 0);
}

/* Reading the kernel's types takes long: only for programs that may meet one. */
static bool needs_kernel_types(const struct prog_object *p)
{
	const struct prog_type *type = skep__prog_type(p->prog.type);

	if (p->attach_btf_id || !type->ctx_size || names_kernel_types(p))
		return true;
	for (u32 i = 0; i < type->nr_fields; i++) {
		if (type->fields[i].kind == CTX_BTF)
			return true;
	}
	for (u32 i = 0; i < p->prog.len; i++) {
		const struct insn *insn = &p->prog.insns[i];
		const struct helper *helper = NULL;

		if (insn->op == OP_CALL_KFUNC)
			return true;
		if (insn->op == OP_CALL_HELPER)
			helper = skep__helper_for(insn->imm, p->prog.type);
		if (helper && returns_kernel_type(helper))
			return true;
	}
	return false;
}

static const struct btf *find_kernel_btf(void *opaque)
{
	return skep__world_kernel_btf(opaque);
}

int skep__prog_verify(struct world *w, struct prog_object *p, u32 flags, u32 log_level,
		      struct strbuf *log, bool *reached)
{
	u32 n = max(p->prog.nr_maps, 1u);
	struct known_map *known = skep__zalloc_array(n, sizeof(*known));
	struct verify_map *maps = skep__zalloc_array(n, sizeof(*maps));
	struct verify_input in = {
		.prog = &p->prog,
		.insns = (struct insn *)p->prog.insns,
		.reached = reached,
		.maps = maps,
		.btf = p->btf ? p->btf->btf : NULL,
		.func_info = p->func_info,
		.nr_func_info = p->nr_func_info,
		.flags = flags,
		.caps = w->verify_caps,
		.log_level = log_level,
		.nr_cpus = w->cpus.nr,
		.attach_btf_id = p->attach_btf_id,
		.kernel_btf = needs_kernel_types(p) ? skep__world_kernel_btf(w) : NULL,
		.find_kernel_btf = find_kernel_btf,
		.watch = w->verify_watch,
		.opaque = w,
	};
	struct verify_stats stats;
	int err = known && maps ? 0 : -ENOMEM;

	if (!err) {
		know_maps(p, known, maps);
		err = skep__verify(&in, log, &stats);
		last_busiest.nr = stats.nr_busiest;
		memcpy(last_busiest.list, stats.busiest, sizeof(stats.busiest));
	}
	if (!err) {
		p->prog.max_ctx_offset = stats.max_ctx_offset;
		p->verified_insns = stats.processed;
		p->prog.exception_callback = stats.exception_callback;
		p->prog.checked_only = stats.follows_kernel;
	}
	skep__free(known);
	skep__free(maps);
	return err;
}
