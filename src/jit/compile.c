/* SPDX-License-Identifier: BSD-2-Clause */
/* A compilation from its start to its end: check, look, emit and link, place in memory. */
#include <string.h>

#include "base/alloc.h"
#include "exec/tail_call.h"
#include "jit/check.h"
#include "jit/jit.h"
#include "jit/target.h"

#define SLOT_SEARCH 256 /* bounds the work; what lies further back gets a second slot */

u32 skep__jit_slot(struct compilation *jit, struct slot slot)
{
	u32 n = jit->nr_slots;

	for (u32 i = n; i > 0 && n - i < SLOT_SEARCH; i--) {
		const struct slot *s = &jit->slots[i - 1];

		if (s->kind == slot.kind && s->index == slot.index && s->off == slot.off)
			return i - 1;
	}
	if (n == jit->cap_slots) {
		u32 cap = 2 * n + 16;
		struct slot *slots = skep__resize(jit->slots, cap * sizeof(*slots));

		if (!slots) {
			jit->code.err = -ENOMEM;
			return 0;
		}
		jit->slots = slots;
		jit->cap_slots = cap;
	}
	jit->slots[n] = slot;
	return jit->nr_slots++;
}

static int compile(struct compilation *jit, const struct prog *prog, struct image **image)
{
	u8 *code = NULL;
	u32 size;
	int err = skep__flow_init(&jit->flow, jit->prog);

	if (err)
		return err;
	jit->starts = skep__zalloc_array(prog->nr_subprogs, sizeof(*jit->starts));
	jit->lines = skep__zalloc_array(prog->nr_lines + 1, sizeof(*jit->lines));
	if (!jit->starts || !jit->lines)
		return -ENOMEM;
	skep__know_maps(jit);
	for (u32 s = 0; s < jit->prog->nr_subprogs; s++)
		skep__target_spares(jit, s);
	skep__move_slots(jit);
	skep__pin_constants(jit);
	err = skep__flow_live(&jit->flow, jit->prog);
	if (!err && skep__merge_fields(jit))
		skep__flow_live_again(&jit->flow, jit->prog);
	if (!err)
		err = skep__target_emit(jit, &code, &size);
	if (!err)
		*image = skep__image_new(prog, code, size, jit->slots, jit->nr_slots, &err);
	skep__free(code);
	if (*image) {
		(*image)->starts = jit->starts;
		(*image)->lines = jit->lines;
		jit->starts = jit->lines = NULL;
	}
	return err;
}

int skep__jit_compile_for(struct prog *prog, u32 features)
{
	struct prog copy = *prog;
	struct compilation jit = { .prog = &copy, .features = features };
	struct image *image = NULL;
	const char *why;
	u32 at;
	int err = skep__jit_check(prog, &why, &at);

	if (err)
		return err;
	jit.insns = skep__dup(prog->insns, prog->len * sizeof(*prog->insns));
	if (!jit.insns)
		return -ENOMEM;
	copy.insns = jit.insns;
	skep__code_init(&jit.code);
	jit.code.has_pool = prog->code_pool;
	err = compile(&jit, prog, &image);
	skep__free(jit.insns);
	skep__code_fini(&jit.code);
	skep__flow_fini(&jit.flow);
	skep__free(jit.slots);
	skep__free(jit.starts);
	skep__free(jit.lines);
	if (err)
		return err;
	prog->jit_image = image;
	prog->jit_unwinds = jit.flow.unwinds;
	prog->jit = (jit_fn *)(uintptr_t)image->base;
	prog->jit_body = image->base + JIT_BODY;
	prog->jit_class = skep__tail_call_class(prog);
	return 0;
}

u32 skep__jit_subprog_at(u64 callback)
{
	u32 sub;

	memcpy(&sub, (const u8 *)(uintptr_t)callback - sizeof(sub), sizeof(sub));
	return sub;
}

int skep__jit_compile(struct prog *prog)
{
	return skep__jit_compile_for(prog, skep__target_features());
}

void skep__jit_free(struct prog *prog)
{
	skep__image_free((struct image *)prog->jit_image);
	prog->jit_image = NULL;
	prog->jit = NULL;
	prog->jit_class = 0;
}

const char *skep__jit_refusal(const struct prog *prog, u32 *insn)
{
	const char *why;

	skep__jit_check(prog, &why, insn);
	return why;
}

const void *skep__jit_code(const struct prog *prog, u32 *size)
{
	const struct image *image = prog->jit_image;

	*size = image ? image->code_size : 0;
	return image ? image->base : NULL;
}

const void *skep__jit_code_of(const struct prog *prog, u32 sub, u32 *size)
{
	const struct image *image = prog->jit_image;
	bool is_last = sub + 1 == prog->nr_subprogs;

	*size = 0;
	if (!image)
		return NULL;
	*size = (is_last ? image->code_size : image->starts[sub + 1]) - image->starts[sub];
	return image->base + image->starts[sub];
}

const void *skep__jit_code_of_line(const struct prog *prog, u32 line)
{
	const struct image *image = prog->jit_image;

	return image ? image->base + image->lines[line] : NULL;
}
