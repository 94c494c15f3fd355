/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values seen through BTF. A node is one place in a value: what stands there, how wide, where,
 * under which name. Begin with skep_btf_root(), go down with skep_btf_child(), read and write
 * numbers. Nodes are plain values that point into the BTF and need no freeing. The BTF is checked
 * as the kernel checks it, and no value, however short, makes anything here read or write past its
 * size.
 */
#ifndef SKEP_BTF_H
#define SKEP_BTF_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef SKEP_API
#define SKEP_API __attribute__((visibility("default")))
#endif

struct skep_btf;

/*
 * skep's own BTF of a kernel, which worlds use on machines without /sys/kernel/btf/vmlinux: there,
 * libbpf wants it in a file (btf_custom_path). Static; NULL in a build without clang.
 */
SKEP_API const void *skep_kernel_btf(size_t *size);

/* Checks and copies raw BTF. NULL with errno as of BPF_BTF_LOAD. */
SKEP_API struct skep_btf *skep_btf_new(const void *raw, size_t size);
SKEP_API void skep_btf_free(struct skep_btf *btf);

enum skep_btf_shape {
	SKEP_BTF_INT,
	SKEP_BTF_BOOL,
	SKEP_BTF_CHAR,
	SKEP_BTF_ENUM,
	SKEP_BTF_FLOAT,
	SKEP_BTF_PTR,
	SKEP_BTF_STRUCT, /* the first of those with children */
	SKEP_BTF_UNION,
	SKEP_BTF_ARRAY,
	SKEP_BTF_SECTION, /* .data, .bss and their like: the children are variables */
};

struct skep_btf_node {
	const char *name; /* of the member or variable; "" for others and for what is anonymous */
	enum skep_btf_shape shape;
	int is_signed; /* INT and ENUM */
	int is_text; /* ARRAY of CHAR */
	uint32_t id; /* of the type, qualifiers and typedefs taken off */
	uint32_t nr; /* children */
	uint32_t depth; /* steps from the root */
	uint64_t bit_off; /* from the start of the value */
	uint64_t bits; /* width; of a bit field, or else a multiple of 8 */
};

/* 0, or -EINVAL for a type that has no values, or no such id. */
SKEP_API int skep_btf_root(const struct skep_btf *btf, uint32_t id, struct skep_btf_node *node);

/* Child i of a node. 0, -ENOENT past the last, or -E2BIG when the value is nested too deeply (32).
 */
SKEP_API int skep_btf_child(const struct skep_btf *btf, const struct skep_btf_node *parent,
			    uint32_t i, struct skep_btf_node *child);

/*
 * The number at a node without children, sign-extended to 128 bits if it is signed; a FLOAT gives
 * its bits. 0, or -ERANGE when the value of `size` bytes ends before it.
 */
struct skep_btf_number {
	uint64_t lo, hi;
};
SKEP_API int skep_btf_read(const struct skep_btf_node *node, const void *value, size_t size,
			   struct skep_btf_number *out);
/* The reverse. -ERANGE also when the number does not fit into the node's bits. */
SKEP_API int skep_btf_write(const struct skep_btf_node *node, void *value, size_t size,
			    struct skep_btf_number number);

/* Between FLOAT nodes of 4 or 8 bytes and doubles: 0, or -EINVAL for other widths. */
SKEP_API int skep_btf_to_double(const struct skep_btf_node *node, struct skep_btf_number number,
				double *out);
SKEP_API int skep_btf_from_double(const struct skep_btf_node *node, double from,
				  struct skep_btf_number *out);

/*
 * The text in an ARRAY that is_text: its bytes up to the first NUL, all printable, and nothing but
 * NULs behind. Returns its length, or -EINVAL when the array holds something else; *text points
 * into value.
 */
SKEP_API long skep_btf_text(const struct skep_btf_node *node, const void *value, size_t size,
			    const char **text);

/* Names of an ENUM's values: NULL, and -ENOENT, when there is none. */
SKEP_API const char *skep_btf_enum_name(const struct skep_btf *btf,
					const struct skep_btf_node *node,
					struct skep_btf_number number);
SKEP_API int skep_btf_enum_value(const struct skep_btf *btf, const struct skep_btf_node *node,
				 const char *name, struct skep_btf_number *out);

/*
 * The whole value as C would initialise it, on lines of about `width` columns after the first,
 * indented by `indent` tabs. Free it with skep_btf_dump_free. NULL: out of memory, or a type
 * without values.
 */
SKEP_API char *skep_btf_dump(const struct skep_btf *btf, uint32_t id, const void *value,
			     size_t size, unsigned int indent, unsigned int width);
SKEP_API void skep_btf_dump_free(char *text);

#ifdef __cplusplus
}
#endif
#endif
