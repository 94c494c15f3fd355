/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Iterators over numbers and bits that programs advance themselves. Their state is on the program's
 * stack, which nothing but these functions touches between _new and _destroy.
 */
#include "base/fault.h"
#include "helper/arg.h"

#define MAX_NUMBERS (8 * 1024 * 1024) /* the kernel's BPF_MAX_LOOPS */

/* ---- from one number up to another ----------------------------------------------------------- */

struct iter_num {
	s32 cur, end;
};
static_assert(sizeof(struct iter_num) == 8, "the size of struct bpf_iter_num");

DEFINE_KFUNC(iter_num_new)
{
	struct iter_num *it = arg_ptr(r1);
	s32 start = (s32)r2, end = (s32)r3;

	*it = (struct iter_num){ 0 };
	if (start > end)
		return result_int(-EINVAL);
	if ((s64)end - start > MAX_NUMBERS)
		return result_int(-E2BIG);
	*it = (struct iter_num){ .cur = (s32)((u32)start - 1), .end = end };
	return 0;
}

DEFINE_KFUNC(iter_num_next)
{
	struct iter_num *it = arg_ptr(r1);

	/* The one before the smallest number is the largest. */
	if ((s32)((u32)it->cur + 1) >= it->end) {
		*it = (struct iter_num){ 0 };
		return 0;
	}
	it->cur = (s32)((u32)it->cur + 1);
	return result_ptr(&it->cur);
}

DEFINE_KFUNC(iter_num_destroy)
{
	*(struct iter_num *)arg_ptr(r1) = (struct iter_num){ 0 };
	return 0;
}

/* ---- over the bits that are set -------------------------------------------------------------- */

#define MAX_WORDS 511
#define WORD_BITS 64

/*
 * Up to one word is copied; of more the address is kept, and each word is read when its turn comes:
 * there is no memory here that could hold them.
 */
struct iter_bits {
	u64 source; /* the word, or where they are */
	s32 nr_bits, bit;
};
static_assert(sizeof(struct iter_bits) == 16, "the size of struct bpf_iter_bits");

static bool all_readable(u64 addr, u32 nr_words)
{
	u64 chunk[32];

	for (u32 done = 0; done < nr_words; done += ARRAY_SIZE(chunk)) {
		u32 n = min(nr_words - done, (u32)ARRAY_SIZE(chunk));

		if (skep__probe_read_of(NULL, 0, chunk, addr + done * sizeof(u64), n * sizeof(u64)))
			return false;
	}
	return true;
}

DEFINE_KFUNC(iter_bits_new)
{
	struct iter_bits *it = arg_ptr(r1);
	u32 nr_words = (u32)r3;
	u64 word = r2;

	*it = (struct iter_bits){ .bit = -1 };
	if (!r2 || !nr_words)
		return result_int(-EINVAL);
	if (nr_words > MAX_WORDS)
		return result_int(-E2BIG);
	if (nr_words == 1 ? skep__probe_read_of(NULL, 0, &word, r2, sizeof(word))
			  : !all_readable(r2, nr_words))
		return result_int(-EFAULT);
	it->source = word;
	it->nr_bits = (s32)(nr_words * WORD_BITS);
	return 0;
}

/* The word with this bit; what cannot be read any more has no bits. */
static u64 word_of(const struct iter_bits *it, u32 bit)
{
	u64 word = it->source;

	if (it->nr_bits > WORD_BITS &&
	    skep__probe_read_of(NULL, 0, &word, it->source + bit / WORD_BITS * sizeof(u64),
				sizeof(word)))
		return 0;
	return word;
}

DEFINE_KFUNC(iter_bits_next)
{
	struct iter_bits *it = arg_ptr(r1);
	u32 nr_bits = (u32)it->nr_bits, bit = (u32)(it->bit + 1);

	if (it->bit >= it->nr_bits)
		return 0;
	while (bit < nr_bits) {
		u64 word = word_of(it, bit) >> bit % WORD_BITS;

		if (word) {
			it->bit = (s32)(bit + (u32)__builtin_ctzll(word));
			return result_ptr(&it->bit);
		}
		bit = round_up(bit + 1, (u32)WORD_BITS);
	}
	it->bit = it->nr_bits;
	return 0;
}

DEFINE_KFUNC(iter_bits_destroy)
{
	*(struct iter_bits *)arg_ptr(r1) = (struct iter_bits){ .bit = -1 };
	return 0;
}
