/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is known of one register, or of one spilled slot: a tagged union over pointer classes beside
 * the number that it is (scalars) or that was added to it (pointers: the variable part of the
 * offset).
 */
#ifndef SKEP_VERIFY_REG_H
#define SKEP_VERIFY_REG_H

#include "btf/btf.h"
#include "verify/num/num.h"

struct verify_map;

enum reg_class {
#define CLASS(name, text) REG_##name,
#include "verify/reg_classes.def"
	NR_REG_CLASSES,
};

/* Modifiers of a class. A register with one that a check does not name fails that check. */
enum reg_flag {
	REG_MAYBE_NULL = 1 << 0,
	REG_RDONLY = 1 << 1,
	REG_RINGBUF = 1 << 2, /* a reserved record */
	REG_USER = 1 << 3,
	REG_PERCPU = 1 << 4,
	REG_UNTRUSTED = 1 << 5,
	REG_TRUSTED = 1 << 6,
	REG_RCU = 1 << 7,
	REG_ALLOC = 1 << 8, /* an object that the program allocated */
	REG_NON_OWN = 1 << 9, /* seen in a list or tree under its lock */
	REG_CONST_MAP = 1 << 10,
	/* slices: of which kind of dynptr */
	REG_DYN_LOCAL = 1 << 11,
	REG_DYN_RINGBUF = 1 << 12,
	REG_DYN_SKB = 1 << 13,
	REG_DYN_XDP = 1 << 14,
	REG_DYN_SKB_META = 1 << 15,
};

#define REG_DYN_ANY (REG_DYN_LOCAL | REG_DYN_RINGBUF | REG_DYN_SKB | REG_DYN_XDP | REG_DYN_SKB_META)

/* What a packet pointer is known to be compared with data_end; else the bytes that are there from
 * it on. */
enum { PKT_AT_END = -1, PKT_BEYOND_END = -2 };

enum iter_state { ITER_INVALID, ITER_ACTIVE, ITER_DRAINED };

/*
 * Of linked scalars: id has one of these bits when `off` is what this register has more than the
 * one it came from, and tells of which width the sum was.
 */
#define ID_ADD_CONST64 (1u << 31)
#define ID_ADD_CONST32 (1u << 30)
#define ID_ADD_CONST (ID_ADD_CONST64 | ID_ADD_CONST32)

struct reg {
	u8 cls; /* enum reg_class */
	bool precise; /* scalars: its value matters to a verdict (marked backwards: precise.c) */
	u16 flags; /* enum reg_flag, or-ed */
	s32 off; /* pointers: fixed offset. Linked scalars with ID_ADD_CONST: the distance */
	union {
		struct {
			s32 range;
		} pkt; /* PACKET, PACKET_META, PACKET_END */
		struct {
			const struct verify_map *map;
			u32 uid; /* tells inner maps of different lookups apart; 0: no inner map */
		} map; /* MAP_PTR, MAP_VALUE, MAP_KEY */
		struct {
			u32 size, dynptr_id;
		} mem;
		struct {
			const struct btf *btf;
			u32 id;
		} btf;
		struct {
			u32 frame;
		} stack;
		struct {
			u32 subprog;
		} func;
		struct {
			u8 kind; /* enum dynptr_kind (helper/dynptr.h) */
			bool first; /* of its two slots */
		} dyn; /* slots, and DYNPTR */
		struct {
			const struct btf *btf;
			u32 id;
			u16 state, depth; /* enum iter_state; how often next was called */
		} iter; /* slots */
		struct {
			u32 cls;
		} irq; /* slots */
		u64 words[2]; /* the whole, for comparing: unused parts are 0 */
	};
	struct num n;
	u32 id; /* pointers: which lookup; scalars: linked with all others of that id; 0: none */
	u32 ref_id; /* the reference that it stands for or was derived from */
};

static inline bool reg_is(const struct reg *r, enum reg_class cls)
{
	return r->cls == cls;
}

/* Exactly the class, with no modifier. */
static inline bool reg_plain(const struct reg *r, enum reg_class cls)
{
	return r->cls == cls && !r->flags;
}

static inline bool reg_is_const(const struct reg *r)
{
	return r->cls == REG_SCALAR && num_is_const(&r->n);
}

static inline u64 reg_const(const struct reg *r)
{
	return r->n.bits.value;
}

static inline bool reg_is_null(const struct reg *r)
{
	return reg_is_const(r) && reg_const(r) == 0;
}

static inline bool reg_is_packet(const struct reg *r)
{
	return r->cls == REG_PACKET || r->cls == REG_PACKET_META || r->cls == REG_PACKET_END;
}

/* A pointer for the purpose of not leaking kernel addresses: everything but scalars and nothing. */
static inline bool reg_is_pointer(const struct reg *r)
{
	return r->cls != REG_SCALAR && r->cls != REG_NOT_INIT;
}

/* Classes that a lookup or an acquiring function can give: their _or_null forms are told by id. */
static inline bool reg_maybe_null(const struct reg *r)
{
	return r->flags & REG_MAYBE_NULL;
}

void skep__reg_not_init(struct reg *r);
void skep__reg_unknown(struct reg *r); /* any number, not precise */
void skep__reg_const(struct reg *r, u64 value);
void skep__reg_pointer(struct reg *r, enum reg_class cls, u16 flags); /* offset 0, no id */
void skep__reg_zero_offset(struct reg *r); /* the number to 0: a pointer without a variable part */

/* Text of class and flags as the kernel's log has it: "map_value_or_null". btf may be NULL. */
struct strbuf;
void skep__reg_class_text(const struct reg *r, struct strbuf *out);
void skep__class_text(enum reg_class cls, u16 flags, struct strbuf *out);

/* "map_value(map=m,ks=4,vs=8,imm=16)", without a number or '=' before it. */
void skep__reg_print(const struct reg *r, struct strbuf *out);

/*
 * Comparing. id_map (prune.h) relates ids of the old state to those of the new one. Exact: the same
 * in everything but names of ids.
 */
struct id_map;
bool skep__reg_exact(const struct reg *old, const struct reg *cur, struct id_map *ids);

#endif
