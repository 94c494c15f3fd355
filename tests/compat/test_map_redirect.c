/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * devmap, devmap_hash, cpumap, xskmap: what bpf(2) answers and what bpf_redirect_map returns, on
 * skep and on the kernel. The one interface that both sides have is the loopback one.
 */
#include <unistd.h>

#include "ask_both.h"
#include "map_semantics.h"

#define LOOPBACK 1
#define NOWHERE 0x7ffffff0

static const u32 types[] = { BPF_MAP_TYPE_DEVMAP, BPF_MAP_TYPE_DEVMAP_HASH, BPF_MAP_TYPE_CPUMAP,
			     BPF_MAP_TYPE_XSKMAP };

static void creation_accepts_and_refuses_the_same_shapes(struct play *p)
{
	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		for (u32 size = 0; size < 17; size++) {
			play_create(p, &(struct map_shape){ types[t], size, 4, 1 });
			play_create(p, &(struct map_shape){ types[t], 4, size, 1 });
		}
		for (u32 bit = 0; bit < 32; bit++)
			if (bit != 15 && bit != 16 && bit != 2) /* want an fd or a node */
				play_create(p, &(struct map_shape){ types[t], 4, 4, 1, 1u << bit });
		play_create(p, &(struct map_shape){ types[t], 4, 4, 0 });
		play_create(p, &(struct map_shape){ types[t], 4, 4, 1, .extra = 1 });
		play_create(p,
			    &(struct map_shape){ types[t], 4, 4, 1, BPF_F_RDONLY | BPF_F_WRONLY });
	}
	play_create(p, &(struct map_shape){ BPF_MAP_TYPE_DEVMAP_HASH, 4, 4, (1u << 31) + 1 });
	play_create(p, &(struct map_shape){ BPF_MAP_TYPE_CPUMAP, 4, 4, 1u << 20 });
}

static void look(struct play *p, int map, u32 key)
{
	u64 value = 0;

	play_lookup(p, map, &key, &value, 0);
}

/* Every element of an 8-byte map, written with each flag: an interface or a queue, and a program's
 * fd. */
static void put(struct play *p, int map, u32 key, u32 target, s32 prog)
{
	const struct bpf_devmap_val val = { .ifindex = target, .bpf_prog.fd = prog };

	for (u64 flags = 0; flags < 4; flags++) {
		play_update(p, map, &key, &val, flags);
		look(p, map, key);
		play_dump(p, map);
	}
	play_remove(p, map, &key);
	play_remove(p, map, &key);
	for (u64 flags = 4; flags-- > 0;)
		play_update(p, map, &key, &val, flags);
	look(p, map, key);
}

static void elements_are_written_by_the_same_rules(struct play *p)
{
	static const u32 targets[] = { LOOPBACK, 0, NOWHERE, 16384, 16385 };
	static const u32 keys[] = { 0, 1, 2, UINT32_MAX };

	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		for (u32 size = 4; size <= 8; size += 4) {
			int map = play_create(p, &(struct map_shape){ types[t], 4, size, 2 });

			if (map < 0)
				continue;
			for (u32 i = 0; i < ARRAY_SIZE(targets) * ARRAY_SIZE(keys); i++) {
				/* What is no fd to one side may be one to the other. */
				if (types[t] == BPF_MAP_TYPE_XSKMAP && targets[i % 5] < 3)
					continue;
				put(p, map, keys[i / 5], targets[i % 5], 0);
				put(p, map, keys[i / 5], targets[i % 5], -1);
				put(p, map, keys[i / 5], targets[i % 5], 9999);
			}
		}
	}
}

static void walking_finds_the_same_keys(struct play *p)
{
	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		int map = play_create(p, &(struct map_shape){ types[t], 4, 4, 3 });
		static const u32 keys[] = { 0, 1, 2, 3, UINT32_MAX };

		for (u32 i = 0; i < ARRAY_SIZE(keys); i++) {
			u32 next;

			if (!play_next(p, map, &keys[i], &next))
				play_note(p, "next is %u", next);
		}
		play_update(p, map, &(u32){ 1 }, &(u32){ LOOPBACK }, BPF_ANY);
		play_dump(p, map);
		play_take(p, map, &(u32){ 1 }, NULL, 0);
	}
}

static void a_hash_takes_any_key_until_it_is_full(struct play *p)
{
	int map = play_create(p, &(struct map_shape){ BPF_MAP_TYPE_DEVMAP_HASH, 4, 4, 3 });

	for (u32 i = 0; i < 5; i++)
		play_update(p, map, &(u32){ i * 0x1234567 }, &(u32){ LOOPBACK }, BPF_EXIST);
	play_dump(p, map);
	play_remove(p, map, &(u32){ 0 });
	play_update(p, map, &(u32){ 77 }, &(u32){ LOOPBACK }, BPF_NOEXIST);
	play_dump(p, map);
}

static int load(struct play *p, u32 type, u32 attach_type, u32 flags, const struct bpf_insn *insns,
		u32 len)
{
	union bpf_attr attr = {
		.prog_type = type,
		.expected_attach_type = attach_type,
		.prog_flags = flags,
		.insns = (uintptr_t)insns,
		.insn_cnt = len,
		.license = (uintptr_t) "GPL",
	};
	long fd = p->side->bpf(BPF_PROG_LOAD, &attr);

	play_note(p, "load type %u for %u: %ld", type, attach_type, min(fd, 0L));
	return (int)fd;
}

static int load_pass(struct play *p, u32 type, u32 attach_type, u32 flags)
{
	static const struct bpf_insn pass[] = { I_MOV(0, XDP_PASS), I_EXIT };

	return load(p, type, attach_type, flags, pass, ARRAY_SIZE(pass));
}

/* The result only: ids differ. */
static void put_program(struct play *p, int map, int prog)
{
	const struct bpf_devmap_val val = { .ifindex = LOOPBACK, .bpf_prog.fd = prog };
	struct bpf_devmap_val got = { 0 };
	union bpf_attr attr = { 0 };
	u32 key = 0;

	play_update(p, map, &key, &val, BPF_ANY);
	attr.map_fd = play_fd(p, map);
	attr.key = (uintptr_t)&key;
	attr.value = (uintptr_t)&got;
	play_note(p, "lookup: %ld, to %u, %s program", p->side->bpf(BPF_MAP_LOOKUP_ELEM, &attr),
		  got.ifindex, got.bpf_prog.id ? "a" : "no");
	play_remove(p, map, &key);
}

static void only_programs_made_for_the_map_go_in(struct play *p)
{
	for (u32 t = 0; t < 3; t++) {
		const int progs[] = {
			load_pass(p, BPF_PROG_TYPE_XDP, 0, 0),
			load_pass(p, BPF_PROG_TYPE_XDP, BPF_XDP_CPUMAP, 0),
			load_pass(p, BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP, 0),
			load_pass(p, BPF_PROG_TYPE_XDP, BPF_XDP_CPUMAP, BPF_F_XDP_HAS_FRAGS),
			load_pass(p, BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP, BPF_F_XDP_HAS_FRAGS),
			load_pass(p, BPF_PROG_TYPE_SCHED_CLS, 0, 0),
		};
		int map = play_create(p, &(struct map_shape){ types[t], 4, 8, 2 });

		for (u32 i = 0; i < ARRAY_SIZE(progs); i++)
			put_program(p, map, progs[i]);
		put_program(p, map, play_fd(p, map));
		for (u32 i = 0; i < ARRAY_SIZE(progs); i++)
			p->side->close(progs[i]);
	}
}

static long run(struct play *p, int prog)
{
	static u8 frame[64];
	union bpf_attr attr = { 0 };
	long err;

	attr.test.prog_fd = prog;
	attr.test.data_in = (uintptr_t)frame;
	attr.test.data_size_in = sizeof(frame);
	err = p->side->bpf(BPF_PROG_TEST_RUN, &attr);
	return err ? err : attr.test.retval;
}

/* return bpf_redirect_map(&map, key, flags); */
static void redirect(struct play *p, int map, u32 key, u64 flags)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_DW | BPF_IMM,
		  .dst_reg = 1,
		  .src_reg = BPF_PSEUDO_MAP_FD,
		  .imm = play_fd(p, map) },
		{ 0 },
		I_MOV(2, key),
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 3, .imm = (u32)flags },
		{ .imm = flags >> 32 },
		I_CALL(redirect_map),
		I_EXIT,
	};
	int prog = load(p, BPF_PROG_TYPE_XDP, 0, 0, insns, ARRAY_SIZE(insns));

	if (prog < 0)
		return;
	play_note(p, "map %d, key %u, flags %#llx: %ld", map, key, (unsigned long long)flags,
		  run(p, prog));
	p->side->close(prog);
}

static void redirection_returns_the_same_verdicts(struct play *p)
{
	static const u64 flags[] = { 0, 1, 2, 3, 4, 7, 8, 11, 16, 24, 27, 32, 1ull << 32 };

	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		int map = play_create(p, &(struct map_shape){ types[t], 4, 4, 2 });

		play_update(p, map, &(u32){ 0 },
			    &(u32){ types[t] == BPF_MAP_TYPE_XSKMAP ? 9999 : LOOPBACK }, BPF_ANY);
		for (u32 i = 0; i < ARRAY_SIZE(flags) * 3; i++)
			redirect(p, map, i % 3, flags[i / 3]);
	}
}

/* The interface that a program finds in an element, or -1. */
static void programs_read_elements_and_do_not_write_them(struct play *p)
{
	for (u32 t = 0; t < 3; t++) {
		int map = play_create(p, &(struct map_shape){ types[t], 4, 8, 2 });
		struct bpf_insn insns[] = {
			I_ST(BPF_W, 10, -4, 1),
			{ .code = BPF_LD | BPF_DW | BPF_IMM,
			  .dst_reg = 1,
			  .src_reg = BPF_PSEUDO_MAP_FD,
			  .imm = play_fd(p, map) },
			{ 0 },
			I_COPY(2, 10),
			I_ADD(2, -4),
			I_CALL(map_lookup_elem),
			I_JMP(BPF_JNE, 0, 0, 2),
			I_MOV(0, -1),
			I_EXIT,
			I_LDX(BPF_W, 0, 0, 0),
			I_EXIT,
		};
		int prog;

		play_update(p, map, &(u32){ 1 }, &(struct bpf_devmap_val){ .ifindex = LOOPBACK },
			    BPF_ANY);
		if (types[t] == BPF_MAP_TYPE_CPUMAP)
			continue; /* programs may not look into one: the verifier's to say */
		prog = load(p, BPF_PROG_TYPE_XDP, 0, 0, insns, ARRAY_SIZE(insns));
		play_note(p, "found %ld", run(p, prog));
		play_remove(p, map, &(u32){ 1 });
		play_note(p, "found %ld", run(p, prog));
		p->side->close(prog);
	}
}

int main(void)
{
	static const struct scene scenes[] = {
		SCENE(creation_accepts_and_refuses_the_same_shapes),
		SCENE(elements_are_written_by_the_same_rules),
		SCENE(walking_finds_the_same_keys),
		SCENE(a_hash_takes_any_key_until_it_is_full),
		SCENE(only_programs_made_for_the_map_go_in),
		SCENE(redirection_returns_the_same_verdicts),
		SCENE(programs_read_elements_and_do_not_write_them),
	};

	return play_all("redirect", scenes, ARRAY_SIZE(scenes));
}
