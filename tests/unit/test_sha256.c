/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmocka_all.h"

#include <stdio.h>
#include <string.h>

#include "base/sha256.h"

static void assert_digest(const void *data, size_t len, const char *expected)
{
	u8 digest[SHA256_SIZE];
	char text[2 * SHA256_SIZE + 1];

	skep__sha256(data, len, digest);
	for (int i = 0; i < SHA256_SIZE; i++)
		sprintf(text + 2 * i, "%02x", digest[i]);
	assert_string_equal(text, expected);
}

static void digests_are_those_of_fips_180(void **state)
{
	const char *two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	char million[1000] = { 0 };

	assert_digest("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_digest("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_digest(two_blocks, strlen(two_blocks),
		      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	assert_digest(million, 1000,
		      "541b3e9daa09b20bf85fa273e5cbd3e80185aa4ec298e765db87742b70138a53");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_are_those_of_fips_180),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
