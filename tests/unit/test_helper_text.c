/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts where the kernel cannot be asked side by side: readable strings and addresses, trace lines,
 * and reads of memory that is not there. (tests/compat/test_helper_text.c compares the rest.)
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "cmocka_all.h"
#include "helper/format.h"
#include "helper/prog_base.h"
#include "helper_run.h"

static struct run nobody = { .svc = &skep__default_services };

static s64 print(char *to, u32 size, const char *fmt, const u64 *args, u32 nr)
{
	return CALL(&nobody, snprintf, to, size, fmt, args, nr * 8);
}

static void strings_and_addresses_are_read_from_memory(void **state)
{
	static const u8 ip4[] = { 10, 0, 200, 1 };
	static const u8 ip6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x1f };
	const u64 args[] = { (u64) "honey", (u64)ip4, (u64)ip6 };
	char text[128];

	assert_int_equal(print(text, sizeof(text), "%s %pI4 %pI6", args, 3), 57);
	assert_string_equal(text, "honey 10.0.200.1 2001:0db8:0000:0000:0000:0000:0000:001f");
	assert_int_equal(print(text, sizeof(text), "%8s|%pi4 %pi6", args, 3), 58);
	assert_string_equal(text, "   honey|010.000.200.001 20010db800000000000000000000001f");
	print(text, sizeof(text), "%-8s|%pus", (const u64[]){ args[0], args[0] }, 2);
	assert_string_equal(text, "honey   |honey");
}

static void without_room_only_the_length_is_told(void **state)
{
	const u64 args[] = { 12345 };

	assert_int_equal(print(NULL, 0, "n=%d", args, 1), 8);
}

static void plain_pointers_are_the_same_number_every_time_and_not_the_address(void **state)
{
	const u64 args[] = { (u64)&nobody, (u64)&nobody };
	char text[64], real[64];

	print(text, sizeof(text), "%p", args, 1);
	print(real, sizeof(real), "%px", args, 1);
	assert_int_equal(strlen(text), 16);
	assert_string_not_equal(text, real);
	assert_memory_equal(text, "00000000", 8);
	print(real, sizeof(real), "%pK", args, 1);
	assert_string_equal(text, real);
}

static void a_text_longer_than_the_packing_space_is_cut(void **state)
{
	char *text = malloc(2000), out[1024];
	const u64 args[] = { (u64)text, 7 };

	memset(text, 'a', 1999);
	text[1999] = '\0';
	assert_int_equal(print(out, sizeof(out), "%s", args, 1), 512);
	assert_int_equal(print(out, sizeof(out), "%s%d", args, 2), -ENOSPC);
	free(text);
}

static void bad_argument_arrays_are_refused(void **state)
{
	const u64 args[13] = { 0 };
	char out[16];

	assert_int_equal(CALL(&nobody, snprintf, out, 16, "x", args, 7), -EINVAL);
	assert_int_equal(CALL(&nobody, snprintf, out, 16, "x", args, 13 * 8), -EINVAL);
	assert_int_equal(CALL(&nobody, snprintf, out, 16, "x", 0, 8), -EINVAL);
	assert_int_equal(CALL(&nobody, snprintf, out, 16, "x", 0, 0), 2);
}

/* Somebody who shares the map may change the text between the two steps. */
static void a_format_changed_between_check_and_output_does_no_harm(void **state)
{
	const u64 args[] = { 5 };
	struct format_pack pack;
	char fmt[] = "%d..............", out[64];

	assert_int_equal(skep__format_pack(&pack, NULL, fmt, sizeof(fmt), args, 1), 0);
	memcpy(fmt, "%s%s%pI6%ld%c%pks", sizeof(fmt) - 1);
	assert_true(skep__format_render(out, sizeof(out), fmt, &pack) < sizeof(out));
}

static void trace_lines_reach_the_trace_without_their_limit(void **state)
{
	struct told told = { 0 };
	struct services svc = told_services(&told);
	struct run run = { .svc = &svc };
	const u64 args[] = { 1, 2, 3, 4 };

	assert_int_equal(CALL(&run, trace_printk, "bees: %d of %d\n", 16, 3, 9, 0), 13);
	assert_string_equal(told.trace, "bees: 3 of 9");
	assert_int_equal(CALL(&run, trace_printk, "bees", 4, 0, 0, 0), -EINVAL);
	assert_int_equal(CALL(&run, trace_printk, "%d%d%d%d", 9, 0, 0, 0), -EINVAL);
	told.trace[0] = '\0';
	assert_int_equal(CALL(&run, trace_vprintk, "%d%d%d%d", 9, args, 32, 0), 4);
	assert_string_equal(told.trace, "1234");
	told.trace[0] = '\0';
	assert_int_equal(CALL(&run, trace_printk, "%2000d", 7, 5, 0, 0), 2000);
	assert_int_equal(strlen(told.trace), 1023);
}

static void unreadable_memory_is_an_error_and_leaves_zeroes(void **state)
{
	char buf[8] = "unread",
	     *hole = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(hole, MAP_FAILED);
	assert_int_equal(CALL(&nobody, probe_read_kernel, buf, 8, hole, 0, 0), -EFAULT);
	assert_memory_equal(buf, "\0\0\0\0\0\0\0\0", 8);
	memcpy(buf, "unread", 7);
	assert_int_equal(CALL(&nobody, probe_read_user_str, buf, 8, NULL, 0, 0), -EFAULT);
	assert_memory_equal(buf, "\0\0\0\0\0\0\0\0", 8);
	assert_int_equal(CALL(&nobody, probe_read_kernel, buf, 0, hole, 0, 0), 0);
	munmap(hole, 4096);
}

static void strings_are_read_up_to_their_end_or_the_buffers(void **state)
{
	char buf[8], *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				   -1, 0);

	assert_ptr_not_equal(pages, MAP_FAILED);
	assert_int_equal(CALL(&nobody, probe_read_kernel_str, buf, 8, "wax", 0, 0), 4);
	assert_string_equal(buf, "wax");
	assert_int_equal(CALL(&nobody, probe_read_kernel_str, buf, 3, "wax", 0, 0), 3);
	assert_string_equal(buf, "wa");
	assert_int_equal(CALL(&nobody, probe_read_kernel_str, buf, 0, "wax", 0, 0), 0);
	/* A text that ends right before a page that is not there. */
	memcpy(pages + 4096 - 4, "wax", 4);
	assert_int_equal(mprotect(pages + 4096, 4096, PROT_NONE), 0);
	assert_int_equal(CALL(&nobody, probe_read_kernel_str, buf, 8, pages + 4096 - 4, 0, 0), 4);
	memcpy(pages + 4096 - 4, "waxy", 4);
	assert_int_equal(CALL(&nobody, probe_read_kernel_str, buf, 8, pages + 4096 - 4, 0, 0),
			 -EFAULT);
	munmap(pages, 8192);
}

/* What a program knows of is copied; one byte more, and it is asked about. */
static void known_memory_ends_where_it_ends(void **state)
{
	u8 *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct memory_range ranges[] = { { (u64)pages + 16, 16 }, { (u64)pages, 4096 } };
	struct prog_base prog = { .known = { .ranges = ranges, .nr = 2 } };
	struct run run = { .svc = &skep__default_services, .prog = (const struct prog *)&prog };
	char buf[8];

	assert_ptr_not_equal(pages, MAP_FAILED);
	assert_int_equal(mprotect(pages + 4096, 4096, PROT_NONE), 0);
	memcpy(pages + 12, "honeycomb", 10);
	memcpy(pages + 4096 - 8, "propolis", 8);
	assert_int_equal(CALL(&run, probe_read_kernel, buf, 8, pages + 12, 0, 0), 0);
	assert_memory_equal(buf, "honeycom", 8);
	assert_int_equal(CALL(&run, probe_read_kernel, buf, 8, pages + 4096 - 8, 0, 0), 0);
	assert_memory_equal(buf, "propolis", 8);
	assert_int_equal(CALL(&run, probe_read_kernel, buf, 8, pages + 4096 - 7, 0, 0), -EFAULT);
	assert_int_equal(CALL(&run, probe_read_kernel, buf, 8, pages - 1, 0, 0), -EFAULT);
	assert_int_equal(CALL(&run, probe_read_kernel, buf, 8, UINT64_MAX - 3, 0, 0), -EFAULT);
	assert_int_equal(CALL(&run, probe_read_kernel_str, buf, 8, pages + 16, 0, 0), 6);
	assert_string_equal(buf, "ycomb");
	assert_int_equal(CALL(&run, probe_read_kernel_str, buf, 8, pages + 4096 - 3, 0, 0),
			 -EFAULT);
	munmap(pages, 8192);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_and_addresses_are_read_from_memory),
		cmocka_unit_test(without_room_only_the_length_is_told),
		cmocka_unit_test(plain_pointers_are_the_same_number_every_time_and_not_the_address),
		cmocka_unit_test(a_text_longer_than_the_packing_space_is_cut),
		cmocka_unit_test(bad_argument_arrays_are_refused),
		cmocka_unit_test(a_format_changed_between_check_and_output_does_no_harm),
		cmocka_unit_test(trace_lines_reach_the_trace_without_their_limit),
		cmocka_unit_test(unreadable_memory_is_an_error_and_leaves_zeroes),
		cmocka_unit_test(strings_are_read_up_to_their_end_or_the_buffers),
		cmocka_unit_test(known_memory_ends_where_it_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
