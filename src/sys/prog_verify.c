/* SPDX-License-Identifier: BSD-2-Clause */
/* Gathers what the verifier has to know of a program's maps and BTF. */
#include "sys/prog_verify.h"

#include "base/alloc.h"
#include "verify/verify.h"

#define ALL_FIELDS ((1u << NR_BTF_FIELDS) - 1)

/* A map, and the shape of its elements when they are maps. */
struct known_map {
	struct verify_map map, inner;
	struct btf_record record;
};

static int know_map(struct known_map *k, const struct map_object *m)
{
	struct btf_budget budget = { BTF_SEARCH_BUDGET };
	int err = 0;

	k->map = (struct verify_map){
		.def = &m->map->def,
		.map = m->map,
		.name = m->map->name,
		.btf = m->btf ? m->btf->btf : NULL,
		.btf_key = m->btf_key_type_id,
		.btf_value = m->btf_value_type_id,
		.frozen = atomic_load(&m->frozen) && !atomic_load(&m->writers),
	};
	if (k->map.btf && k->map.btf_value) {
		err = skep__btf_fields(k->map.btf, k->map.btf_value, ALL_FIELDS,
				       m->map->def.value_size, &budget, &k->record);
		if (!err && k->record.nr)
			k->map.record = &k->record;
	}
	if (m->map->inner) {
		k->inner = (struct verify_map){ .def = m->map->inner, .name = "" };
		k->map.inner = &k->inner;
	}
	return err;
}

static int know_maps(struct prog_object *p, struct known_map *known, struct verify_map *maps)
{
	int err = 0;

	for (u32 i = 0; i < p->prog.nr_maps && !err; i++) {
		for (u32 j = 0; j < p->nr_maps; j++) {
			if (p->maps[j]->map == p->prog.maps[i])
				err = know_map(&known[i], p->maps[j]);
		}
		maps[i] = known[i].map;
	}
	return err;
}

int skep__prog_verify(const struct world *w, struct prog_object *p, u32 flags, u32 log_level,
		      struct strbuf *log)
{
	u32 n = max(p->prog.nr_maps, 1u);
	struct known_map *known = skep__zalloc_array(n, sizeof(*known));
	struct verify_map *maps = skep__zalloc_array(n, sizeof(*maps));
	struct verify_input in = {
		.prog = &p->prog,
		.maps = maps,
		.btf = p->btf ? p->btf->btf : NULL,
		.func_info = p->func_info,
		.nr_func_info = p->nr_func_info,
		.flags = flags,
		.caps = w->verify_caps,
		.log_level = log_level,
		.nr_cpus = w->cpus.nr,
	};
	struct verify_stats stats;
	int err = known && maps ? know_maps(p, known, maps) : -ENOMEM;

	if (!err)
		err = skep__verify(&in, log, &stats);
	if (!err)
		p->prog.max_ctx_offset = stats.max_ctx_offset;
	skep__free(known);
	skep__free(maps);
	return err;
}
