/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Third pass: in a chain of modifiers the type tags come first, and no chain is longer than the
 * kernel's limit. A chain that ends in one already looked at is good from there on, so the pass is
 * linear.
 */
#include "btf/check.h"

#define MAX_CHAIN 32

int skep__btf_check_tags(struct check *c)
{
	const struct btf *btf = c->btf;
	u32 first = btf->base ? btf->start_id : 1, good = first - 1;

	for (u32 id = first; id < skep__btf_nr_types(btf); id++) {
		const struct btf_type *t = btf_type_at(btf, id);
		bool in_tags = btf_kind(t) == BTF_KIND_TYPE_TAG;
		int left = MAX_CHAIN;
		u32 cur = id;

		if (!btf_is(t, MODIFIER))
			continue;
		while (btf_is(t, MODIFIER)) {
			if (!left--) {
				skep__btf_log(c, "Max chain length or cycle detected");
				return -ELOOP;
			}
			if (btf_kind(t) != BTF_KIND_TYPE_TAG) {
				in_tags = false;
			} else if (!in_tags) {
				skep__btf_log(c, "Type tags don't precede modifiers");
				return -EINVAL;
			}
			if (cur <= good)
				break;
			cur = t->type;
			t = btf_type_at(btf, cur);
		}
		good = id;
	}
	return 0;
}
