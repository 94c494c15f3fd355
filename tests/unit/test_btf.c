/* SPDX-License-Identifier: BSD-2-Clause */
/* BTF as its readers see it: refused with the kernel's words, or fit to be asked anything. */
#include <stdlib.h>

#include "btf/btf.h"
#include "cmocka_all.h"
#include "support/btf_cases.h"

static struct btf_build build;

static void every_bad_record_is_named_with_its_fault(void **state)
{
	for (u32 i = 0; i < ARRAY_SIZE(btf_cases); i++) {
		const struct btf_case *k = &btf_cases[i];
		u32 size = build_case(&build, k);
		struct strbuf log;
		struct btf *btf;
		int err;

		skep__strbuf_init(&log);
		btf = skep__btf_parse(build.image, size, NULL, &log, &err);
		if (err != -k->err || strcmp(last_line(log.text), k->last_line))
			fail_msg("%s: %d, not %d, log: %s", k->what, err, -k->err, log.text);
		assert_int_equal(!btf, k->err != 0);
		skep__btf_free(btf);
		skep__strbuf_fini(&log);
	}
}

static struct btf *everything(void)
{
	u32 size = build_everything(&build);
	int err;
	struct btf *btf = skep__btf_parse(build.image, size, NULL, NULL, &err);

	assert_int_equal(err, 0);
	return btf;
}

static void types_are_found_by_name_and_kind(void **state)
{
	struct btf *btf = everything();
	s64 id = skep__btf_find(btf, "flow", BTF_KIND_STRUCT);

	assert_int_equal(id, 16);
	assert_string_equal(skep__btf_name(btf, skep__btf_type(btf, id)), "flow");
	assert_int_equal(skep__btf_find(btf, "flow", BTF_KIND_UNION), -ENOENT);
	assert_int_equal(skep__btf_find(btf, "count", BTF_KIND_FUNC), 20);
	assert_int_equal(skep__btf_find(btf, "", BTF_KIND_PTR), -ENOENT);
	assert_int_equal(skep__btf_find(btf, "no such name", BTF_KIND_INT), -ENOENT);
	skep__btf_free(btf);
}

static void sizes_come_through_every_layer(void **state)
{
	static const struct {
		u32 id;
		s64 size;
	} want[] = {
		{ 1, 4 },        { 2, 1 },         { 3, 8 },
		{ 5, 8 },        { 7, 16 },        { 8, 16 },
		{ 9, 16 },       { 10, 8 },        { 12, 8 },
		{ 15, 8 },       { 16, 64 },       { 18, 16 },
		{ 21, 8 },       { 22, 8 },        { 0, -EINVAL },
		{ 13, -EINVAL }, { 19, -EINVAL },  { 20, -EINVAL },
		{ 23, -EINVAL }, { 999, -EINVAL }, { UINT32_MAX, -EINVAL },
	};
	struct btf *btf = everything();

	for (u32 i = 0; i < ARRAY_SIZE(want); i++)
		assert_int_equal(skep__btf_size(btf, want[i].id), want[i].size);
	skep__btf_free(btf);
}

static void modifiers_are_followed_to_what_they_mean(void **state)
{
	struct btf *btf = everything();
	u32 id = 9;

	assert_int_equal(btf_kind(skep__btf_strip(btf, &id)), BTF_KIND_ARRAY);
	assert_int_equal(id, 7);
	id = 10;
	assert_int_equal(btf_kind(skep__btf_strip(btf, &id)), BTF_KIND_PTR);
	assert_int_equal(id, 5);
	id = 0;
	assert_null(skep__btf_strip(btf, &id));
	id = 999;
	assert_null(skep__btf_strip(btf, &id));
	skep__btf_free(btf);
}

static void ids_and_offsets_that_are_not_there_give_null(void **state)
{
	struct btf *btf = everything();
	u32 nr = skep__btf_nr_types(btf), size;
	const void *raw;

	assert_int_equal(nr, 27);
	assert_non_null(skep__btf_type(btf, nr - 1));
	assert_null(skep__btf_type(btf, nr));
	assert_null(skep__btf_type(btf, 0));
	assert_null(skep__btf_type(btf, UINT32_MAX));
	assert_string_equal(skep__btf_str(btf, 0), "");
	assert_null(skep__btf_str(btf, build.str_len));
	assert_null(skep__btf_str(btf, UINT32_MAX));
	raw = skep__btf_raw(btf, &size);
	assert_int_equal(size, build_finish(&build));
	assert_memory_equal(raw, build.image, size);
	skep__btf_free(btf);
}

static void split_btf_goes_on_where_its_base_ends(void **state)
{
	struct btf *base = everything(), *split;
	u32 size, nr = skep__btf_nr_types(base), id;
	int err;

	build.start_str = build.str_len;
	build.start_id = nr;
	build.nr_types = build.nr_words = 0;
	build.str_len = 0;
	id = build_type(&build, "pair", BTF_INFO(BTF_KIND_STRUCT, 0, 2), 128);
	assert_int_equal(id, nr);
	build_member(&build, "first", 16, 0);
	build_member(&build, "second", nr + 1, 512);
	id = build_raw(&build, 0, BTF_INFO(BTF_KIND_CONST, 0, 0), 16);
	build_type(&build, "later_t", BTF_INFO(BTF_KIND_TYPEDEF, 0, 0), 13);
	build_type(&build, "int", BTF_INFO(BTF_KIND_TYPEDEF, 0, 0), id);
	size = build_finish(&build);
	split = skep__btf_parse(build.image, size, base, NULL, &err);
	assert_int_equal(err, 0);

	assert_int_equal(skep__btf_nr_types(split), nr + 4);
	assert_int_equal(skep__btf_find(split, "pair", BTF_KIND_STRUCT), nr);
	assert_int_equal(skep__btf_find(split, "flow", BTF_KIND_STRUCT), 16);
	assert_int_equal(skep__btf_size(split, nr + 3), 64);
	assert_string_equal(skep__btf_name(split, skep__btf_type(split, 16)), "flow");
	assert_int_equal(btf_kind(skep__btf_strip(split, &id)), BTF_KIND_STRUCT);
	assert_int_equal(id, 16);
	id = nr + 2;
	assert_int_equal(btf_kind(skep__btf_strip(split, &id)), BTF_KIND_FWD);
	skep__btf_free(split);
	skep__btf_free(base);
}

static void truncated_anywhere_it_is_refused(void **state)
{
	u32 size = build_everything(&build);

	for (u32 cut = 0; cut < size; cut++) {
		u8 *exact = malloc(cut ? cut : 1); /* so that a sanitizer sees a read past it */
		int err = 0;

		memcpy(exact, build.image, cut);
		assert_null(skep__btf_parse(exact, cut, NULL, NULL, &err));
		assert_int_equal(err, -EINVAL);
		free(exact);
	}
}

static void a_longer_header_moves_the_records_to_an_odd_address(void **state)
{
	u32 size = build_everything(&build);
	struct btf_header *h = (void *)build.image;
	struct btf *btf;
	int err;

	memmove(build.image + sizeof(*h) + 1, build.image + sizeof(*h), size - sizeof(*h));
	build.image[sizeof(*h)] = 0;
	h->hdr_len++;
	btf = skep__btf_parse(build.image, size + 1, NULL, NULL, &err);
	assert_int_equal(err, 0);
	assert_int_equal(skep__btf_find(btf, "flow", BTF_KIND_STRUCT), 16);
	skep__btf_free(btf);
	build.image[sizeof(*h)] = 1;
	assert_null(skep__btf_parse(build.image, size + 1, NULL, NULL, &err));
	assert_int_equal(err, -E2BIG);
}

static void more_than_16_mib_is_too_big(void **state)
{
	u8 *big = calloc(1, BTF_MAX_SIZE + 1);
	int err;

	assert_null(skep__btf_parse(big, BTF_MAX_SIZE + 1, NULL, NULL, &err));
	assert_int_equal(err, -E2BIG);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bad_record_is_named_with_its_fault),
		cmocka_unit_test(types_are_found_by_name_and_kind),
		cmocka_unit_test(sizes_come_through_every_layer),
		cmocka_unit_test(modifiers_are_followed_to_what_they_mean),
		cmocka_unit_test(ids_and_offsets_that_are_not_there_give_null),
		cmocka_unit_test(split_btf_goes_on_where_its_base_ends),
		cmocka_unit_test(truncated_anywhere_it_is_refused),
		cmocka_unit_test(a_longer_header_moves_the_records_to_an_odd_address),
		cmocka_unit_test(more_than_16_mib_is_too_big),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
