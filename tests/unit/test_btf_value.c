/* SPDX-License-Identifier: BSD-2-Clause */
/* Values through their types: shown as C would write them, read, and written. */
#include <stdlib.h>

#include "cmocka_all.h"
#include "skep/btf.h"
#include "support/btf_build.h"

static struct btf_build build;

enum { FLOW = 16, ENUM64 = 12, UNION = 18, SECTION = 22, NAME = 9, CHAR16 = 7 };

static struct skep_btf *everything(void)
{
	u32 size = build_everything(&build);
	struct skep_btf *btf = skep_btf_new(build.image, size);

	assert_non_null(btf);
	return btf;
}

static void expect_dump(const struct skep_btf *btf, u32 id, const void *value, size_t size,
			const char *want)
{
	char *text = skep_btf_dump(btf, id, value, size, 0, 60);

	assert_non_null(text);
	assert_string_equal(text, want);
	skep_btf_dump_free(text);
}

static void a_struct_is_shown_as_c_would_initialise_it(void **state)
{
	struct skep_btf *btf = everything();
	u8 value[64] = { 0 };
	double weight = 2.5;

	memcpy(value, &(u64){ 0xabc }, 8);
	memcpy(value + 8, "eth\"0", 5);
	value[24] = 5 | 31 << 3; /* low: -3 in three bits; colour: -1 in five */
	memcpy(value + 32, &weight, 8);
	memcpy(value + 40, &(u64){ 1 }, 8);
	expect_dump(btf, FLOW, value, sizeof(value),
		    "{\n"
		    "\t.next = 0xabc,\n"
		    "\t.name = \"eth\\\"0\",\n"
		    "\t.low = -3,\n"
		    "\t.colour = RED,\n"
		    "\t.weight = 2.5,\n"
		    "\t{ .wide = 1, .big = 1, .text = 0x1 },\n"
		    "}");
	skep_btf_free(btf);
}

static void what_fits_on_a_line_stands_on_one(void **state)
{
	struct skep_btf *btf = everything();
	u8 value[16] = { 0 };

	expect_dump(btf, UNION, value, sizeof(value), "{ .wide = 0, .big = 0, .text = NULL }");
	expect_dump(btf, SECTION, value, 8, "{ .total = 0 }");
	memcpy(value, &(u64){ 0x8000000000000001 }, 8);
	expect_dump(btf, ENUM64, value, 8, "HUGE");
	expect_dump(btf, 1, "\xff\xff\xff\xff", 4, "-1");
	expect_dump(btf, 2, "x", 1, "'x'");
	expect_dump(btf, 2, "\x01", 1, "1");
	skep_btf_free(btf);
}

static void bytes_that_are_no_text_are_shown_as_numbers(void **state)
{
	struct skep_btf *btf = everything();
	u8 value[16] = { 'a', 0, 'b' };

	expect_dump(btf, NAME, value, 16, "{ 'a', 0, 'b', [3 ... 15] = 0 }");
	memset(value, 'z', sizeof(value));
	expect_dump(btf, CHAR16, value, 16, "\"zzzzzzzzzzzzzzzz\"");
	value[15] = 0x80;
	expect_dump(btf, CHAR16, value, 16, "{ [0 ... 14] = 'z', 128 }");
	skep_btf_free(btf);
}

static void a_value_that_ends_early_shows_what_there_is(void **state)
{
	struct skep_btf *btf = everything();

	expect_dump(btf, UNION, "\x01\0\0\0", 4, "{ .wide = ?, .big = ?, .text = ? }");
	expect_dump(btf, FLOW, "", 0,
		    "{\n"
		    "\t.next = ?,\n"
		    "\t.name = {\n"
		    "\t\t?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,\n"
		    "\t\t?, ?, ?, ?,\n"
		    "\t},\n"
		    "\t.low = ?,\n"
		    "\t.colour = ?,\n"
		    "\t.weight = ?,\n"
		    "\t{ .wide = ?, .big = ?, .text = ? },\n"
		    "}");
	assert_null(skep_btf_dump(btf, 0, "", 0, 0, 80));
	assert_null(skep_btf_dump(btf, 13, "", 0, 0, 80));
	assert_null(skep_btf_dump(btf, 999, "", 0, 0, 80));
	skep_btf_free(btf);
}

static void long_arrays_fill_their_lines(void **state)
{
	struct skep_btf *btf;
	u32 value[40], size;

	build_init(&build);
	build_int(&build, "int", 4, INT_DATA(BTF_INT_SIGNED, 0, 32));
	build_array(&build, 1, 1, 40);
	size = build_finish(&build);
	btf = skep_btf_new(build.image, size);
	for (u32 i = 0; i < 40; i++)
		value[i] = i < 20 ? 1000000 + i : 0;
	expect_dump(btf, 2, value, sizeof(value),
		    "{\n"
		    "\t1000000, 1000001, 1000002, 1000003, 1000004,\n"
		    "\t1000005, 1000006, 1000007, 1000008, 1000009,\n"
		    "\t1000010, 1000011, 1000012, 1000013, 1000014,\n"
		    "\t1000015, 1000016, 1000017, 1000018, 1000019,\n"
		    "\t[20 ... 39] = 0,\n"
		    "}");
	skep_btf_free(btf);
}

/* Eight levels of 1,000 empty members each would print for ever. */
static void empty_members_nested_to_billions_end(void **state)
{
	struct skep_btf *btf;
	char *text;
	u32 size;

	build_init(&build);
	build_type(&build, "s", BTF_INFO(BTF_KIND_STRUCT, 0, 0), 0);
	for (u32 level = 2; level <= 9; level++) {
		build_type(&build, "s", BTF_INFO(BTF_KIND_STRUCT, 0, 1000), 0);
		for (u32 i = 0; i < 1000; i++)
			build_member(&build, "", level - 1, 0);
	}
	size = build_finish(&build);
	btf = skep_btf_new(build.image, size);
	text = skep_btf_dump(btf, 9, "", 0, 0, 80);
	assert_non_null(text);
	assert_non_null(strstr(text, "..."));
	skep_btf_dump_free(text);
	skep_btf_free(btf);
}

static struct skep_btf_node member(const struct skep_btf *btf, u32 id, u32 i)
{
	struct skep_btf_node root, child;

	assert_int_equal(skep_btf_root(btf, id, &root), 0);
	assert_int_equal(skep_btf_child(btf, &root, i, &child), 0);
	return child;
}

static void what_is_written_is_read_back_and_its_neighbours_stay(void **state)
{
	struct skep_btf *btf = everything();
	struct skep_btf_node low = member(btf, FLOW, 2), colour = member(btf, FLOW, 3);
	struct skep_btf_number n = { 7 };
	u8 value[64];

	memset(value, 0xff, sizeof(value));
	assert_int_equal(skep_btf_enum_value(btf, &colour, "BLUE", &n), 0);
	assert_int_equal(skep_btf_write(&colour, value, sizeof(value), n), 0);
	assert_int_equal(value[24], 0x3f);
	assert_int_equal(skep_btf_read(&low, value, sizeof(value), &n), 0);
	assert_int_equal(n.lo, -1);
	assert_int_equal(n.hi, -1);
	assert_int_equal(skep_btf_read(&colour, value, sizeof(value), &n), 0);
	assert_string_equal(skep_btf_enum_name(btf, &colour, n), "BLUE");
	assert_int_equal(skep_btf_enum_value(btf, &colour, "MAUVE", &n), -ENOENT);
	skep_btf_free(btf);
}

static void numbers_that_do_not_fit_are_refused(void **state)
{
	static const struct {
		s64 number;
		int ret;
	} three_signed_bits[] = {
		{ 3, 0 }, { -4, 0 }, { 4, -ERANGE }, { -5, -ERANGE }, { 1 << 20, -ERANGE }
	};
	struct skep_btf *btf = everything();
	struct skep_btf_node low = member(btf, FLOW, 2), wide = member(btf, UNION, 0);
	u8 value[64] = { 0 };

	for (u32 i = 0; i < ARRAY_SIZE(three_signed_bits); i++) {
		s64 v = three_signed_bits[i].number;
		struct skep_btf_number n = { v, v < 0 ? -1 : 0 }, back;

		assert_int_equal(skep_btf_write(&low, value, sizeof(value), n),
				 three_signed_bits[i].ret);
		if (three_signed_bits[i].ret)
			continue;
		assert_int_equal(skep_btf_read(&low, value, sizeof(value), &back), 0);
		assert_int_equal(back.lo, v);
	}
	assert_int_equal(skep_btf_write(&wide, value, 8, (struct skep_btf_number){ -1ULL, 0 }), 0);
	assert_int_equal(skep_btf_write(&wide, value, 8, (struct skep_btf_number){ -1ULL, -1ULL }),
			 -ERANGE);
	assert_int_equal(skep_btf_write(&wide, value, 7, (struct skep_btf_number){ 0 }), -ERANGE);
	skep_btf_free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_struct_is_shown_as_c_would_initialise_it),
		cmocka_unit_test(what_fits_on_a_line_stands_on_one),
		cmocka_unit_test(bytes_that_are_no_text_are_shown_as_numbers),
		cmocka_unit_test(a_value_that_ends_early_shows_what_there_is),
		cmocka_unit_test(long_arrays_fill_their_lines),
		cmocka_unit_test(empty_members_nested_to_billions_end),
		cmocka_unit_test(what_is_written_is_read_back_and_its_neighbours_stay),
		cmocka_unit_test(numbers_that_do_not_fit_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
