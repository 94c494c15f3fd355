/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The context tables against this kernel's verifier: every offset and size of every context, read
 * and written, under every attach type that matters; the values that programs may return; and the
 * attach types that PROG_LOAD takes.
 */
#include <unistd.h>

#include "ask_kernel.h"
#include "ctx/ctx.h"
#include "unit/cmocka_all.h"

static char log_text[8192];

struct tally {
	u32 asked, accepted, differ;
};

static struct kernel_load shape_of(u32 prog_type, u32 attach_type)
{
	struct kernel_load shape = {
		.prog_type = prog_type,
		.expected_attach_type = attach_type,
		.log = log_text,
		.log_size = sizeof(log_text),
	};

	if (prog_type == BPF_PROG_TYPE_SYSCALL)
		shape.prog_flags = BPF_F_SLEEPABLE;
	return shape;
}

static int try(struct kernel_load *shape, const struct bpf_insn *insns, u32 len)
{
	int fd;

	shape->insns = insns;
	shape->len = len;
	fd = kernel_prog_load(shape);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

/* "r0 = value; exit" */
static int try_return(u32 prog_type, u32 attach_type, s32 value)
{
	struct kernel_load shape = shape_of(prog_type, attach_type);
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = value },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return try(&shape, insns, ARRAY_SIZE(insns));
}

static s32 good_return(u32 prog_type, u32 attach_type)
{
	struct ret_range range;

	return skep__prog_ret_range(prog_type, attach_type, &range) ? range.min : 0;
}

static u8 size_code(u32 size)
{
	return size == 1 ? BPF_B : size == 2 ? BPF_H : size == 4 ? BPF_W : BPF_DW;
}

static int try_access(u32 prog_type, u32 attach_type, s16 off, u32 size, bool write)
{
	struct kernel_load shape = shape_of(prog_type, attach_type);
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
		{
			.code = (write ? BPF_STX : BPF_LDX) | BPF_MEM | size_code(size),
			.dst_reg = write ? 1 : 0,
			.src_reg = write ? 0 : 1,
			.off = off,
		},
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = good_return(prog_type, attach_type) },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return try(&shape, insns, ARRAY_SIZE(insns));
}

/*
 * The kernel compares a tracepoint's offset as unsigned with 8, so that it lets programs read
 * before the record; skep does not.
 */
static bool known_difference(u32 prog_type, s32 off)
{
	return prog_type == BPF_PROG_TYPE_TRACEPOINT && off < 0;
}

static void compare_access(u32 prog_type, u32 attach_type, s32 off, struct tally *tally)
{
	for (u32 i = 0; i < 8; i++) {
		u32 size = 1u << (i >> 1);
		bool write = i & 1;
		int err = try_access(prog_type, attach_type, off, size, write);
		bool ours = skep__ctx_access(prog_type, attach_type, off, size, write);

		assert_true(err == 0 || err == -EACCES);
		tally->asked++;
		tally->accepted += err == 0;
		if (ours == (err == 0) || known_difference(prog_type, off))
			continue;
		tally->differ++;
		print_error("%s, attach type %u: the kernel %s a %s of %u bytes at %d\n%s",
			    skep__prog_type(prog_type)->name, attach_type,
			    err ? "refuses" : "allows", write ? "store" : "load", size, off,
			    log_text);
	}
}

static void compare_context(u32 prog_type, u32 attach_type, struct tally *tally)
{
	s32 end = skep__prog_type(prog_type)->ctx_size;

	for (s32 off = -9; off < end + 9; off++) {
		/* Of long plain memory the edges are enough; instructions reach 32767. */
		if (end > 1024 && off == 40)
			off = min(end, 32768) - 20;
		if (off > INT16_MAX)
			break;
		compare_access(prog_type, attach_type, off, tally);
	}
}

/* For these the fields depend on the attach type; of the others one is as good as all. */
static bool attach_type_matters(u32 prog_type)
{
	return prog_type == BPF_PROG_TYPE_CGROUP_SOCK ||
	       prog_type == BPF_PROG_TYPE_CGROUP_SOCK_ADDR ||
	       prog_type == BPF_PROG_TYPE_CGROUP_SOCKOPT || prog_type == BPF_PROG_TYPE_XDP;
}

static void programs_may_touch_exactly_what_the_kernel_lets_them(void **state)
{
	struct tally tally = { 0 };
	u32 types = 0;

	for (u32 type = 1; type < __MAX_BPF_PROG_TYPE; type++) {
		bool any = false;

		if (skep__prog_type(type)->ctx_size == 0)
			continue;
		for (u32 attach = 0; attach < __MAX_BPF_ATTACH_TYPE; attach++) {
			u32 real = skep__prog_attach_default(type, attach);

			if (any && !attach_type_matters(type))
				break;
			if (try_return(type, attach, good_return(type, real)))
				continue;
			any = true;
			compare_context(type, real, &tally);
		}
		if (!any)
			print_message("not asked: this kernel loads no %s programs here\n",
				      skep__prog_type(type)->name);
		types += any;
	}
	print_message("%u accesses in %u program types, %u allowed, %u answers differ\n",
		      tally.asked, types, tally.accepted, tally.differ);
	assert_int_equal(tally.differ, 0);
	assert_true(types > 20 && tally.accepted > 1000);
}

static void programs_may_return_exactly_what_the_kernel_lets_them(void **state)
{
	static const s32 values[] = { INT32_MIN, -1, 0, 1, 2, 3, 4, INT32_MAX };
	u32 differ = 0;

	for (u32 type = 1; type < __MAX_BPF_PROG_TYPE; type++) {
		if (skep__prog_type(type)->ctx_size == 0)
			continue;
		for (u32 attach = 0; attach < __MAX_BPF_ATTACH_TYPE; attach++) {
			u32 real = skep__prog_attach_default(type, attach);
			struct ret_range range = { INT32_MIN, INT32_MAX };

			skep__prog_ret_range(type, real, &range);
			if (try_return(type, attach, max(range.min, 0)))
				continue;
			for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
				bool ours = values[i] >= range.min && values[i] <= range.max;
				bool theirs = !try_return(type, attach, values[i]);

				if (ours == theirs)
					continue;
				differ++;
				print_error("%s, attach type %u: the kernel %s a return of %d\n",
					    skep__prog_type(type)->name, attach,
					    theirs ? "allows" : "refuses", values[i]);
			}
		}
	}
	assert_int_equal(differ, 0);
}

static void programs_load_with_exactly_the_attach_types_of_the_kernel(void **state)
{
	u32 differ = 0;

	for (u32 type = 1; type < __MAX_BPF_PROG_TYPE; type++) {
		if (skep__prog_type(type)->ctx_size == 0)
			continue;
		/* A kernel built without the type answers -EINVAL to everything. */
		bool any = false;

		for (u32 pass = 0; pass < 2; pass++) {
			for (u32 attach = 0; attach <= 2 * __MAX_BPF_ATTACH_TYPE; attach++) {
				u32 real = skep__prog_attach_default(type, attach);
				bool theirs = !try_return(type, attach, good_return(type, real));

				any |= theirs;
				if (pass == 0 || !any || theirs == skep__prog_attach_ok(type, real))
					continue;
				differ++;
				print_error("%s: the kernel %s attach type %u\n",
					    skep__prog_type(type)->name,
					    theirs ? "takes" : "refuses", attach);
			}
		}
	}
	assert_int_equal(differ, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_may_touch_exactly_what_the_kernel_lets_them),
		cmocka_unit_test(programs_may_return_exactly_what_the_kernel_lets_them),
		cmocka_unit_test(programs_load_with_exactly_the_attach_types_of_the_kernel),
	};
	return run_beside_kernel(tests, NULL, NULL);
}
