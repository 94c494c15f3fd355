/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Special fields: random structs of locks, lists, trees, counters and pointers, some well formed,
 * get from skep's BTF check the verdict and errno that this kernel's BTF_LOAD gives.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ask_kernel.h"
#include "btf/fields.h"
#include "support/btf_build.h"
#include "unit/cmocka_all.h"

enum { ROUNDS = 20000, MAX_STRUCTS = 6 };

static struct btf_build build;

static const struct {
	const char *name;
	u32 size;
} special[] = {
	{ "bpf_spin_lock", 4 },  { "bpf_res_spin_lock", 4 }, { "bpf_list_head", 16 },
	{ "bpf_list_node", 24 }, { "bpf_rb_root", 16 },      { "bpf_rb_node", 32 },
	{ "bpf_refcount", 4 },   { "bpf_timer", 16 },
};

static bool one_in(int n)
{
	return rand() % n == 0;
}

/* ids: 1 int, 2.. the special structs, then a pointer to a tagged struct, then an array of those.
 */
static u32 build_basics(void)
{
	static const char *const tags[] = { "kptr", "kptr_untrusted", "percpu_kptr", "uptr",
					    "other" };
	u32 id;

	build_init(&build);
	build_int(&build, "int", 4, INT_DATA(BTF_INT_SIGNED, 0, 32));
	for (u32 i = 0; i < ARRAY_SIZE(special); i++) {
		u32 words = special[i].size / 4;

		build_type(&build, special[i].name, BTF_INFO(BTF_KIND_STRUCT, 0, 1),
			   one_in(200) ? special[i].size + 4 : special[i].size);
		build_member(&build, "opaque", 2 + ARRAY_SIZE(special) + (words > 1), 0);
	}
	build_array(&build, 1, 1, 1);
	build_array(&build, 1, 1, 2);
	id = build_type(&build, "plain", BTF_INFO(BTF_KIND_STRUCT, 0, 1), 4);
	build_member(&build, "x", 1, 0);
	id = build_type(&build, tags[one_in(6) ? rand() % 5 : 0], BTF_INFO(BTF_KIND_TYPE_TAG, 0, 0),
			one_in(20)  ? 1
			: one_in(3) ? id
				    : id + 4 + rand() % 3);
	id = build_type(&build, "", BTF_INFO(BTF_KIND_PTR, 0, 0), id);
	return build_array(&build, id, 1, 1 + rand() % 3);
}

struct layout {
	u32 members, types[10], sizes[10], offsets[10], size;
};

/* Members one behind the other, aligned, now and then misplaced. */
static void plan_struct(struct layout *l, u32 array)
{
	*l = (struct layout){ .members = 1 + rand() % (one_in(3) ? 9 : 4) };
	for (u32 i = 0; i < l->members; i++) {
		u32 pick = rand() % (ARRAY_SIZE(special) + 3), align;

		if (i == 0 && !one_in(3))
			pick = 0; /* most of them have a lock */
		l->types[i] = pick < ARRAY_SIZE(special)        ? 2 + pick
			      : pick == ARRAY_SIZE(special)     ? 1
			      : pick == ARRAY_SIZE(special) + 1 ? array - 1
								: array;
		l->sizes[i] = pick < ARRAY_SIZE(special)    ? special[pick].size + 4
			      : pick == ARRAY_SIZE(special) ? 4
							    : 24;
		align = l->sizes[i] > 8 ? 8 : 4;
		if (one_in(60))
			align = 4;
		l->size = round_up(l->size, align);
		l->offsets[i] = l->size;
		l->size += l->sizes[i];
	}
	l->size = round_up(l->size, 8);
}

static void tag_root(u32 owner, u32 member, u32 structs)
{
	char text[64];

	snprintf(text, sizeof(text), "contains:s%u:m%u", rand() % structs, rand() % 4);
	if (one_in(40))
		text[rand() % strlen(text)] = '\0';
	if (!*text)
		return;
	build_type(&build, text, BTF_INFO(BTF_KIND_DECL_TAG, 0, 0), owner);
	build_word(&build, member);
}

static u32 build_structs(void)
{
	u32 array = build_basics(), structs = 1 + rand() % MAX_STRUCTS;
	struct layout layouts[MAX_STRUCTS];

	for (u32 i = 0; i < structs; i++) {
		struct layout *l = &layouts[i];
		char name[16];

		plan_struct(l, array);
		snprintf(name, sizeof(name), "s%u", i);
		build_type(&build, name, BTF_INFO(BTF_KIND_STRUCT, 0, l->members), l->size);
		for (u32 k = 0; k < l->members; k++) {
			snprintf(name, sizeof(name), "m%u", k);
			build_member(&build, name, l->types[k], l->offsets[k] * 8);
		}
	}
	for (u32 i = 0; i < structs; i++)
		for (u32 k = 0; k < layouts[i].members; k++)
			if ((layouts[i].types[k] == 4 || layouts[i].types[k] == 6) && !one_in(30))
				tag_root(array + 1 + i, k, structs);
	return build_finish(&build);
}

static int kernel_verdict(u32 size)
{
	union bpf_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.btf = (uintptr_t)build.image;
	attr.btf_size = size;
	fd = kernel_bpf(BPF_BTF_LOAD, &attr);
	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 0 : fd;
}

static void random_structs_get_the_kernels_verdict(void **state)
{
	u32 by_errno[600] = { 0 }, differ = 0;

	srand(6184);
	for (u32 i = 0; i < ROUNDS; i++) {
		u32 size = build_structs();
		int ours, theirs = kernel_verdict(size);

		skep__btf_free(skep__btf_parse(build.image, size, NULL, NULL, &ours));
		by_errno[-theirs]++;
		if (ours == theirs)
			continue;
		if (differ++ < 5) {
			FILE *f;
			char path[64];

			print_error("BTF number %u: skep says %d, the kernel %d\n", i, ours,
				    theirs);
			snprintf(path, sizeof(path), "btf-fields-%u", i);
			if (getenv("KEEP") && (f = fopen(path, "wb"))) {
				fwrite(build.image, 1, size, f);
				fclose(f);
			}
		}
	}
	for (u32 e = 0; e < ARRAY_SIZE(by_errno); e++)
		if (by_errno[e])
			print_message("%6u %s\n", by_errno[e], e ? strerror(e) : "good");
	assert_int_equal(differ, 0);
	assert_true(by_errno[0] > ROUNDS / 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_structs_get_the_kernels_verdict),
	};
	return run_beside_kernel(tests, NULL, NULL);
}
