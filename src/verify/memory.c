/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads and stores: alignment, then the rules of the pointer's class, then the width of what was
 * loaded. */
#include "verify/memory.h"

#include "verify/operand.h"

typedef int access_fn(const struct access *a);

/* Classes that may be accessed; refuses: modifiers with which they may not. */
static const struct {
	access_fn *fn;
	u16 refuses;
	const char *name; /* in sentences about alignment */
} classes[NR_REG_CLASSES] = {
	[REG_CTX] = { skep__access_ctx, 0xffff, "context " },
	[REG_MAP_PTR] = { skep__access_map_ptr, 0xffff, "" },
	[REG_MAP_VALUE] = { skep__access_map_value, 0xffff, "value " },
	[REG_MAP_KEY] = { skep__access_map_key, 0xffff, "key " },
	[REG_STACK] = { skep__access_stack, 0xffff, "stack " },
	[REG_PACKET_META] = { skep__access_packet, 0xffff, "" },
	[REG_PACKET] = { skep__access_packet, 0xffff, "" },
	[REG_FLOW_KEYS] = { skep__access_flow_keys, 0xffff, "flow keys " },
	[REG_SOCKET] = { skep__access_sock, 0xffff, "sock " },
	[REG_SOCK_COMMON] = { skep__access_sock, 0xffff, "sock_common " },
	[REG_TCP_SOCK] = { skep__access_sock, 0xffff, "tcp_sock " },
	[REG_XDP_SOCK] = { skep__access_sock, 0xffff, "xdp_sock " },
	[REG_TP_BUFFER] = { skep__access_tp_buffer, 0xffff, "" },
	[REG_BTF] = { skep__access_btf, REG_MAYBE_NULL, "" },
	[REG_MEM] = { skep__access_mem, REG_MAYBE_NULL, "" },
	[REG_BUF] = { skep__access_buf, REG_MAYBE_NULL, "" },
	[REG_ARENA] = { skep__access_arena, 0xffff, "" },
};

static int refuse_misaligned(const struct access *a, s32 insn_off, int packet)
{
	struct strbuf *out = a->env->log;
	const char *name = a->ptr->flags ? NULL : classes[a->ptr->cls].name; /* numbers have none */

	skep__strbuf_printf(out, "misaligned %saccess off ", packet ? "packet " : name ? name : "");
	if (packet)
		skep__strbuf_printf(out, "%d+", packet);
	skep__tnum_print(a->ptr->n.bits, out);
	skep__strbuf_printf(out, "+%d+%d size %d\n", a->ptr->off, insn_off, a->size);
	return -EACCES;
}

/* Packets begin two bytes before an aligned address, so that the IP header is aligned. */
static int check_alignment(const struct access *a, s32 insn_off, bool strict)
{
	int packet =
		reg_is_packet(a->ptr) && a->ptr->cls != REG_PACKET_END && !a->ptr->flags ? 2 : 0;
	u64 low;

	strict |= a->env->strict_alignment || reg_plain(a->ptr, REG_STACK);
	if (!strict || a->size == 1 || a->ptr->cls == REG_ARENA)
		return 0;
	low = a->ptr->n.bits.value + (u64)(s64)(packet + a->ptr->off + insn_off);
	/* Unknown bits count as set; adding them to constants carries no further down. */
	if ((low | a->ptr->n.bits.mask) & (u64)(a->size - 1))
		return refuse_misaligned(a, insn_off, packet);
	return 0;
}

int skep__check_aligned(struct verify_env *env, u32 regno, u32 size)
{
	return check_alignment(
		&(struct access){ .env = env, .ptr = cur_reg(env, regno), .size = size }, 0, true);
}

int skep__check_access(struct verify_env *env, u32 regno, s32 off, u32 size, bool write, int value,
		       bool strict, bool sign_extend)
{
	struct access a = { env, regno, cur_reg(env, regno), off, size, write, sign_extend, value };
	struct class_name name;
	struct reg *loaded;
	int err = check_alignment(&a, off, strict);

	if (err)
		return err;
	a.off += a.ptr->off;
	if (!classes[a.ptr->cls].fn || a.ptr->flags & classes[a.ptr->cls].refuses)
		return skep__vfail(env, -EACCES, "R%u invalid mem access '%s'\n", regno,
				   skep__class_name(a.ptr, &name));
	err = classes[a.ptr->cls].fn(&a);
	if (err || write || value == NO_REG)
		return err;
	loaded = cur_reg(env, value);
	if (loaded->cls != REG_SCALAR || size == 8)
		return 0;
	if (sign_extend) {
		/* What was filled from a spilled number is that number only as long as its sign is
		 * clear. */
		if (loaded->n.umax >= 1ull << (size * 8 - 1) && !env->in->kernel_mistakes)
			loaded->id = loaded->off = 0;
		skep__num_movsx(&loaded->n, size * 8, 64);
	} else {
		skep__num_truncate(&loaded->n, size);
	}
	return 0;
}

/* Classes that are rewritten on access must be the same on every path. */
static bool is_rewritten(u8 cls)
{
	switch (cls) {
	case REG_CTX:
	case REG_SOCKET:
	case REG_SOCK_COMMON:
	case REG_TCP_SOCK:
	case REG_XDP_SOCK:
	case REG_BTF:
	case REG_ARENA:
		return true;
	default:
		return false;
	}
}

int skep__note_pointer(struct verify_env *env, u8 cls, u16 flags, bool trust_may_differ)
{
	struct insn_info *info = &env->info[env->insn];

	if (!info->mem_cls) {
		info->mem_cls = cls;
		info->mem_flags = flags;
		return 0;
	}
	if ((cls == info->mem_cls && flags == info->mem_flags) ||
	    (!is_rewritten(cls) && !is_rewritten(info->mem_cls)))
		return 0;
	if (trust_may_differ && cls == REG_BTF && info->mem_cls == REG_BTF) {
		info->mem_flags = REG_UNTRUSTED;
		return 0;
	}
	return skep__vfail(env, -EINVAL, "same insn cannot be used with different pointers\n");
}

/*
 * What an access has to do besides reaching memory is found while it is checked, and noted: it
 * cannot be one thing on one path and another on another.
 */
static void begin_note(struct verify_env *env, bool probes)
{
	env->loads_kptr = env->knows_field = false;
	env->probes = probes;
}

static void end_note(const struct verify_env *env, struct insn_info *info)
{
	u8 loads = env->loads_kptr    ? LOADS_KPTR
		   : env->knows_field ? LOADS_KNOWN
		   : env->probes      ? LOADS_PROBE
				      : LOADS_VALUE;

	if (info->loads && (info->loads != loads ||
			    (loads == LOADS_KNOWN && info->known_field != env->known_field)))
		loads = LOADS_MIXED;
	if (loads == LOADS_KNOWN)
		info->known_field = env->known_field;
	info->loads = loads;
}

int skep__check_load(struct verify_env *env, const struct insn *insn, bool strict)
{
	const struct insn_desc *desc = insn_desc(insn);
	struct reg *src = cur_reg(env, insn->src);
	int err = skep__need_reg(env, insn->src);
	u16 flags;
	u8 cls;

	if (!err)
		err = skep__will_write(env, insn->dst);
	if (err)
		return err;
	cls = src->cls; /* the load may overwrite the pointer */
	flags = src->flags;
	begin_note(env, cls == REG_MEM && flags & REG_UNTRUSTED);
	err = skep__check_access(env, insn->src, insn->off, desc->size, false, insn->dst, strict,
				 desc->is_signed);
	if (!err)
		end_note(env, &env->info[env->insn]);
	return err ? err : skep__note_pointer(env, cls, flags, true);
}

int skep__check_store(struct verify_env *env, const struct insn *insn, bool strict)
{
	struct reg *dst = cur_reg(env, insn->dst);
	int err = skep__need_reg(env, insn->src);
	u16 flags;
	u8 cls;

	if (!err)
		err = skep__need_reg(env, insn->dst);
	if (err)
		return err;
	cls = dst->cls;
	flags = dst->flags;
	begin_note(env, false);
	err = skep__check_access(env, insn->dst, insn->off, insn_desc(insn)->size, true, insn->src,
				 strict, false);
	if (!err)
		end_note(env, &env->info[env->insn]);
	return err ? err : skep__note_pointer(env, cls, flags, false);
}

int skep__check_store_const(struct verify_env *env, const struct insn *insn)
{
	struct reg *dst = cur_reg(env, insn->dst);
	int err = skep__need_reg(env, insn->dst);

	begin_note(env, false);
	if (!err)
		err = skep__check_access(env, insn->dst, insn->off, insn_desc(insn)->size, true,
					 NO_REG, false, false);
	if (!err)
		end_note(env, &env->info[env->insn]);
	return err ? err : skep__note_pointer(env, dst->cls, dst->flags, false);
}
