/* SPDX-License-Identifier: BSD-2-Clause */
#include "verify/reg.h"

#include <string.h>

#include "base/strbuf.h"
#include "verify/prune.h"

void skep__reg_not_init(struct reg *r)
{
	static const struct reg nothing = { .cls = REG_NOT_INIT, .n = NUM_UNKNOWN };

	*r = nothing;
}

void skep__reg_unknown(struct reg *r)
{
	static const struct reg unknown = { .cls = REG_SCALAR, .n = NUM_UNKNOWN };

	*r = unknown;
}

void skep__reg_const(struct reg *r, u64 value)
{
	memset(r, 0, sizeof(*r));
	r->cls = REG_SCALAR;
	skep__num_const(&r->n, value);
}

void skep__reg_pointer(struct reg *r, enum reg_class cls, u16 flags)
{
	skep__reg_const(r, 0);
	r->cls = cls;
	r->flags = flags;
}

void skep__reg_zero_offset(struct reg *r)
{
	skep__num_const(&r->n, 0);
}

bool skep__reg_exact(const struct reg *old, const struct reg *cur, struct id_map *ids)
{
	return old->cls == cur->cls && old->flags == cur->flags && old->off == cur->off &&
	       old->words[0] == cur->words[0] && old->words[1] == cur->words[1] &&
	       num_equal(&old->n, &cur->n) && skep__ids_match(ids, old->id, cur->id) &&
	       skep__ids_match(ids, old->ref_id, cur->ref_id);
}
