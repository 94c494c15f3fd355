/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kernel accepts as a name: C identifiers (dots allowed), and anything printable for
 * sections. */
#include "btf/check.h"

bool skep__btf_name_off_ok(const struct btf *btf, u32 off)
{
	return off <= BTF_MAX_NAME_OFFSET && skep__btf_str(btf, off);
}

/* The kernel's isalpha() knows Latin-1, and so do isalnum() and isprint(). */
static bool kernel_alpha(u8 c)
{
	return (u8)((c | 0x20) - 'a') < 26 || (c >= 0xc0 && c != 0xd7 && c != 0xf7);
}

static bool kernel_print(u8 c)
{
	return (c >= 0x20 && c < 0x7f) || c >= 0xa0;
}

static bool identifier_char(u8 c, bool first)
{
	return kernel_alpha(c) || c == '_' || c == '.' || (!first && (u8)(c - '0') < 10);
}

bool skep__btf_identifier_ok(const struct btf *btf, u32 off)
{
	const char *name = skep__btf_str(btf, off);

	for (u32 i = 0; i == 0 || name[i]; i++)
		if (i >= BTF_MAX_NAME_LEN || !identifier_char(name[i], i == 0))
			return false;
	return true;
}

bool skep__btf_section_name_ok(const struct btf *btf, u32 off)
{
	const char *name = skep__btf_str(btf, off);
	u32 i;

	for (i = 0; name[i]; i++)
		if (i >= BTF_MAX_NAME_LEN || !kernel_print(name[i]))
			return false;
	return i > 0;
}
