/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Regions as they are at the moment of an access, the judgement, and its words. The words name the
 * place from the region's point of view and say how far off the access is.
 */
#include "ctx/ctx.h"
#include "ctx/netfilter.h"
#include "exec/checker.h"
#include "map/map.h"

static bool sees_skb(const struct prog_type *type)
{
	return type->fields == skep__prog_type(BPF_PROG_TYPE_SCHED_CLS)->fields;
}

const struct packet *skep__packet_of(const struct run *run)
{
	const struct prog_type *type = skep__prog_type(run->prog->type);

	if (run->prog->type == BPF_PROG_TYPE_XDP)
		return &((const struct xdp_ctx *)run->ctx)->pkt;
	if (run->prog->type == BPF_PROG_TYPE_NETFILTER)
		return &((const struct bpf_nf_ctx *)run->ctx)->skb->pkt;
	if (type && sees_skb(type))
		return &((const struct skb_ctx *)run->ctx)->pkt;
	return NULL;
}

static u8 packet_access(const struct run *run)
{
	switch (skep__prog_type(run->prog->type)->packet) {
	case PACKET_WRITE:
		return PROV_READ | PROV_WRITE;
	case PACKET_READ:
		return PROV_READ;
	default:
		return 0;
	}
}

static const char *packet_extent(const struct run *run, const struct prov *prov, struct extent *out)
{
	const struct packet *pkt = skep__packet_of(run);
	const u8 *start = prov->kind == PROV_META ? pkt->meta : pkt->data;
	const u8 *end = prov->kind == PROV_META ? pkt->data : pkt->data_end;

	*out = (struct extent){ (u64)(uintptr_t)start, end - start, packet_access(run) };
	if (prov->gen != run->packet_gen)
		return "which was taken before a helper that may move the packet was called: load "
		       "data and "
		       "data_end anew";
	return NULL;
}

static const char *record_extent(const struct run *run, const struct prov *prov, struct extent *out)
{
	const void *start = (const void *)(uintptr_t)prov->start;
	const struct ringbuf_rec *rec = skep__ringbuf_find(&run->records, start);

	*out = (struct extent){ prov->start, prov->size, prov->access };
	if (!rec || rec->map != prov->obj || (u32)rec->pos != prov->gen)
		return "which was submitted or discarded already";
	out->size = rec->size;
	return NULL;
}

static bool holds(const struct ringbuf_rec *rec, const struct prov *slice)
{
	return rec->map == slice->obj && (u32)rec->pos == slice->gen &&
	       slice->start - (u64)(uintptr_t)rec->data <= rec->size;
}

static const char *slice_gone(const struct run *run, const struct prov *prov)
{
	for (u32 i = 0; i < run->records.nr; i++) {
		if (holds(&run->records.recs[i], prov))
			return NULL;
	}
	return "whose record was submitted or discarded already";
}

bool skep__region_frame(const struct run *run, const struct prov *prov)
{
	return prov->depth <= run->frames->depth &&
	       checked_frames(run)->gen[prov->depth] == prov->gen;
}

const char *skep__region_extent(const struct run *run, const struct prov *prov, struct extent *out)
{
	*out = (struct extent){ prov->start, prov->size, prov->access };
	switch ((enum prov_kind)prov->kind) {
	case PROV_STACK:
		*out = frame_extent(run, prov->depth);
		return skep__region_frame(run, prov)
			       ? NULL
			       : "in the frame of a function that has returned";
	case PROV_PACKET:
	case PROV_META:
		return packet_extent(run, prov, out);
	case PROV_RECORD:
		return record_extent(run, prov, out);
	case PROV_SLICE:
		return slice_gone(run, prov);
	case PROV_PACKET_SLICE:
		if (prov->gen == run->packet_gen)
			return NULL;
		return "which was taken before a helper that may move the packet was called: take "
		       "it anew";
	case PROV_OBJECT:
		return skep__object_gone(prov);
	case PROV_DYNPTR:
		return skep__region_frame(run, prov)
			       ? "which is for helpers: its data is reached by bpf_dynptr_read and "
				 "bpf_dynptr_data"
			       : "which was a callback's, and that has returned";
	case PROV_CTX:
	case PROV_MAP_VALUE:
	case PROV_MAP_KEY:
	case PROV_MEM:
		return NULL;
	case PROV_PACKET_END:
		return "which is there to be compared with";
	case PROV_MAP:
		return "which is no data: its values are reached by looking them up";
	case PROV_FUNC:
		return "which is no data";
	case PROV_ARENA:
		return "which is for the program's own loads and stores";
	case PROV_ITER:
	case PROV_NUMBER:
	case PROV_UNSET:
	case PROV_NULL:
	case PROV_OPAQUE:
		break;
	}
	return "which is not for programs to look into";
}

const char *skep__prov_text(const struct prov *prov)
{
	static const char *const texts[] = {
		[PROV_NUMBER] = "a number",
		[PROV_UNSET] = "no value",
		[PROV_NULL] = "NULL",
		[PROV_CTX] = "the context",
		[PROV_STACK] = "a stack pointer",
		[PROV_PACKET] = "a packet pointer",
		[PROV_META] = "a pointer to packet metadata",
		[PROV_PACKET_END] = "the end of the packet",
		[PROV_MAP_VALUE] = "a map value",
		[PROV_MAP_KEY] = "a map key",
		[PROV_RECORD] = "a ring buffer record",
		[PROV_SLICE] = "dynptr data",
		[PROV_PACKET_SLICE] = "dynptr data",
		[PROV_OBJECT] = "an allocated object",
		[PROV_MEM] = "a memory pointer",
		[PROV_DYNPTR] = "a dynptr",
		[PROV_ITER] = "an iterator",
		[PROV_MAP] = "a map",
		[PROV_FUNC] = "a function",
		[PROV_ARENA] = "a pointer into the arena",
		[PROV_OPAQUE] = "a pointer to an object",
	};

	return texts[prov->kind];
}

void skep__map_text(const struct map *map, struct strbuf *out)
{
	if (map->name[0])
		skep__strbuf_printf(out, "map '%.*s'", (int)sizeof(map->name), map->name);
	else
		skep__strbuf_printf(out, "map %u", map->id);
}

/* The region's name, which offsets are counted from. */
static void region_text(const struct prov *prov, struct strbuf *out)
{
	switch ((enum prov_kind)prov->kind) {
	case PROV_PACKET:
		skep__strbuf_puts(out, "packet");
		break;
	case PROV_META:
		skep__strbuf_puts(out, "packet metadata");
		break;
	case PROV_CTX:
		skep__strbuf_puts(out, "context");
		break;
	case PROV_STACK:
		skep__strbuf_puts(out, "stack");
		break;
	case PROV_RECORD:
		skep__strbuf_puts(out, "ring buffer record");
		break;
	case PROV_MAP_VALUE:
	case PROV_MAP_KEY:
		skep__strbuf_puts(out, prov->kind == PROV_MAP_KEY ? "key of " : "value of ");
		skep__map_text(prov->obj, out);
		break;
	case PROV_MAP:
		skep__map_text(prov->obj, out);
		break;
	case PROV_MEM:
		skep__strbuf_puts(out, prov->obj ? prov->obj : "memory");
		break;
	default:
		skep__strbuf_puts(out, skep__prov_text(prov));
		break;
	}
}

void skep__place_text(const struct run *run, const struct prov *prov, u64 addr, struct strbuf *out)
{
	struct extent extent;
	s64 off;

	skep__region_extent(run, prov, &extent);
	off = addr - extent.start;
	if (prov->kind == PROV_STACK) {
		skep__strbuf_printf(out, "fp%+lld", (long long)off - MAX_STACK);
		if (prov->depth != run->frames->depth)
			skep__strbuf_printf(out, " of frame %u", prov->depth);
		return;
	}
	region_text(prov, out);
	if (prov->kind == PROV_PACKET_END || prov->kind == PROV_MAP || prov->kind == PROV_FUNC ||
	    prov->kind == PROV_DYNPTR || prov->kind == PROV_OPAQUE)
		return;
	skep__strbuf_printf(out, "%+lld", (long long)off);
}

void skep__access_text(const struct access *access, struct strbuf *out)
{
	const char *verb = access->kind == PROV_READ    ? "read"
			   : access->kind == PROV_WRITE ? "write"
							: "read and write";

	if (access->helper)
		skep__strbuf_printf(out, "argument R%u of bpf_%s: ", access->reg, access->helper);
	skep__strbuf_printf(out, "%s of %llu byte%s at ", verb, (unsigned long long)access->size,
			    access->size == 1 ? "" : "s");
}

static void distance_text(const struct prov *prov, const struct extent *extent,
			  const struct access *access, struct strbuf *out)
{
	s64 off = access->addr - extent->start, end = off + (s64)access->size - (s64)extent->size;

	if (off < 0)
		skep__strbuf_printf(out, ", %llu bytes before its start", -(unsigned long long)off);
	else if ((u64)off >= extent->size)
		skep__strbuf_printf(out, ", %llu bytes past its end",
				    (unsigned long long)off - extent->size);
	else
		skep__strbuf_printf(out, ", the last %lld of them past its end", (long long)end);
	skep__strbuf_puts(out, " (");
	region_text(prov, out);
	skep__strbuf_printf(out, " is %llu bytes)", (unsigned long long)extent->size);
}

static void null_text(const struct prov *prov, struct strbuf *out)
{
	switch (prov->was) {
	case PROV_MAP_VALUE:
		skep__strbuf_puts(out, "nothing was found in ");
		skep__map_text(prov->obj, out);
		break;
	case PROV_RECORD:
		skep__strbuf_puts(out, "there was no room in ");
		skep__map_text(prov->obj, out);
		break;
	case PROV_OBJECT:
		skep__strbuf_puts(out, "there was no object");
		break;
	case PROV_SLICE:
		skep__strbuf_puts(out, "the dynptr has no data there");
		break;
	default:
		skep__strbuf_puts(out, "there was none");
		break;
	}
	skep__strbuf_printf(out, " at instruction %u, and the program did not ask", prov->insn);
}

/* A register that holds no pointer at all. */
static void no_pointer_text(const struct prov *prov, const struct access *access,
			    struct strbuf *out)
{
	if (prov->kind == PROV_NULL) {
		skep__strbuf_printf(out, "NULL%+lld: R%u is NULL, ", (long long)access->addr,
				    access->reg);
		null_text(prov, out);
	} else {
		skep__strbuf_printf(out, "0x%llx: R%u holds a number and no pointer",
				    (unsigned long long)access->addr, access->reg);
	}
}

static bool outside(const struct extent *extent, const struct access *access)
{
	u64 off = access->addr - extent->start;

	return off > extent->size || access->size > extent->size - off;
}

bool skep__region_allows(const struct run *run, const struct prov *prov,
			 const struct access *access)
{
	struct extent extent;

	return prov_is_pointer(prov) && !skep__region_extent(run, prov, &extent) &&
	       !outside(&extent, access) && !(access->kind & ~extent.access);
}

void skep__region_refusal(const struct run *run, const struct prov *prov,
			  const struct access *access, struct strbuf *out)
{
	struct extent extent;
	const char *gone;

	skep__access_text(access, out);
	if (!prov_is_pointer(prov)) {
		no_pointer_text(prov, access, out);
		return;
	}
	skep__place_text(run, prov, access->addr, out);
	gone = skep__region_extent(run, prov, &extent);
	if (gone)
		skep__strbuf_printf(out, ", %s", gone);
	else if (outside(&extent, access))
		distance_text(prov, &extent, access, out);
	else
		skep__strbuf_printf(out, ", which programs may not %s",
				    access->kind & ~extent.access & PROV_WRITE ? "write" : "read");
}
