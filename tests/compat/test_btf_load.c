/* SPDX-License-Identifier: BSD-2-Clause */
/* BTF_LOAD: skep's verdict, errno and whole log against this kernel's, on BTF that is good, bad or
 * mangled. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ask_kernel.h"
#include "btf/btf.h"
#include "support/btf_cases.h"
#include "unit/cmocka_all.h"

enum { ROUNDS = 20000 };

static struct btf_build build;
static char kernel_log[1 << 20];

static int kernel_btf_load(const void *raw, u32 size)
{
	union bpf_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.btf = (uintptr_t)raw;
	attr.btf_size = size;
	attr.btf_log_buf = (uintptr_t)kernel_log;
	attr.btf_log_size = sizeof(kernel_log);
	attr.btf_log_level = 1;
	kernel_log[0] = '\0';
	fd = kernel_bpf(BPF_BTF_LOAD, &attr);
	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 0 : fd;
}

/* The first line in which two logs differ. */
static void show_difference(const char *what, const char *ours, const char *theirs)
{
	while (*ours && *ours == *theirs)
		ours++, theirs++;
	print_error("%s:\n  skep:   %.200s\n  kernel: %.200s\n", what, ours, theirs);
}

/* Whether both say the same; *good counts what both accept. */
static bool same_answer(const char *what, const u8 *raw, u32 size, u32 *good)
{
	struct strbuf log;
	int err, kernel_err;
	bool same;

	skep__strbuf_init(&log);
	skep__btf_free(skep__btf_parse(raw, size, NULL, &log, &err));
	kernel_err = kernel_btf_load(raw, size);
	same = err == kernel_err && !strcmp(log.text, kernel_log);
	if (!same) {
		print_error("%s: skep says %d, the kernel %d\n", what, err, kernel_err);
		show_difference(what, log.text, kernel_log);
	}
	*good += !kernel_err;
	skep__strbuf_fini(&log);
	return same;
}

static void hand_made_btf_gets_the_kernels_answer(void **state)
{
	u32 good = 0, differ = 0;

	for (u32 i = 0; i < ARRAY_SIZE(btf_cases); i++) {
		u32 size = build_case(&build, &btf_cases[i]);

		differ += !same_answer(btf_cases[i].what, build.image, size, &good);
	}
	assert_int_equal(differ, 0);
	assert_true(same_answer("everything", build.image, build_everything(&build), &good));
}

static u32 word_at_random(u32 size)
{
	u32 first = sizeof(struct btf_header) / 4;

	return first + rand() % (size / 4 - first);
}

/* Bits, bytes, ids, kinds, other words of the same BTF, header bytes, the length. */
static u32 mangle(u8 *raw, u32 size)
{
	u32 *words = (u32 *)raw, w = word_at_random(size);

	switch (rand() % 8) {
	case 0:
		raw[rand() % size] ^= 1 << rand() % 8;
		break;
	case 1:
		raw[rand() % size] = rand();
		break;
	case 2:
		raw[w * 4 + 3] = rand() % 22;
		break;
	case 3:
		words[w] = words[word_at_random(size)];
		break;
	case 4:
		raw[rand() % sizeof(struct btf_header)] = rand() % 64;
		break;
	case 5:
		return rand() % 8 ? size : rand() % size;
	default:
		words[w] = rand() % 30;
		break;
	}
	return size;
}

static void mangled(const char *what, const u8 *seed, u32 size, u32 rounds)
{
	u8 *raw = malloc(size);
	u32 good = 0, differ = 0;

	for (u32 i = 0; i < rounds && differ < 5; i++) {
		u32 len = size;

		memcpy(raw, seed, size);
		for (int n = 1 + rand() % 3; n > 0 && len > 64; n--)
			len = mangle(raw, len);
		differ += !same_answer(what, raw, len, &good);
	}
	free(raw);
	print_message("%s: %u mangled, %u still good, %u answers differ\n", what, rounds, good,
		      differ);
	assert_int_equal(differ, 0);
	assert_true(good > 0 && good < rounds);
}

static void mangled_btf_gets_the_kernels_answer(void **state)
{
	u32 size = build_everything(&build);

	srand(20240612);
	mangled("every kind", build.image, size, ROUNDS);
}

static void the_kernels_own_btf_is_good(void **state)
{
	FILE *f = fopen("/sys/kernel/btf/vmlinux", "rb");
	u8 *raw = malloc(BTF_MAX_SIZE);
	struct btf *btf;
	u32 size;
	int err;

	if (!f)
		skip();
	size = fread(raw, 1, BTF_MAX_SIZE, f);
	fclose(f);
	btf = skep__btf_parse(raw, size, NULL, NULL, &err);
	assert_int_equal(err, 0);
	assert_true(skep__btf_find(btf, "task_struct", BTF_KIND_STRUCT) > 0);
	skep__btf_free(btf);
	free(raw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hand_made_btf_gets_the_kernels_answer),
		cmocka_unit_test(mangled_btf_gets_the_kernels_answer),
		cmocka_unit_test(the_kernels_own_btf_is_good),
	};
	return run_beside_kernel(tests, NULL, NULL);
}
