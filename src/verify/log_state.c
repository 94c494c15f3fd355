/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers and states in the notation of the kernel's verifier log. */
#include <string.h>

#include "verify/dynptr.h"

static const char *const class_texts[] = {
#define CLASS(name, text) [REG_##name] = text,
#include "verify/reg_classes.def"
};

void skep__class_text(enum reg_class cls, u16 flags, struct strbuf *out)
{
	static const struct {
		u16 flag;
		const char *text;
	} prefixes[] = {
		{ REG_RDONLY, "rdonly_" },   { REG_RINGBUF, "ringbuf_" },
		{ REG_USER, "user_" },       { REG_PERCPU, "percpu_" },
		{ REG_RCU, "rcu_" },         { REG_UNTRUSTED, "untrusted_" },
		{ REG_TRUSTED, "trusted_" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		if (flags & prefixes[i].flag)
			skep__strbuf_puts(out, prefixes[i].text);
	}
	skep__strbuf_puts(out, class_texts[cls]);
	if (flags & REG_MAYBE_NULL)
		skep__strbuf_puts(out, cls == REG_BTF ? "or_null_" : "_or_null");
}

void skep__reg_class_text(const struct reg *r, struct strbuf *out)
{
	skep__class_text(r->cls, r->flags, out);
}

/* Numbers that need more than 16 bits are easier to read in hexadecimal. */
static void print_signed(struct strbuf *out, s64 n)
{
	if (n >= INT16_MIN && n <= INT16_MAX)
		skep__strbuf_printf(out, "%lld", (long long)n);
	else
		skep__strbuf_printf(out, "%#llx", (unsigned long long)n);
}

static void print_unsigned(struct strbuf *out, u64 n)
{
	if (n <= UINT16_MAX)
		skep__strbuf_printf(out, "%llu", (unsigned long long)n);
	else
		skep__strbuf_printf(out, "%#llx", (unsigned long long)n);
}

const char *skep__dynptr_kind_text(u8 kind)
{
	static const char *const texts[] = {
		[DYNPTR_INVALID] = "<invalid>", [DYNPTR_LOCAL] = "local",
		[DYNPTR_RINGBUF] = "ringbuf",   [DYNPTR_SKB] = "skb",
		[DYNPTR_XDP] = "xdp",           [DYNPTR_SKB_META] = "skb_meta",
	};

	return texts[kind];
}

/* What stands in the parentheses, each part behind the separator. */
struct parts {
	struct strbuf *out;
	const char *sep;
};

static struct strbuf *part(struct parts *p, const char *name)
{
	skep__strbuf_puts(p->out, p->sep);
	skep__strbuf_puts(p->out, name);
	p->sep = ",";
	return p->out;
}

static void print_identity(const struct reg *r, struct parts *p)
{
	if (r->id)
		skep__strbuf_printf(part(p, "id="), "%u", r->id & ~ID_ADD_CONST);
	if (r->cls == REG_SCALAR && r->id & ID_ADD_CONST)
		skep__strbuf_printf(p->out, "%+d", r->off);
	if (r->ref_id)
		skep__strbuf_printf(part(p, "ref_obj_id="), "%u", r->ref_id);
	if (r->flags & REG_NON_OWN)
		part(p, "non_own_ref");
	if (r->cls == REG_MAP_PTR || r->cls == REG_MAP_KEY || r->cls == REG_MAP_VALUE) {
		if (r->map.map->name[0])
			skep__strbuf_puts(part(p, "map="), r->map.map->name);
		skep__strbuf_printf(part(p, "ks="), "%u,vs=%u", r->map.map->def->key_size,
				    r->map.map->def->value_size);
	}
	if (r->cls != REG_SCALAR && r->off)
		print_signed(part(p, "off="), r->off);
	if (r->cls == REG_PACKET || r->cls == REG_PACKET_META)
		print_unsigned(part(p, "r="), (u64)(s64)r->pkt.range);
	if (r->cls == REG_MEM)
		print_unsigned(part(p, "sz="), r->mem.size);
	if (r->cls == REG_DYNPTR)
		skep__strbuf_puts(part(p, "type="), skep__dynptr_kind_text(r->dyn.kind));
}

static void print_reg(const struct reg *r, u32 frame, struct strbuf *out)
{
	struct parts p = { out, "" };

	if (r->cls == REG_SCALAR && r->precise)
		skep__strbuf_putc(out, 'P');
	if (r->cls == REG_SCALAR && num_is_const(&r->n)) {
		print_signed(out, reg_const(r));
		return;
	}
	skep__reg_class_text(r, out);
	if (r->cls == REG_ARENA)
		return;
	if (r->cls == REG_STACK) {
		if (frame != r->stack.frame)
			skep__strbuf_printf(out, "[%u]", r->stack.frame);
		if (num_is_const(&r->n)) {
			print_signed(out, reg_const(r) + r->off);
			return;
		}
	}
	if (r->cls == REG_BTF)
		skep__strbuf_puts(
			out, skep__btf_name(r->btf.btf, skep__btf_type(r->btf.btf, r->btf.id)));
	skep__strbuf_putc(out, '(');
	print_identity(r, &p);
	if (num_is_const(&r->n)) {
		if (reg_const(r))
			print_signed(part(&p, "imm="), reg_const(r));
	} else {
		skep__num_print(&r->n, &p.sep, out);
	}
	skep__strbuf_putc(out, ')');
}

void skep__reg_print(const struct reg *r, struct strbuf *out)
{
	print_reg(r, r->cls == REG_STACK ? r->stack.frame : 0, out);
}

static bool slot_is_empty(const struct slot *slot)
{
	for (u32 i = 0; i < SLOT_SIZE; i++) {
		if (slot->kind[i] != SLOT_INVALID)
			return false;
	}
	return true;
}

static void print_iter(const struct slot *slot, int off, struct strbuf *out)
{
	static const char *const states[] = { "<invalid>", "active", "drained" };
	const struct reg *r = &slot->reg;
	const char *name = "?";

	if (!r->ref_id) /* only the first slot has the reference */
		return;
	if (r->iter.btf)
		name = skep__btf_name(r->iter.btf, skep__btf_type(r->iter.btf, r->iter.id)) +
		       strlen("bpf_iter_");
	skep__strbuf_printf(out, " fp%d=iter_%s(ref_id=%u,state=%s,depth=%u)", off, name, r->ref_id,
			    states[r->iter.state], r->iter.depth);
}

/* One slot; returns how many it was. */
static u32 print_slot(const struct frame *f, u32 i, struct strbuf *out)
{
	static const char chars[] = "?rm0dif";
	const struct slot *slot = frame_slot(f, i);
	int off = -(int)(i + 1) * SLOT_SIZE;
	char text[SLOT_SIZE + 1] = "";
	u32 spill = 0;

	for (u32 j = 0; j < SLOT_SIZE; j++)
		text[j] = chars[slot->kind[j]];
	switch (slot->kind[SLOT_SIZE - 1]) {
	case SLOT_SPILL:
		while (slot->kind[spill] != SLOT_SPILL)
			spill++;
		text[spill] = 0;
		skep__strbuf_printf(out, " fp%d=%s", off, text);
		print_reg(&slot->reg, f->index, out);
		return 1;
	case SLOT_DYNPTR:
		if (i + 1 < f->nr_slots)
			slot = frame_slot(f, i + 1);
		skep__strbuf_printf(out, " fp%d=dynptr_%s(", off - SLOT_SIZE,
				    skep__dynptr_kind_text(slot->reg.dyn.kind));
		if (slot->reg.id)
			skep__strbuf_printf(out, "id=%u", slot->reg.id);
		if (slot->reg.ref_id)
			skep__strbuf_printf(out, "%sref_id=%u", slot->reg.id ? "," : "",
					    slot->reg.ref_id);
		skep__strbuf_putc(out, ')');
		return 2;
	case SLOT_ITER:
		print_iter(slot, off, out);
		return 1;
	default:
		skep__strbuf_printf(out, " fp%d=%s", off, text);
		return 1;
	}
}

void skep__vlog_state(struct verify_env *env, const struct state *s, u32 frame, bool all)
{
	const struct frame *f = s->frames[frame];
	struct strbuf *out = env->log;

	if (f->index)
		skep__strbuf_printf(out, " frame%u:", f->index);
	for (u32 i = 0; i < MAX_BPF_REG; i++) {
		if (f->regs[i].cls == REG_NOT_INIT || (!all && !(env->scratched_regs & 1u << i)))
			continue;
		skep__strbuf_printf(out, " R%u=", i);
		print_reg(&f->regs[i], f->index, out);
	}
	for (u32 i = 0; i < f->nr_slots;) {
		if ((!all && !(env->scratched_slots & 1ull << i)) ||
		    slot_is_empty(frame_slot(f, i))) {
			i++;
			continue;
		}
		i += print_slot(f, i, out);
	}
	for (u32 i = 0; i < s->nr_refs; i++)
		skep__strbuf_printf(out, i ? ",%u" : " refs=%u", s->refs[i].id);
	if (f->in_callback)
		skep__strbuf_puts(out, " cb");
	if (f->in_async_callback)
		skep__strbuf_puts(out, " async_cb");
	skep__strbuf_putc(out, '\n');
	if (!all) {
		env->scratched_regs = 0;
		env->scratched_slots = 0;
	}
}

/* Column where states stand behind instructions. */
static int padding(size_t pos)
{
	size_t column = round_up(max(pos + 4, (size_t)40), (size_t)8);

	return (int)(column - pos - 1);
}

void skep__vlog_state_behind(struct verify_env *env, const struct state *s, u32 frame)
{
	if (env->insn_log_end && env->insn_log_end == env->log->len) {
		env->log->len--; /* the newline */
		env->log->text[env->log->len] = 0;
		skep__vlog(env, "%*c;", padding(env->insn_log_len), ' ');
	} else {
		skep__vlog(env, "%u:", env->insn);
	}
	skep__vlog_state(env, s, frame, false);
}
