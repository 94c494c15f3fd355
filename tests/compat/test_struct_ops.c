/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Maps of structs whose functions are programs: which are made, and what may be put into them up to
 * the moment when the struct would be registered. One text, asked of skep and of the kernel, where
 * nothing is ever registered: every update is one that is refused.
 */
#include "../unit/cmocka_all.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../diff/doors.h"
#include "ask_kernel.h"
#include "btf/btf.h"

#define ROOM 4096
#define DATA 64 /* of a value: where the struct itself begins */
#define LINK (1u << 13)
#define VTYPE_FD (1u << 15)

static u32 dummy, tcp; /* types of values */

/* The program's own types: one integer. Everybody's stays open until the end. */
static int btf_fds[2];

static int load_btf(const struct door *d)
{
	static const struct {
		struct btf_header head;
		struct btf_type type;
		u32 encoding;
		char strings[8];
	} raw = {
		.head = { .magic = 0xeb9f,
			  .version = 1,
			  .hdr_len = sizeof(raw.head),
			  .type_len = sizeof(raw.type) + sizeof(raw.encoding),
			  .str_off = sizeof(raw.type) + sizeof(raw.encoding),
			  .str_len = sizeof(raw.strings) },
		.type = { .name_off = 1, .info = BTF_KIND_INT << 24, .size = 4 },
		.encoding = 32,
		.strings = "\0int",
	};
	union bpf_attr attr = { .btf = (uintptr_t)&raw };

	attr.btf_size = sizeof(raw);
	return door_bpf(d, BPF_BTF_LOAD, &attr, 28);
}

struct shape {
	u32 type, key_size, value_size, max_entries, flags, value_type, key_id, value_id;
	int module_fd, no_btf;
};

static const struct shape fine = { BPF_MAP_TYPE_STRUCT_OPS, 4, 128, 1 };

static long create(const struct door *d, struct shape s)
{
	union bpf_attr attr = { .map_type = s.type };

	attr.key_size = s.key_size;
	attr.value_size = s.value_size;
	attr.max_entries = s.max_entries;
	attr.map_flags = s.flags;
	attr.btf_vmlinux_value_type_id = s.value_type;
	attr.btf_key_type_id = s.key_id;
	attr.btf_value_type_id = s.value_id;
	attr.value_type_btf_obj_fd = s.module_fd;
	attr.btf_fd = s.no_btf ? s.no_btf : btf_fds[d - doors];
	return door_bpf(d, BPF_MAP_CREATE, &attr, sizeof(attr));
}

/* The outcome on both sides, which is the same: 0 for a map that is made (and closed again). */
static long made(struct shape s)
{
	long first = 0, ret;

	for (int i = 0; i < nr_doors; i++) {
		ret = create(&doors[i], s);
		if (ret >= 0) {
			close(ret);
			ret = 0;
		}
		if (i)
			assert_int_equal(ret, first);
		first = ret;
	}
	return first;
}

static void maps_are_made_of_known_structs_alone(void **state)
{
	struct shape s = fine;

	s.value_type = dummy;
	assert_int_equal(made(s), 0);
	s.no_btf = 9999;
	assert_int_equal(made(s), -EBADF);
	s.no_btf = STDERR_FILENO;
	assert_int_equal(made(s), -EINVAL);
	s.no_btf = 0;
	s.value_type = 0;
	assert_int_equal(made(s), -EINVAL);
	s.value_type = 1u << 30;
	assert_int_equal(made(s), -ENOTSUPP);
	s.value_type = kernel_btf_id("task_struct", BTF_KIND_STRUCT);
	assert_int_equal(made(s), -ENOTSUPP);
	s.value_type = kernel_btf_id("tcp_congestion_ops", BTF_KIND_STRUCT);
	assert_int_equal(made(s), -ENOTSUPP);
	s.value_type = kernel_btf_id("bpf_struct_ops_value", BTF_KIND_STRUCT);
	assert_int_equal(made(s), -ENOTSUPP);
}

static void their_shape_is_the_structs(void **state)
{
	struct shape s = fine, bad;

	s.value_type = dummy;
	for (bad = s, bad.key_size = 0; bad.key_size < 10; bad.key_size++)
		assert_int_equal(made(bad), bad.key_size == 4 ? 0 : -EINVAL);
	for (bad = s, bad.value_size = 0; bad.value_size < 300; bad.value_size += 32)
		assert_int_equal(made(bad), bad.value_size == 128 ? 0 : -EINVAL);
	for (bad = s, bad.max_entries = 0; bad.max_entries < 3; bad.max_entries++)
		assert_int_equal(made(bad), bad.max_entries == 1 ? 0 : -EINVAL);
	for (u32 bit = 0; bit < 32; bit++) {
		bad = s;
		bad.flags = 1u << bit;
		if (bit != 16 && bit != 2) /* want an fd or a node */
			made(bad);
	}
	bad = s;
	bad.value_id = 1;
	assert_int_equal(made(bad), -EINVAL);
	bad.key_id = 1;
	assert_int_equal(made(bad), -EINVAL);
}

static void types_of_modules_are_asked_for_by_fd(void **state)
{
	struct shape s = fine;

	s.value_type = dummy;
	s.flags = VTYPE_FD;
	s.module_fd = 9999;
	assert_int_equal(made(s), -EBADF);
	s.module_fd = STDIN_FILENO;
	assert_int_equal(made(s), -EINVAL);
}

static void other_maps_have_no_such_type(void **state)
{
	struct shape s = { BPF_MAP_TYPE_ARRAY, 4, 128, 1, .value_type = dummy };

	assert_int_equal(made(s), -EINVAL);
	s.value_type = 0;
	s.flags = VTYPE_FD;
	assert_int_equal(made(s), -EINVAL);
}

static long elem(const struct door *d, int cmd, int map, u32 key, void *value, u64 flags)
{
	union bpf_attr attr = { .map_fd = map };

	attr.key = (uintptr_t)&key;
	attr.value = (uintptr_t)value;
	attr.flags = flags;
	return door_bpf(d, cmd, &attr, 32);
}

static void a_map_that_nobody_filled_holds_zeros(void **state)
{
	static const u8 zeros[ROOM];
	struct shape s = fine;

	s.value_type = dummy;
	for (int i = 0; i < nr_doors; i++) {
		u8 value[ROOM];
		int map = create(&doors[i], s);

		assert_true(map >= 0);
		memset(value, 7, sizeof(value));
		assert_int_equal(elem(&doors[i], BPF_MAP_LOOKUP_ELEM, map, 0, value, 0), 0);
		assert_memory_equal(value, zeros, s.value_size);
		assert_int_equal(elem(&doors[i], BPF_MAP_LOOKUP_ELEM, map, 1, value, 0), -ENOENT);
		assert_int_equal(elem(&doors[i], BPF_MAP_DELETE_ELEM, map, 0, NULL, 0), -ENOENT);
		assert_int_equal(elem(&doors[i], BPF_MAP_GET_NEXT_KEY, map, 0, value, 0), -ENOENT);
		assert_int_equal(elem(&doors[i], BPF_MAP_GET_NEXT_KEY, map, 5, value, 0), 0);
		assert_int_equal(elem(&doors[i], BPF_MAP_LOOKUP_AND_DELETE_ELEM, map, 0, value, 0),
				 -ENOTSUPP);
		assert_int_equal(elem(&doors[i], BPF_MAP_FREEZE, map, 0, NULL, 0), -EINVAL);
		union bpf_attr attr = { .map_fd = map };
		assert_int_equal(door_bpf(&doors[i], BPF_MAP_FREEZE, &attr, 4), -ENOTSUPP);
		close(map);
	}
}

/* One byte or word of an otherwise empty value. */
struct part {
	u32 at, size;
	u64 is;
};

static void update(u32 type, u32 size, u32 key, u64 flags, struct part part, long expected)
{
	struct shape s = fine;

	s.value_type = type;
	s.value_size = size;
	for (int i = 0; i < nr_doors; i++) {
		u8 value[ROOM] = { 0 };
		int map = create(&doors[i], s);

		assert_true(map >= 0);
		memcpy(value + part.at, &part.is, part.size);
		assert_int_equal(elem(&doors[i], BPF_MAP_UPDATE_ELEM, map, key, value, flags),
				 expected);
		close(map);
	}
}

static void the_kernels_struct_for_tests_is_never_registered(void **state)
{
	update(dummy, 128, 0, 0, (struct part){ 0 }, -EOPNOTSUPP);
	update(dummy, 128, 0, 0, (struct part){ DATA, 8, 1 }, -EOPNOTSUPP);
}

static void values_are_looked_at_first(void **state)
{
	update(dummy, 128, 0, BPF_NOEXIST, (struct part){ 0 }, -EINVAL);
	update(dummy, 128, 0, BPF_EXIST, (struct part){ 0 }, -EINVAL);
	update(dummy, 128, 1, 0, (struct part){ 0 }, -E2BIG);
	update(dummy, 128, 0, 0, (struct part){ 0, 4, 1 }, -EINVAL); /* the count of users */
	update(dummy, 128, 0, 0, (struct part){ 4, 4, 1 }, -EINVAL); /* the state */
	update(dummy, 128, 0, 0, (struct part){ 8, 1, 1 }, -EINVAL); /* holes */
	update(dummy, 128, 0, 0, (struct part){ DATA - 1, 1, 1 }, -EINVAL);
	update(dummy, 128, 0, 0, (struct part){ 127, 1, 1 }, -EINVAL);
}

static void congestion_controls_have_names_and_programs(void **state)
{
	const u32 size = 256;

	update(tcp, size, 0, 0, (struct part){ 0 }, -EINVAL); /* no name */
	update(tcp, size, 0, 0, (struct part){ DATA, 4, 9999 }, -EBADF); /* ssthresh */
	update(tcp, size, 0, 0, (struct part){ DATA + 88, 8, '/' }, -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_are_made_of_known_structs_alone),
		cmocka_unit_test(their_shape_is_the_structs),
		cmocka_unit_test(types_of_modules_are_asked_for_by_fd),
		cmocka_unit_test(other_maps_have_no_such_type),
		cmocka_unit_test(a_map_that_nobody_filled_holds_zeros),
		cmocka_unit_test(the_kernels_struct_for_tests_is_never_registered),
		cmocka_unit_test(values_are_looked_at_first),
		cmocka_unit_test(congestion_controls_have_names_and_programs),
	};

	dummy = kernel_btf_id("bpf_struct_ops_bpf_dummy_ops", BTF_KIND_STRUCT);
	tcp = kernel_btf_id("bpf_struct_ops_tcp_congestion_ops", BTF_KIND_STRUCT);
	if (!dummy || !tcp) {
		puts("skipped: this machine's kernel does not tell of the structs (BTF)");
		return 77;
	}
	if (!doors_open())
		return 1;
	for (int i = 0; i < nr_doors; i++) {
		btf_fds[i] = load_btf(&doors[i]);
		if (btf_fds[i] < 0)
			return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
