/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A value as C would initialise it: what fits on the rest of a line stands on one line, equal
 * elements of an array as "[4 ... 63] = 0". The number of nodes is bounded, since empty members can
 * nest to billions.
 */
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "btf/parsed.h"
#include "skep/btf.h"

enum { MAX_NODES = 1 << 20, MIN_RUN = 4 };

struct dump {
	const struct skep_btf *btf;
	const u8 *value;
	size_t size;
	u32 width;
	u32 nodes_left;
};

static void dump_node(struct dump *d, const struct skep_btf_node *node, u32 indent,
		      struct strbuf *out);

static void dump_number(const struct skep_btf_node *node, struct skep_btf_number n,
			struct strbuf *out)
{
	if (node->is_signed && (s64)n.hi < 0 && n.hi == ~0ULL && (s64)n.lo < 0)
		skep__strbuf_printf(out, "%" PRId64, (s64)n.lo);
	else if (n.hi)
		skep__strbuf_printf(out, "0x%" PRIx64 "%016" PRIx64, n.hi, n.lo);
	else
		skep__strbuf_printf(out, "%" PRIu64, n.lo);
}

static void dump_char(char c, char quote, struct strbuf *out)
{
	if (c == '\n' || c == '\t')
		skep__strbuf_puts(out, c == '\n' ? "\\n" : "\\t");
	else if (c == quote || c == '\\')
		skep__strbuf_printf(out, "\\%c", c);
	else
		skep__strbuf_putc(out, c);
}

static void dump_leaf(struct dump *d, const struct skep_btf_node *node, struct strbuf *out)
{
	struct skep_btf_number n;
	const char *name;
	double f;

	if (skep_btf_read(node, d->value, d->size, &n)) {
		skep__strbuf_putc(out, '?');
		return;
	}
	if (node->shape == SKEP_BTF_ENUM && (name = skep_btf_enum_name(d->btf, node, n))) {
		skep__strbuf_puts(out, name);
	} else if (node->shape == SKEP_BTF_FLOAT && !skep_btf_to_double(node, n, &f)) {
		skep__strbuf_printf(out, "%.*g", node->bits == 32 ? 9 : 17, f);
	} else if (node->shape == SKEP_BTF_PTR) {
		skep__strbuf_printf(out, n.lo ? "0x%" PRIx64 : "NULL", n.lo);
	} else if (node->shape == SKEP_BTF_BOOL && n.lo <= 1) {
		skep__strbuf_puts(out, n.lo ? "true" : "false");
	} else if (node->shape == SKEP_BTF_CHAR && n.lo >= 0x20 && n.lo < 0x7f) {
		skep__strbuf_putc(out, '\'');
		dump_char(n.lo, '\'', out);
		skep__strbuf_putc(out, '\'');
	} else {
		dump_number(node, n, out);
	}
}

static bool dump_text(struct dump *d, const struct skep_btf_node *node, struct strbuf *out)
{
	const char *text;
	long len = skep_btf_text(node, d->value, d->size, &text);

	if (len < 0)
		return false;
	skep__strbuf_putc(out, '"');
	for (long i = 0; i < len; i++)
		dump_char(text[i], '"', out);
	skep__strbuf_putc(out, '"');
	return true;
}

/* How many elements from i on have the same bytes. */
static u32 run_length(const struct dump *d, const struct skep_btf_node *array,
		      const struct skep_btf_node *elem, u32 i)
{
	size_t step = array->bits / 8 / array->nr, off = array->bit_off / 8 + i * step;
	u32 n = 1;

	if (step == 0 || elem->bits == 0)
		return array->nr - i;
	while (i + n < array->nr && off + (n + 1) * step <= d->size &&
	       !memcmp(d->value + off, d->value + off + n * step, step))
		n++;
	return n;
}

/*
 * A piece between separators: "designator value" on one line when that is short, else the value
 * over several. Returns false when the budget is spent.
 */
static bool dump_child(struct dump *d, const struct skep_btf_node *parent, u32 *i, u32 indent,
		       struct strbuf *out)
{
	struct skep_btf_node child;
	u32 run = 1;

	if (d->nodes_left == 0 || skep_btf_child(d->btf, parent, *i, &child)) {
		skep__strbuf_puts(out, "...");
		return false;
	}
	d->nodes_left--;
	if (parent->shape == SKEP_BTF_ARRAY) {
		run = run_length(d, parent, &child, *i);
		if (run < MIN_RUN)
			run = 1;
		else
			skep__strbuf_printf(out, "[%u ... %u] = ", *i, *i + run - 1);
	} else if (*child.name) {
		skep__strbuf_printf(out, ".%s = ", child.name);
	}
	dump_node(d, &child, indent, out);
	*i += run;
	return true;
}

/* On one line into a text of the line's length: false when it does not fit. */
static bool dump_flat(struct dump *d, const struct skep_btf_node *node, u32 room,
		      struct strbuf *out)
{
	struct dump narrow = *d;
	char line[256];
	struct strbuf flat;
	bool more = true;

	if (room < 8)
		return false;
	skep__strbuf_fixed(&flat, line, min((size_t)room, sizeof(line)));
	narrow.width = 0;
	skep__strbuf_puts(&flat, "{ ");
	for (u32 i = 0; i < node->nr && more && !flat.truncated;) {
		if (i)
			skep__strbuf_puts(&flat, ", ");
		more = dump_child(&narrow, node, &i, 0, &flat);
	}
	skep__strbuf_puts(&flat, " }");
	if (flat.truncated)
		return false;
	d->nodes_left = narrow.nodes_left;
	skep__strbuf_add(out, flat.text, flat.len);
	return true;
}

static void new_line(struct strbuf *out, u32 indent)
{
	skep__strbuf_putc(out, '\n');
	for (u32 i = 0; i < indent; i++)
		skep__strbuf_putc(out, '\t');
}

static u32 column(const struct strbuf *out)
{
	u32 col = 0;

	for (size_t i = out->len; i-- > 0 && out->text[i] != '\n';)
		col += out->text[i] == '\t' ? 8 : 1;
	return col;
}

/* Elements of an array share lines as long as there is room; members get one each. */
static void dump_lines(struct dump *d, const struct skep_btf_node *node, u32 indent,
		       struct strbuf *out)
{
	bool more = true, share = node->shape == SKEP_BTF_ARRAY;

	skep__strbuf_putc(out, '{');
	for (u32 i = 0; i < node->nr && more;) {
		if (i == 0 || !share || column(out) + 12 > d->width)
			new_line(out, indent + 1);
		else
			skep__strbuf_putc(out, ' ');
		more = dump_child(d, node, &i, indent + 1, out);
		skep__strbuf_putc(out, ',');
	}
	new_line(out, indent);
	skep__strbuf_putc(out, '}');
}

static void dump_node(struct dump *d, const struct skep_btf_node *node, u32 indent,
		      struct strbuf *out)
{
	u32 used;

	if (node->shape < SKEP_BTF_STRUCT) {
		dump_leaf(d, node, out);
		return;
	}
	if (node->is_text && dump_text(d, node, out))
		return;
	if (node->nr == 0) {
		skep__strbuf_puts(out, "{}");
		return;
	}
	if (d->width == 0) { /* inside a line already: it holds whatever comes, or is given up */
		if (!dump_flat(d, node, out->cap - out->len, out))
			out->truncated = true;
		return;
	}
	used = column(out);
	if (used >= d->width || !dump_flat(d, node, d->width - used, out))
		dump_lines(d, node, indent, out);
}

char *skep_btf_dump(const struct skep_btf *btf, uint32_t id, const void *value, size_t size,
		    unsigned int indent, unsigned int width)
{
	struct dump d = { .btf = btf, .value = value, .size = size, .nodes_left = MAX_NODES };
	struct skep_btf_node root;
	struct strbuf out;

	if (skep_btf_root(btf, id, &root))
		return NULL;
	d.width = width < 20 ? 20 : width;
	skep__strbuf_init(&out);
	dump_node(&d, &root, indent, &out);
	if (out.truncated) {
		skep__strbuf_fini(&out);
		return NULL;
	}
	return out.text;
}

void skep_btf_dump_free(char *text)
{
	skep__free(text);
}
