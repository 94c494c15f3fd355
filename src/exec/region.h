/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checked mode's provenance: beside every register and every 8-byte stack slot stands what its
 * value points into. A pointer may be moved anywhere; it is judged when it is used, against the
 * region that it was made from and no other, as that region is at that moment: packets move, frames
 * return, records are given up.
 */
#ifndef SKEP_EXEC_REGION_H
#define SKEP_EXEC_REGION_H

#include "base/strbuf.h"
#include "helper/run.h"

enum prov_kind {
	PROV_NUMBER, /* no pointer; 0, so that cleared slots hold numbers */
	PROV_UNSET, /* a register that nothing was written to */
	PROV_NULL, /* 0 where a pointer of kind `was` could have been */
	PROV_CTX,
	PROV_STACK, /* a frame's: the program's own, or a caller's */
	PROV_PACKET,
	PROV_META, /* the metadata before the packet */
	PROV_PACKET_END, /* points to no byte */
	PROV_MAP_VALUE,
	PROV_MAP_KEY, /* what bpf_for_each_map_elem shows */
	PROV_RECORD, /* reserved in a ring buffer */
	PROV_SLICE, /* of such a record, behind a dynptr */
	PROV_PACKET_SLICE, /* of the packet, behind a dynptr */
	PROV_OBJECT, /* that a program has allocated */
	PROV_MEM, /* other memory of a known size */
	PROV_DYNPTR, /* a dynptr that a callback was handed; in stack slots: half of one */
	PROV_ITER, /* in stack slots: part of an iterator */
	PROV_MAP, /* the map itself */
	PROV_FUNC, /* a subprogram */
	PROV_ARENA, /* into the program's arena, whatever the number */
	PROV_OPAQUE, /* an object whose inside is not for programs, or not known */
};

enum prov_access { PROV_READ = 1, PROV_WRITE = 2 };

struct prov {
	u8 kind; /* enum prov_kind */
	u8 access; /* enum prov_access: what the region allows */
	u8 depth; /* PROV_STACK, PROV_DYNPTR: of the frame; PROV_OBJECT: 1 when it stays for the run
		     though its owner gives it up */
	u8 was; /* PROV_NULL: enum prov_kind; PROV_DYNPTR, _ITER in a slot: its part */
	u32 gen; /* which incarnation: of the frame, the packet, the record */
	u32 insn; /* the instruction that made the pointer */
	u32 size;
	u64 start;
	const void *obj; /* PROV_MAP, _MAP_VALUE, _MAP_KEY, _RECORD, _SLICE: struct map; _OBJECT:
			    struct objects; _MEM, _OPAQUE: its name */
};
static_assert(sizeof(struct prov) == 32, "beside every 8 bytes of stack");

struct value {
	u64 bits;
	struct prov prov;
};

static inline bool prov_is_pointer(const struct prov *prov)
{
	return prov->kind > PROV_NULL;
}

/* Most values are numbers, of which nothing but the kind counts. */
static inline void prov_copy(struct prov *to, const struct prov *from)
{
	if (likely(from->kind == PROV_NUMBER))
		to->kind = PROV_NUMBER;
	else
		*to = *from;
}

/* The bytes that a pointer may reach now. */
struct extent {
	u64 start;
	u64 size;
	u8 access;
};

/* NULL; or why the region is no memory, or is there no longer. */
const char *skep__region_extent(const struct run *run, const struct prov *prov, struct extent *out);

/* NULL; or why an allocated object is not to be touched any more (checked_object.c). */
const char *skep__object_gone(const struct prov *prov);

/* Is the frame of a stack pointer, or of the callback that a dynptr is for, still there? */
bool skep__region_frame(const struct run *run, const struct prov *prov);

/* An access that is asked for. */
struct access {
	u64 addr, size;
	u8 kind; /* enum prov_access, or-ed */
	u8 reg; /* that holds the pointer */
	const char *helper; /* on whose behalf; NULL: the program's own */
};

/* May it be done? Does not know the fields of contexts. */
bool skep__region_allows(const struct run *run, const struct prov *prov,
			 const struct access *access);

/* Why not, in words for people. */
void skep__region_refusal(const struct run *run, const struct prov *prov,
			  const struct access *access, struct strbuf *out);

/* "read of 4 bytes at ": how every report of a memory access begins. */
void skep__access_text(const struct access *access, struct strbuf *out);

/* "packet+12", "map value 'flows'-4", "fp-8": where an address lies, from its region's point of
 * view. */
void skep__place_text(const struct run *run, const struct prov *prov, u64 addr, struct strbuf *out);

/* "a number", "the context", "a map value": what kind of thing a register holds. */
const char *skep__prov_text(const struct prov *prov);

/* "map 'flows'", or "map 7" when it has no name. */
void skep__map_text(const struct map *map, struct strbuf *out);

/* The packet that a program of run's type sees, or NULL. */
const struct packet *skep__packet_of(const struct run *run);

#endif
