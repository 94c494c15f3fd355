/* SPDX-License-Identifier: BSD-2-Clause */
/* skep's own BTF of a kernel has what the tables speak of. */
#include <string.h>

#include "btf/btf.h"
#include "btf/own.h"
#include "cmocka_all.h"
#include "ctx/ctx.h"
#include "helper/kfunc.h"
#include "helper/proto.h"

static struct btf *own;

static int parse(void **state)
{
	int err = 0;

	if (skep__own_btf_size)
		own = skep__btf_parse(skep__own_btf, skep__own_btf_size, NULL, NULL, &err);
	return err;
}

static int forget(void **state)
{
	skep__btf_free(own);
	return 0;
}

static void assert_struct(const char *name)
{
	if (name && skep__btf_find(own, name, BTF_KIND_STRUCT) < 0)
		fail_msg("struct %s is missing", name);
}

static void kernel_functions_that_run_are_described(void **state)
{
	for (u32 id = 0; id < NR_KFUNCS; id++) {
		const struct kfunc *k = skep__kfunc(id);
		const struct btf_type *t;
		s64 btf_id;

		if (!k->fn)
			continue;
		btf_id = skep__btf_find(own, k->name, BTF_KIND_FUNC);
		if (btf_id < 0)
			fail_msg("%s is missing", k->name);
		t = skep__btf_type(own, btf_id);
		assert_int_equal(btf_vlen(t), 0); /* static, as all of the kernel's */
		assert_int_equal(btf_kind(skep__btf_type(own, t->type)), BTF_KIND_FUNC_PROTO);
	}
}

static void parameters_keep_the_names_that_say_what_they_are(void **state)
{
	s64 id = skep__btf_find(own, "bpf_dynptr_slice", BTF_KIND_FUNC);
	const struct btf_type *proto = skep__btf_type(own, skep__btf_type(own, id)->type);
	const struct btf_param *p = (const void *)(proto + 1);

	assert_int_equal(btf_vlen(proto), 4);
	assert_string_equal(skep__btf_str(own, p[2].name_off), "buffer__opt");
	assert_string_equal(skep__btf_str(own, p[3].name_off), "buffer__szk");
}

static void objects_of_helpers_and_maps_are_there(void **state)
{
	for (u32 nr = 1; nr < __BPF_FUNC_MAX_ID; nr++) {
		assert_struct(skep__helper_btf(nr).arg);
		assert_struct(skep__helper_btf(nr).ret);
	}
#define KEPT(name) assert_struct(#name);
#include "btf/kptr_types.def"
#define TRUST(name, field, how) assert_struct(name);
#include "verify/trust.def"
#define OPS(name, written, refusal)                                                                \
	assert_struct(name), assert_struct("bpf_struct_ops_" name), assert_struct(written);
#include "verify/struct_ops.def"
}

/* These layouts are an ABI: programs are compiled with them. */
static void contexts_are_as_large_as_programs_see_them(void **state)
{
	for (u32 type = 1; type < __MAX_BPF_PROG_TYPE; type++) {
		const struct prog_type *t = skep__prog_type(type);
		s64 id = t->ctx_name ? skep__btf_find(own, t->ctx_name, BTF_KIND_STRUCT) : -1;

		if (id >= 0)
			assert_int_equal(skep__btf_size(own, id), t->ctx_size);
	}
	assert_struct("__sk_buff");
	assert_struct("xdp_md");
	assert_struct("pt_regs");
	assert_struct("bpf_ctx_convert");
}

static void nothing_is_left_of_how_it_was_made(void **state)
{
	for (u32 id = 1; skep__btf_type(own, id); id++) {
		const struct btf_type *t = skep__btf_type(own, id);

		assert_int_not_equal(btf_kind(t), BTF_KIND_VAR);
		assert_int_not_equal(btf_kind(t), BTF_KIND_DATASEC);
		assert_null(strstr(skep__btf_name(own, t), "own_"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernel_functions_that_run_are_described),
		cmocka_unit_test(parameters_keep_the_names_that_say_what_they_are),
		cmocka_unit_test(objects_of_helpers_and_maps_are_there),
		cmocka_unit_test(contexts_are_as_large_as_programs_see_them),
		cmocka_unit_test(nothing_is_left_of_how_it_was_made),
	};

	if (!skep__own_btf_size)
		return 77; /* built without clang */
	return cmocka_run_group_tests(tests, parse, forget);
}
