/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SHA-256 of an array's values, which bpf(2) tells since Linux 6.18 and programs then find in
 * the map: asked of skep and of the kernel, which are to say the same. Loaders that check what they
 * load (bpftool's light skeletons with signatures) compare it.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../diff/doors.h"
#include "../unit/cmocka_all.h"

#define DIGEST 32

static long create(const struct door *d, u32 type, u32 value_size, u32 max_entries)
{
	union bpf_attr attr = { .map_type = type,
				.key_size = 4,
				.value_size = value_size,
				.max_entries = max_entries };

	return door_bpf(d, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static long freeze(const struct door *d, int fd)
{
	union bpf_attr attr = { .map_fd = fd };

	return door_bpf(d, BPF_MAP_FREEZE, &attr, sizeof(attr));
}

/* What is asked for is in *info; what comes back, too. */
static long ask(const struct door *d, int fd, struct bpf_map_info *info, u32 len)
{
	union bpf_attr attr = { 0 };

	attr.info.bpf_fd = fd;
	attr.info.info_len = len;
	attr.info.info = (u64)info;
	return door_bpf(d, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
}

static long digest(const struct door *d, int fd, u8 out[DIGEST])
{
	struct bpf_map_info info = { .hash = (u64)out, .hash_size = DIGEST };

	return ask(d, fd, &info, sizeof(info));
}

/* Every value other bytes. */
static void fill(const struct door *d, int fd, u32 value_size, u32 max_entries)
{
	static u8 value[4096];

	for (u32 key = 0; key < max_entries; key++) {
		for (u32 i = 0; i < value_size; i++)
			value[i] = (u8)(key * 31 + i);
		assert_int_equal(door_map_update(d, fd, &key, value), 0);
	}
}

/* The kernel is the last door; without one, or without digests there, nothing can be compared. */
static bool kernel_has_digests(void)
{
	const struct door *d = &doors[nr_doors - 1];
	u8 out[DIGEST];
	long fd = d->world ? -1 : create(d, BPF_MAP_TYPE_ARRAY, 8, 1), err;

	if (fd < 0 || freeze(d, fd))
		return false;
	err = digest(d, fd, out);
	close(fd);
	return !err;
}

static void arrays_of_all_shapes_have_the_same_digest(void **state)
{
	static const u32 shapes[][2] = { { 1, 1 }, { 8, 1 },  { 4, 4 },    { 7, 9 },
					 { 8, 7 }, { 64, 3 }, { 4096, 5 }, { 12, 1000 } };

	for (u32 s = 0; s < ARRAY_SIZE(shapes); s++) {
		u8 first[DIGEST], out[DIGEST], empty[DIGEST];

		for (int i = 0; i < nr_doors; i++) {
			const struct door *d = &doors[i];
			long full = create(d, BPF_MAP_TYPE_ARRAY, shapes[s][0], shapes[s][1]);
			long zero = create(d, BPF_MAP_TYPE_ARRAY, shapes[s][0], shapes[s][1]);

			fill(d, full, shapes[s][0], shapes[s][1]);
			assert_int_equal(freeze(d, full), 0);
			assert_int_equal(freeze(d, zero), 0);
			assert_int_equal(digest(d, full, out), 0);
			assert_int_equal(digest(d, zero, empty), 0);
			assert_int_equal(!memcmp(out, empty, DIGEST), shapes[s][0] == 1);
			if (i)
				assert_memory_equal(out, first, DIGEST);
			memcpy(first, out, DIGEST);
			close(full);
			close(zero);
		}
	}
}

static void only_frozen_arrays_have_one(void **state)
{
	static const u32 types[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH,
				     BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_PROG_ARRAY,
				     BPF_MAP_TYPE_LRU_HASH };
	static const u64 places[] = { 0, 1, UINT64_MAX };
	static const u32 sizes[] = { 0, 1, 31, 32, 33, UINT32_MAX };

	for (u32 c = 0; c < ARRAY_SIZE(types) * 2 * 4 * ARRAY_SIZE(sizes); c++) {
		u32 type = types[c % ARRAY_SIZE(types)], rest = c / ARRAY_SIZE(types);
		u32 place = rest / 2 % 4, size = sizes[rest / 8];
		long first = 0;

		for (int i = 0; i < nr_doors; i++) {
			u8 out[DIGEST];
			struct bpf_map_info info = { .hash_size = size };
			long fd = create(&doors[i], type, 4, 4), err;

			info.hash = place < 3 ? places[place] : (u64)out;
			if (rest % 2)
				freeze(&doors[i], fd);
			err = ask(&doors[i], fd, &info, sizeof(info));
			if (i && err != first)
				fail_msg("type %u, frozen %u, place %u, size %u: %s says %ld, not "
					 "%ld",
					 type, rest % 2, place, size, doors[i].name, err, first);
			first = err;
			close(fd);
		}
	}
}

/* What the caller wrote into fields that are not answered is still there. */
static void questions_come_back_with_the_answers(void **state)
{
	for (u32 len = 0; len <= sizeof(struct bpf_map_info); len++) {
		struct bpf_map_info first;
		long first_err = 0;
		u8 out[DIGEST];

		for (int i = 0; i < nr_doors; i++) {
			struct bpf_map_info info;
			long fd = create(&doors[i], BPF_MAP_TYPE_ARRAY, 4, 4), err;

			memset(&info, 0x5a, sizeof(info));
			info.hash = (u64)out;
			info.hash_size = DIGEST;
			memset((u8 *)&info + offsetof(struct bpf_map_info, hash_size) + 4, 0, 4);
			freeze(&doors[i], fd);
			err = ask(&doors[i], fd, &info, len);
			info.id = 0;
			if (i)
				assert_int_equal(err, first_err);
			if (i)
				assert_memory_equal(&info, &first, sizeof(info));
			first = info;
			first_err = err;
			close(fd);
		}
	}
}

/* The first words of the kernel's struct bpf_map. */
static u32 read_map(const struct door *d, int map_fd)
{
	static const u8 packet[64];
	const struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW,
		  .dst_reg = 1,
		  .src_reg = BPF_PSEUDO_MAP_FD,
		  .imm = map_fd },
		{ 0 },
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .src_reg = 1, .off = 4 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct door_run run = { .data_in = packet, .data_size_in = sizeof(packet) };
	static char log[4096];
	long fd = door_prog_load(d, BPF_PROG_TYPE_SCHED_CLS, insns, ARRAY_SIZE(insns), log,
				 sizeof(log));

	if (fd < 0)
		fail_msg("%s: %ld: %s", d->name, fd, log);
	assert_int_equal(door_prog_run(d, fd, &run), 0);
	close(fd);
	return run.retval;
}

static void programs_find_it_in_the_map_once_it_was_asked_for(void **state)
{
	for (int i = 0; i < nr_doors; i++) {
		const struct door *d = &doors[i];
		u8 out[DIGEST];
		u32 word;
		long map;

		if (!strcmp(d->name, "checked"))
			continue; /* programs of this door are not verified, and do not read maps */
		map = create(d, BPF_MAP_TYPE_ARRAY, 4, 4);
		fill(d, map, 4, 4);
		assert_int_equal(freeze(d, map), 0);
		assert_int_equal(read_map(d, map), 0);
		assert_int_equal(digest(d, map, out), 0);
		memcpy(&word, out + 4, sizeof(word));
		assert_int_equal(read_map(d, map), word);
		close(map);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrays_of_all_shapes_have_the_same_digest),
		cmocka_unit_test(only_frozen_arrays_have_one),
		cmocka_unit_test(questions_come_back_with_the_answers),
		cmocka_unit_test(programs_find_it_in_the_map_once_it_was_asked_for),
	};

	if (!doors_open_modes())
		return 1;
	if (!kernel_has_digests())
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
