/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmocka_all.h"

#include <string.h>

#include "base/strbuf.h"

static void growing_text_keeps_everything(void **state)
{
	struct strbuf sb;

	skep__strbuf_init(&sb);
	assert_string_equal(sb.text, "");
	for (int i = 0; i < 1000; i++)
		skep__strbuf_printf(&sb, "%d,", i);
	assert_int_equal(sb.len, strlen(sb.text));
	assert_false(sb.truncated);
	assert_non_null(strstr(sb.text, ",998,999,"));
	skep__strbuf_clear(&sb);
	assert_string_equal(sb.text, "");
	skep__strbuf_fini(&sb);
}

static void fixed_text_loses_its_tail_and_says_so(void **state)
{
	char array[8];
	struct strbuf sb;

	skep__strbuf_fixed(&sb, array, sizeof(array));
	skep__strbuf_puts(&sb, "abcd");
	assert_false(sb.truncated);
	skep__strbuf_printf(&sb, "%s", "efghij");
	assert_true(sb.truncated);
	assert_string_equal(array, "abcdefg");
	skep__strbuf_putc(&sb, 'z');
	assert_string_equal(array, "abcdefg");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(growing_text_keeps_everything),
		cmocka_unit_test(fixed_text_loses_its_tail_and_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
