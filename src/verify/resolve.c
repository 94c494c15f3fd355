/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What instructions refer to: opcodes that exist, maps behind fds and indices, offsets into map
 * values. The image gets indices into the program's own map table in their place.
 */
#include "base/alloc.h"
#include "map/arena.h"
#include "verify/passes.h"

#define MAX_USED_MAPS 64
#define MAX_VAR_OFF (1u << 29)

/* Index of a map in the table, where it is put when it is new. */
static int use_map(struct prep *p, struct map *map)
{
	for (u32 i = 0; i < p->nr_maps; i++) {
		if (p->maps[i] == map)
			return i;
	}
	if (p->nr_maps >= MAX_USED_MAPS)
		return skep__prep_fail(
			p, -E2BIG,
			"The total number of maps per program has reached the limit of %u\n",
			MAX_USED_MAPS);
	if (!p->maps)
		p->maps = skep__zalloc_array(MAX_USED_MAPS, sizeof(*p->maps));
	if (!p->maps)
		return -ENOMEM;
	p->maps[p->nr_maps] = map;
	return p->nr_maps++;
}

static int find_map(struct prep *p, const struct bpf_insn *insn, struct map **map)
{
	bool by_index =
		insn->src_reg == BPF_PSEUDO_MAP_IDX || insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE;
	int err = -EBADF;

	*map = by_index ? p->in->map_of_index(p->in->opaque, insn->imm, &err)
			: p->in->map_of_fd(p->in->opaque, insn->imm, &err);
	if (*map)
		return 0;
	if (err == -EPROTO)
		return skep__prep_fail(p, err, "fd_idx without fd_array is invalid\n");
	return err == -EFAULT ? err
			      : skep__prep_fail(p, err, "fd %d is not pointing to valid bpf_map\n",
						insn->imm);
}

/* A direct pointer into the value of a map that has one value at one place: an array's; or the
 * address of an arena in user space. */
static int check_value(struct prep *p, const struct map *map, u32 off)
{
	if (off >= MAX_VAR_OFF)
		return skep__prep_fail(p, -EINVAL, "direct value offset of %u is not allowed\n",
				       off);
	if (map->def.type == BPF_MAP_TYPE_ARENA && off <= arena_bytes(map))
		return 0;
	if (map->def.type == BPF_MAP_TYPE_ARENA)
		return skep__prep_fail(
			p, -ERANGE, "invalid access to map value pointer, value_size=%u off=%u\n",
			map->def.value_size, off);
	if (map->def.type != BPF_MAP_TYPE_ARRAY)
		return skep__prep_fail(p, -EINVAL,
				       "no direct value access support for this map type\n");
	if (map->def.max_entries != 1 || off >= map->def.value_size)
		return skep__prep_fail(
			p, map->def.max_entries != 1 ? -ENOTSUPP : -EINVAL,
			"invalid access to map value pointer, value_size=%u off=%u\n",
			map->def.value_size, off);
	return 0;
}

static int resolve_map(struct prep *p, u32 i)
{
	const struct bpf_insn *raw = &p->in->insns[i];
	bool is_value =
		raw->src_reg == BPF_PSEUDO_MAP_VALUE || raw->src_reg == BPF_PSEUDO_MAP_IDX_VALUE;
	struct map *map;
	int index, err;

	if (!is_value && raw[1].imm != 0)
		return skep__prep_fail(p, -EINVAL, "unrecognized bpf_ld_imm64 insn\n");
	err = find_map(p, raw, &map);
	if (!err && is_value)
		err = check_value(p, map, raw[1].imm);
	if (err)
		return err;
	index = use_map(p, map);
	if (index < 0)
		return index;
	p->insns[i] = (struct insn){
		.op = is_value ? OP_LDMAPVAL : OP_LDMAP,
		.dst = raw->dst_reg,
		.src = raw->src_reg,
		.off = is_value ? raw[1].imm : 0,
		.imm = index,
	};
	return 0;
}

static int resolve_func(struct prep *p, u32 i)
{
	u32 start = i + p->in->insns[i].imm + 1;

	for (u32 s = 0; s < p->nr_subprogs; s++) {
		if (p->subprogs[s].start != start)
			continue;
		p->insns[i] = (struct insn){ .op = OP_LDFUNC,
					     .dst = p->in->insns[i].dst_reg,
					     .src = BPF_PSEUDO_FUNC,
					     .imm = s };
		return 0;
	}
	return -EINVAL;
}

static int resolve_wide(struct prep *p, u32 i)
{
	const struct bpf_insn *raw = &p->in->insns[i];

	if (i + 1 == p->len || raw[1].code || raw[1].dst_reg || raw[1].src_reg || raw[1].off)
		return skep__prep_fail(p, -EINVAL, "invalid bpf_ld_imm64 insn\n");
	switch (raw->src_reg) {
	case 0: /* a number */
		return 0;
	case BPF_PSEUDO_MAP_FD:
	case BPF_PSEUDO_MAP_VALUE:
	case BPF_PSEUDO_MAP_IDX:
	case BPF_PSEUDO_MAP_IDX_VALUE:
		return resolve_map(p, i);
	case BPF_PSEUDO_FUNC:
		return resolve_func(p, i);
	case BPF_PSEUDO_BTF_ID:
		return skep__prep_ksym(p, i);
	default:
		return skep__prep_fail(p, -EINVAL, "unrecognized bpf_ld_imm64 insn\n");
	}
}

int skep__prep_resolve(struct prep *p)
{
	int err = 0;

	for (u32 i = 0; i < p->len && !err; i++) {
		const struct bpf_insn *raw = &p->in->insns[i];

		if (BPF_CLASS(raw->code) == BPF_LDX &&
		    ((BPF_MODE(raw->code) != BPF_MEM && BPF_MODE(raw->code) != BPF_MEMSX) ||
		     raw->imm))
			return skep__prep_fail(p, -EINVAL, "BPF_LDX uses reserved fields\n");
		if (raw->code == (BPF_LD | BPF_IMM | BPF_DW))
			err = resolve_wide(p, i++);
		else if (!skep__insn_code_exists(raw->code))
			return skep__prep_fail(p, -EINVAL, "unknown opcode %02x\n", raw->code);
	}
	return err;
}

static bool is_wide(const struct bpf_insn *raw)
{
	return raw->code == (BPF_LD | BPF_IMM | BPF_DW);
}

static void keep_invalid(const struct bpf_insn *raw, struct insn *insn)
{
	*insn = (struct insn){
		.op = OP_INVALID,
		.flags = raw->code,
		.dst = raw->dst_reg,
		.src = raw->src_reg,
		.off = raw->off,
		.imm = raw->imm,
	};
}

/* Reserved fields and register numbers; what resolve has filled in stays. */
int skep__prep_decode(struct prep *p)
{
	for (u32 i = 0; i < p->len; i++) {
		struct insn *insn = &p->insns[i];
		const char *why;

		if (insn->op == OP_INVALID || p->in->insns[i].off) {
			int slots = skep__insn_decode(&p->in->insns[i], p->len - i, insn, &why);

			if (slots < 0 && !p->in->keeps_invalid)
				return skep__prep_fail(p, -EINVAL, "%s\n", why);
			if (slots < 0)
				keep_invalid(&p->in->insns[i], insn);
		}
		if (insn->op == OP_CALL_KFUNC)
			insn->off = skep__prep_kfunc_index(p, &p->in->insns[i]);
		if (is_wide(&p->in->insns[i]))
			p->insns[++i] = (struct insn){ .op = OP_LDIMM_HI };
	}
	return 0;
}
