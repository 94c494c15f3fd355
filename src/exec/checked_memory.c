/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads and stores of checked mode: may the pointer reach it, and what does the value loaded point
 * to? Pointers keep their provenance in registers and in whole, aligned 8-byte stack slots; they
 * come from the context's fields and from maps; what is loaded from anywhere else is a number.
 */
#include "base/fault.h"
#include "ctx/ctx.h"
#include "exec/checker.h"
#include "map/arena.h"
#include "map/objects.h"

/* Bytes of a context that BTF describes: as many arguments as functions have. */
#define BTF_CTX_MAX 96

static bool ctx_access(struct run *run, const struct access *access, const struct ctx_field **field)
{
	s64 off = access->addr - (u64)(uintptr_t)run->ctx;
	const struct prog *prog = run->prog;
	const struct prog_type *type = skep__prog_type(prog->type);

	if (type && !type->ctx_size && off >= 0 && off + access->size <= BTF_CTX_MAX &&
	    !(access->kind & PROV_WRITE)) {
		*field = NULL; /* verified; arguments are what they are used as */
		return true;
	}
	*field = NULL;
	if (type && off == (s32)off)
		*field = skep__ctx_access(prog->type, prog->expected_attach_type, off, access->size,
					  access->kind & PROV_WRITE);
	if (*field)
		return true;
	return skep__checked_stop(
		run, "%s of %llu byte%s at context%+lld, where %s programs may not do that%s%s",
		access->kind & PROV_WRITE ? "write" : "read", (unsigned long long)access->size,
		access->size == 1 ? "" : "s", (long long)off, type ? type->name : "such",
		type && type->ctx_name ? ": see struct " : "",
		type && type->ctx_name ? type->ctx_name : "");
}

static bool __attribute__((noinline))
refuse_access(struct run *run, const struct value *ptr, const struct access *access)
{
	char text[sizeof(run->fault->what)];
	struct strbuf why;

	skep__strbuf_fixed(&why, text, sizeof(text));
	skep__region_refusal(run, &ptr->prov, access, &why);
	run->fault->addr = access->addr;
	return skep__checked_stop(run, "%s", why.text);
}

bool skep__checked_access(struct run *run, const struct value *ptr, const struct access *access)
{
	return likely(skep__region_allows(run, &ptr->prov, access)) ||
	       refuse_access(run, ptr, access);
}

/* The slot beside [addr, addr + 8) when it is one; else NULL. */
static struct prov *slot_at(struct run *run, const struct prov *prov, u64 addr, u64 size)
{
	u64 off = addr - frame_extent(run, prov->depth).start;

	if (prov->kind != PROV_STACK || size != SLOT_SIZE || off % SLOT_SIZE)
		return NULL;
	return &checked_frames(run)->slots[prov->depth][off / SLOT_SIZE];
}

void skep__forget_slots(struct run *run, const struct prov *prov, u64 addr, u64 size)
{
	u64 off = addr - frame_extent(run, prov->depth).start;
	struct prov *slots = checked_frames(run)->slots[prov->depth];
	u64 first = off / SLOT_SIZE, last = (off + size - 1) / SLOT_SIZE;

	if (prov->kind != PROV_STACK || !size)
		return;
	/* A dynptr that loses one half is none any more. */
	first -= slots[first].kind == PROV_DYNPTR && slots[first].was == 1;
	last += slots[last].kind == PROV_DYNPTR && slots[last].was == 0;
	for (u64 i = first; i <= last; i++)
		slots[i].kind = PROV_NUMBER;
}

/* What a field of the context yields when it is loaded. */
static struct prov field_prov(struct run *run, const struct ctx_field *field, u64 bits)
{
	struct prov prov = { .kind = PROV_NUMBER,
			     .insn = run->checker->insn,
			     .gen = run->packet_gen };
	bool has_packet = skep__packet_of(run);

	switch ((enum ctx_kind)field->kind) {
	case CTX_SCALAR:
		return prov;
	case CTX_PKT:
	case CTX_PKT_META:
	case CTX_PKT_END:
		prov.kind = !has_packet                   ? PROV_OPAQUE
			    : field->kind == CTX_PKT      ? PROV_PACKET
			    : field->kind == CTX_PKT_META ? PROV_META
							  : PROV_PACKET_END;
		return prov;
	case CTX_FLOW_KEYS:
		prov = (struct prov){ .kind = PROV_MEM,
				      .access = PROV_READ | PROV_WRITE,
				      .insn = prov.insn,
				      .start = bits,
				      .size = sizeof(struct bpf_flow_keys),
				      .obj = "flow keys" };
		break;
	case CTX_SOCK:
	case CTX_SOCK_OR_NULL:
	case CTX_SOCK_COMMON_OR_NULL:
		prov = (struct prov){ .kind = PROV_MEM,
				      .access = PROV_READ,
				      .insn = prov.insn,
				      .start = bits,
				      .size = sizeof(struct bpf_sock),
				      .obj = "socket" };
		break;
	case CTX_TP_BUFFER:
	case CTX_BTF:
		prov = (struct prov){ .kind = PROV_OPAQUE, .insn = prov.insn, .obj = field->name };
		break;
	}
	if (!bits)
		prov = (struct prov){ .kind = PROV_NULL, .was = prov.kind, .insn = prov.insn };
	return prov;
}

/* Halves of dynptrs stay where they are: a copy would not end with the original. */
static bool take_slot(struct run *run, const struct value *ptr, const struct access *access,
		      struct load *load)
{
	load->slot = slot_at(run, &ptr->prov, access->addr, access->size);
	if (load->slot && load->slot->kind == PROV_ITER)
		return skep__checked_stop(
			run, "R%u points into an iterator, which is for the functions on it",
			access->reg);
	if (load->slot && load->slot->kind == PROV_DYNPTR)
		return skep__checked_stop(run, "R%u points into a dynptr, which is for helpers",
					  access->reg);
	return true;
}

static bool has_flag(const struct run *run, u8 flag)
{
	return run->prog->insns[run->checker->insn].flags & flag;
}

/* Of a struct of the kernel's, verified, where it stands here. */
static bool is_known_field(const struct run *run, const struct value *ptr)
{
	u8 kind = ptr->prov.kind;

	return (kind == PROV_MAP || kind == PROV_OPAQUE || kind == PROV_NUMBER) &&
	       has_flag(run, INSN_KNOWN);
}

/* From wherever it is, into the run: the load finds it there, or zeroes. */
static bool probe(struct run *run, struct access *access)
{
	run->loaded = 0;
	if (skep__probe_read(&run->prog->base.known, &run->loaded,
			     (const void *)(uintptr_t)access->addr, (u32)access->size))
		run->loaded = 0;
	access->addr = (u64)(uintptr_t)&run->loaded;
	return true;
}

bool skep__checked_load(struct run *run, const struct value *ptr, struct access *access,
			struct load *load)
{
	*load = (struct load){ 0 };
	if (ptr->prov.kind == PROV_CTX)
		return ctx_access(run, access, &load->field);
	if (has_flag(run, INSN_PROBE))
		return probe(run, access);
	if (is_known_field(run, ptr))
		return true;
	if (!skep__checked_access(run, ptr, access) ||
	    !skep__checked_fields(run, ptr, access, &load->kptr))
		return false;
	return take_slot(run, ptr, access, load);
}

/* RCU keeps the object for this run. */
static void loaded_object(struct run *run, struct value *loaded)
{
	loaded->bits = (u64)(uintptr_t)object_at(run_objects(run), loaded->bits);
	loaded->prov = skep__object_prov(run, loaded->bits);
	loaded->prov.depth = 1;
	if (!loaded->bits)
		loaded->prov = (struct prov){ .kind = PROV_NULL,
					      .was = PROV_OBJECT,
					      .insn = run->checker->insn };
}

void skep__note_load(struct run *run, const struct load *load, struct value *loaded)
{
	if (load->kptr)
		loaded_object(run, loaded);
	else if (load->slot)
		prov_copy(&loaded->prov, load->slot);
	else if (load->field)
		loaded->prov = field_prov(run, load->field, loaded->bits);
	else
		loaded->prov.kind = PROV_NUMBER;
}

bool skep__checked_store(struct run *run, const struct value *ptr, const struct access *access)
{
	const struct ctx_field *field;

	if (ptr->prov.kind == PROV_CTX)
		return ctx_access(run, access, &field);
	if (is_known_field(run, ptr))
		return true;
	return skep__checked_access(run, ptr, access) &&
	       skep__checked_fields(run, ptr, access, NULL);
}

/* After a store: the slot holds what was stored, or no longer what it held. */
void skep__note_store(struct run *run, const struct value *ptr, const struct access *access,
		      const struct prov *stored)
{
	struct prov *slot = slot_at(run, &ptr->prov, access->addr, access->size);

	skep__forget_slots(run, &ptr->prov, access->addr, access->size);
	if (slot)
		prov_copy(slot, stored);
}

/* Atomics and ordered accesses: in plain memory only, and aligned. */
bool skep__checked_atomic(struct run *run, const struct value *ptr, const struct access *access,
			  struct load *load)
{
	u8 kind = ptr->prov.kind;

	*load = (struct load){ 0 };
	if (kind == PROV_CTX || kind == PROV_PACKET || kind == PROV_META)
		return skep__checked_stop(run,
					  "R%u holds %s, where atomic operations are not possible",
					  access->reg, skep__prov_text(&ptr->prov));
	if (!skep__checked_access(run, ptr, access))
		return false;
	if (!skep__checked_fields(run, ptr, access, NULL))
		return false;
	if (access->addr % access->size)
		return skep__checked_stop(
			run,
			"atomic operation on %llu bytes at an address that is not a multiple of it",
			(unsigned long long)access->size);
	return take_slot(run, ptr, access, load);
}

bool skep__checked_map(struct run *run, const struct insn *insn, struct value *out)
{
	const struct prog *prog = run->prog;

	if ((u64)insn->imm >= prog->nr_maps)
		return skep__checked_stop(run, "the program has no map number %lld",
					  (long long)insn->imm);
	out->bits = (u64)(uintptr_t)prog->maps[insn->imm];
	out->prov = (struct prov){ .kind = PROV_MAP,
				   .insn = run->checker->insn,
				   .obj = prog->maps[insn->imm] };
	return true;
}

bool skep__checked_map_value(struct run *run, const struct insn *insn, struct value *out)
{
	const u32 first = 0;
	struct map *map;
	void *value;

	if (!skep__checked_map(run, insn, out))
		return false;
	map = run->prog->maps[insn->imm];
	if (map->def.type == BPF_MAP_TYPE_ARENA) {
		*out = (struct value){ arena_user_start(map) + (u64)insn->off,
				       { .kind = PROV_NUMBER, .insn = run->checker->insn } };
		return true;
	}
	value = map->def.type == BPF_MAP_TYPE_ARRAY ? map->ops->lookup(map, &first, run->cpu)
						    : NULL;
	if (!value)
		return skep__checked_stop(run, "the map has no value at a fixed address");
	out->bits = (u64)(uintptr_t)value + (u64)(s64)insn->off;
	out->prov = skep__map_value_prov(run, map, value);
	return true;
}
