/* SPDX-License-Identifier: BSD-2-Clause */
/* Null checks: a pointer that may be null shares its id with its copies, and all of them learn at
 * once. */
#include "verify/jump.h"
#include "verify/ref.h"

bool skep__never_null(const struct reg *r)
{
	/* With an unbounded offset the sum could wrap around to null. */
	if (reg_maybe_null(r) || r->n.smin <= -MAX_VAR_OFFSET || r->n.smax >= MAX_VAR_OFFSET)
		return false;
	switch (r->cls) {
	case REG_SOCKET:
	case REG_TCP_SOCK:
	case REG_XDP_SOCK:
	case REG_BUF:
	case REG_MAP_VALUE:
	case REG_MAP_KEY:
	case REG_SOCK_COMMON:
	case REG_MAP_PTR:
		return true;
	case REG_BTF:
		return r->ref_id ||
		       ((r->flags & (REG_TRUSTED | REG_ALLOC)) && !(r->flags & REG_UNTRUSTED));
	case REG_MEM:
		return !(r->flags & REG_UNTRUSTED);
	default:
		return false;
	}
}

/* What a lookup in a map gives: some maps' elements are objects of their own. */
static void name_element(struct reg *r)
{
	const struct verify_map *map = r->map.map;

	if (map->inner) {
		const struct btf_record *rec = map->inner->record;
		u32 id = r->id;

		r->cls = REG_MAP_PTR;
		r->map.map = map->inner;
		if (rec && rec->mask & (BTF_FIELD_TIMER | BTF_FIELD_WQ | BTF_FIELD_TASK_WORK))
			r->map.uid = id;
		return;
	}
	switch (map->def->type) {
	case BPF_MAP_TYPE_XSKMAP:
		r->cls = REG_XDP_SOCK;
		break;
	case BPF_MAP_TYPE_SOCKMAP:
	case BPF_MAP_TYPE_SOCKHASH:
		r->cls = REG_SOCKET;
		break;
	default:
		return;
	}
	r->words[0] = r->words[1] = 0;
}

void skep__mark_not_null(struct reg *r)
{
	r->flags &= ~REG_MAYBE_NULL;
	if (r->cls == REG_MAP_VALUE)
		name_element(r);
}

static void mark_one(struct reg *r, bool is_null)
{
	if (is_null) {
		skep__reg_const(r, 0);
		return;
	}
	skep__mark_not_null(r);
	if (!skep__may_hold_lock(r))
		r->id = 0;
}

void skep__mark_null(struct state *s, u32 regno, bool is_null)
{
	const struct reg *checked = &state_frame(s)->regs[regno], *r;
	u32 id = checked->id, ref_id = checked->ref_id;

	/* A null pointer needs no release. */
	if (ref_id && ref_id == id && is_null)
		skep__forget_ref(s, id);
	for (u32 f = 0; f <= s->cur; f++) {
		for_each_frame_reg(s->frames[f], r, i)
		{
			if (reg_maybe_null(r) && r->id == id)
				mark_one(own_reg(s->frames[f], i), is_null);
		}
	}
}
