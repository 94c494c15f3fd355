/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel functions on texts whose memory may not be there: answers are offsets, -ENOENT for
 * nothing found, -EFAULT where it cannot be read, -ERANGE for what can be no address, -E2BIG for
 * texts longer than the kernel looks.
 */
#include <string.h>

#include "base/fault.h"
#include "helper/arg.h"

#define LONGEST 65536
#define LOWEST_ADDRESS 65536
#define PAGE 4096
#define PAD_ZEROS 1 /* BPF_F_PAD_ZEROS */

/* Bytes of a text, fetched some at a time. */
struct reader {
	u64 addr, from; /* of the text; of what is in chunk */
	u32 len;
	char chunk[128];
};

static bool is_address(u64 addr)
{
	return addr >= LOWEST_ADDRESS;
}

static struct reader reader_of(u64 addr)
{
	return (struct reader){ .addr = addr };
}

/* Byte i of the text, or -EFAULT. */
static int byte_at(struct reader *r, u32 i)
{
	u64 at = r->addr + i;

	if (at - r->from >= r->len) {
		r->from = at;
		r->len = min((u32)sizeof(r->chunk), (u32)(PAGE - at % PAGE));
		if (skep__probe_read_of(NULL, 0, r->chunk, at, r->len)) {
			r->len = 0;
			return -EFAULT;
		}
	}
	return (u8)r->chunk[at - r->from];
}

/* ---- comparing ------------------------------------------------------------------------------- */

/* As the kernel has it: of Latin-1. */
static int to_lower(int c)
{
	bool upper = (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7);

	return upper ? c + 'a' - 'A' : c;
}

static s64 compare(u64 a, u64 b, bool fold)
{
	struct reader x = reader_of(a), y = reader_of(b);

	if (!is_address(a) || !is_address(b))
		return -ERANGE;
	for (u32 i = 0; i < LONGEST; i++) {
		int c = byte_at(&x, i), d = byte_at(&y, i);

		if (c < 0 || d < 0)
			return -EFAULT;
		if (fold) {
			c = to_lower(c);
			d = to_lower(d);
		}
		if (c != d)
			return c < d ? -1 : 1;
		if (!c)
			return 0;
	}
	return -E2BIG;
}

DEFINE_KFUNC(strcmp)
{
	return result_int(compare(r1, r2, false));
}

DEFINE_KFUNC(strcasecmp)
{
	return result_int(compare(r1, r2, true));
}

/* ---- one character --------------------------------------------------------------------------- */

/* The first place of c among the first `count` bytes; at_end: or of the NUL. `none`: when neither
 * is there. */
static s64 find_char(u64 s, u64 count, u8 c, bool at_end, s64 none)
{
	struct reader r = reader_of(s);
	u32 i;

	if (!is_address(s))
		return -ERANGE;
	for (i = 0; i < count && i < LONGEST; i++) {
		int here = byte_at(&r, i);

		if (here < 0)
			return -EFAULT;
		if (here == c || (!here && at_end))
			return i;
		if (!here)
			return -ENOENT;
	}
	return i == LONGEST ? -E2BIG : none;
}

DEFINE_KFUNC(strnchr)
{
	return result_int(find_char(r1, r2, (u8)r3, false, -ENOENT));
}

DEFINE_KFUNC(strchr)
{
	return result_int(find_char(r1, LONGEST, (u8)r2, false, -ENOENT));
}

DEFINE_KFUNC(strchrnul)
{
	return result_int(find_char(r1, LONGEST, (u8)r2, true, -ENOENT));
}

DEFINE_KFUNC(strrchr)
{
	struct reader r = reader_of(r1);
	s64 last = -ENOENT;

	if (!is_address(r1))
		return result_int(-ERANGE);
	for (u32 i = 0; i < LONGEST; i++) {
		int here = byte_at(&r, i);

		if (here < 0)
			return result_int(-EFAULT);
		if (here == (u8)r2)
			last = i;
		if (!here)
			return result_int(last);
	}
	return result_int(-E2BIG);
}

/* ---- lengths --------------------------------------------------------------------------------- */

static s64 length(u64 s, u64 count)
{
	return find_char(s, count, 0, true, (s64)count);
}

DEFINE_KFUNC(strlen)
{
	return result_int(length(r1, LONGEST));
}

DEFINE_KFUNC(strnlen)
{
	return result_int(length(r1, r2));
}

/* Is c one of the set's characters? 0, 1, -EFAULT or -E2BIG. */
static int is_member(struct reader *set, int c)
{
	for (u32 i = 0; i < LONGEST; i++) {
		int here = byte_at(set, i);

		if (here < 0)
			return here;
		if (!here)
			return 0;
		if (here == c)
			return 1;
	}
	return -E2BIG;
}

/* How many of the first characters are in the set, or are not. */
static s64 span(u64 s, u64 set, bool inside)
{
	struct reader r = reader_of(s), members = reader_of(set);

	if (!is_address(s) || !is_address(set))
		return -ERANGE;
	for (u32 i = 0; i < LONGEST; i++) {
		int here = byte_at(&r, i), member;

		if (here <= 0)
			return here ? here : (s64)i;
		member = is_member(&members, here);
		if (member < 0)
			return member;
		if (member != inside)
			return i;
	}
	return -E2BIG;
}

DEFINE_KFUNC(strspn)
{
	return result_int(span(r1, r2, true));
}

DEFINE_KFUNC(strcspn)
{
	return result_int(span(r1, r2, false));
}

/* ---- texts in texts -------------------------------------------------------------------------- */

/* Does it stand at byte `at`? 1, 0, or -errno: -ENOENT when the text or its first len bytes end. */
static int stands_at(struct reader *text, struct reader *sought, u32 at, u64 len)
{
	u32 i;

	for (i = 0; at + i <= len && i < LONGEST; i++) {
		int want = byte_at(sought, i), here;

		if (want <= 0)
			return want ? want : 1;
		if (at + i == len)
			return -ENOENT;
		here = byte_at(text, at + i);
		if (here < 0)
			return here;
		if (!here)
			return -ENOENT;
		if (here != want)
			return 0;
	}
	return i == LONGEST ? -E2BIG : -ENOENT;
}

static s64 find_text(u64 s, u64 sought, u64 len)
{
	struct reader text = reader_of(s), what = reader_of(sought);

	if (!is_address(s) || !is_address(sought))
		return -ERANGE;
	for (u32 at = 0; at < LONGEST; at++) {
		int found = stands_at(&text, &what, at, len);

		if (found)
			return found < 0 ? found : (s64)at;
	}
	return -E2BIG;
}

DEFINE_KFUNC(strstr)
{
	return result_int(find_text(r1, r2, LONGEST));
}

DEFINE_KFUNC(strnstr)
{
	return result_int(find_text(r1, r2, r3));
}

/* ---- from user memory ------------------------------------------------------------------------ */

DEFINE_KFUNC(copy_from_user_str)
{
	char *dst = arg_ptr(r1);
	u32 size = (u32)r2;
	long len;

	if (r4 & ~(u64)PAD_ZEROS)
		return result_int(-EINVAL);
	if (!size)
		return 0;
	len = skep__probe_read_str_of(known_to(run), run->svc->tid, dst, r3, size);
	if (r4 & PAD_ZEROS)
		memset(dst + max(len, 0l), 0, size - (u32)max(len, 0l));
	return result_int(len);
}
