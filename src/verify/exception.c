/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The function that ends a program when bpf_throw was called: the main program names it in a decl
 * tag of its own, "exception_callback:name". It is a subprogram, though nothing calls it.
 */
#include <string.h>

#include "verify/passes.h"

#define PREFIX "exception_callback:"
#define LINKAGE_GLOBAL 1 /* BTF_FUNC_GLOBAL */

/* The name in the tag of a function; NULL: it has none. *err = -EEXIST: it has two. */
static const char *callback_of(const struct btf *btf, u32 func, int *err)
{
	const char *name = NULL;

	*err = 0;
	for (u32 id = 1; id < skep__btf_nr_types(btf); id++) {
		const struct btf_type *t = skep__btf_type(btf, id);
		const struct btf_decl_tag *tag = (const void *)(t + 1);
		const char *text;

		if (btf_kind(t) != BTF_KIND_DECL_TAG || t->type != func || tag->component_idx != -1)
			continue;
		text = skep__btf_name(btf, t);
		if (strncmp(text, PREFIX, strlen(PREFIX)))
			continue;
		if (name)
			*err = -EEXIST;
		name = text + strlen(PREFIX);
	}
	return name;
}

static int find_start(struct prep *p, const char *name, u32 *start)
{
	const struct bpf_func_info *info = p->in->func_info;
	s64 id = skep__btf_find(p->in->btf, name, BTF_KIND_FUNC);

	if (id < 0)
		return skep__prep_fail(p, (int)id,
				       "exception callback '%s' could not be found in BTF\n", name);
	if (btf_vlen(skep__btf_type(p->in->btf, (u32)id)) != LINKAGE_GLOBAL)
		return skep__prep_fail(p, -EINVAL,
				       "exception callback '%s' must have global linkage\n", name);
	for (u32 i = 0; i < p->in->nr_func_info; i++) {
		if (info[i].type_id != (u32)id)
			continue;
		*start = info[i].insn_off;
		if (!*start)
			return skep__prep_fail(
				p, -EINVAL,
				"invalid exception callback insn_off in func_info: 0\n");
		return 0;
	}
	return skep__prep_fail(p, -EINVAL, "exception callback type id not found in func_info\n");
}

int skep__prep_exception_callback(struct prep *p, u32 *start)
{
	const struct bpf_func_info *info = p->in->func_info;
	const struct btf_type *main;
	const char *name;
	int err;

	*start = 0;
	if (!p->in->btf || !p->in->nr_func_info)
		return 0;
	main = skep__btf_type(p->in->btf, info[0].type_id);
	if (!main || btf_kind(main) != BTF_KIND_FUNC)
		return 0; /* refused with the func_info */
	name = callback_of(p->in->btf, info[0].type_id, &err);
	if (err)
		return skep__prep_fail(p, err,
				       "multiple exception callback tags for main subprog\n");
	return name ? find_start(p, name, start) : 0;
}
