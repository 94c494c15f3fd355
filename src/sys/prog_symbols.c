/* SPDX-License-Identifier: BSD-2-Clause */
#include "sys/prog_symbols.h"

#include <limits.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sha256.h"
#include "base/strbuf.h"
#include "jit/jit.h"

int skep__prog_tag(const struct bpf_insn *insns, u32 len, u8 tag[BPF_TAG_SIZE])
{
	struct bpf_insn *copy = skep__dup(insns, len * sizeof(*copy));
	u8 digest[SHA256_SIZE];

	if (!copy)
		return -ENOMEM;
	for (u32 i = 0; i + 1 < len; i++) {
		if (copy[i].code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		if (copy[i].src_reg == BPF_PSEUDO_MAP_FD || copy[i].src_reg == BPF_PSEUDO_MAP_VALUE)
			copy[i].imm = copy[i + 1].imm = 0;
		i++;
	}
	skep__sha256(copy, len * sizeof(*copy), digest);
	memcpy(tag, digest, BPF_TAG_SIZE);
	skep__free(copy);
	return 0;
}

static bool is_local_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL;
}

static u32 subprog_at(const struct prog *prog, u32 start)
{
	u32 low = 0, high = prog->nr_subprogs;

	while (high - low > 1) {
		u32 mid = low + (high - low) / 2;

		if (prog->subprogs[mid].start <= start)
			low = mid;
		else
			high = mid;
	}
	return low;
}

void skep__show_local_calls(struct bpf_insn *insns, const struct prog *prog)
{
	for (u32 i = 0; i < prog->len; i++) {
		struct bpf_insn *insn = &insns[i];

		if (!is_local_call(insn))
			continue;
		insn->off = (s16)insn->imm;
		insn->imm = (s32)subprog_at(prog, i + 1 + (u32)insn->imm);
	}
}

/*
 * Over the function's instructions as they are shown, but that calls have whose function it is in
 * off, and 1 in imm: so they look when the kernel does this.
 */
static int function_tag(const struct prog_object *p, u32 sub, u8 tag[BPF_TAG_SIZE])
{
	const struct subprog *s = &p->prog.subprogs[sub];
	u32 len = s->end - s->start;
	struct bpf_insn *copy;
	int err;

	if (p->prog.nr_subprogs == 1) {
		memcpy(tag, p->prog.tag, BPF_TAG_SIZE);
		return 0;
	}
	copy = skep__dup(p->xlated + s->start, len * sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	for (u32 i = 0; i < len; i++) {
		if (is_local_call(&copy[i])) {
			copy[i].off = (s16)copy[i].imm;
			copy[i].imm = 1;
		}
	}
	err = skep__prog_tag(copy, len, tag);
	skep__free(copy);
	return err;
}

int skep__prog_functions(const struct prog_object *p, struct prog_functions *f)
{
	u32 nr = p->prog.nr_subprogs;
	int err = 0;

	*f = (struct prog_functions){ .addresses = skep__zalloc_array(nr, sizeof(*f->addresses)),
				      .sizes = skep__zalloc_array(nr, sizeof(*f->sizes)),
				      .tags = skep__zalloc_array(nr, sizeof(*f->tags)),
				      .nr = nr };
	if (!f->addresses || !f->sizes || !f->tags)
		err = -ENOMEM;
	for (u32 i = 0; i < nr && !err; i++) {
		const void *code = skep__jit_code_of(&p->prog, i, &f->sizes[i]);

		f->addresses[i] = (u64)(uintptr_t)code;
		err = function_tag(p, i, f->tags[i]);
	}
	if (err)
		skep__prog_functions_free(f);
	return err;
}

void skep__prog_functions_free(struct prog_functions *f)
{
	skep__free(f->addresses);
	skep__free(f->sizes);
	skep__free(f->tags);
	*f = (struct prog_functions){ 0 };
}

/* Named as the kernel names them, and nothing for programs that are not machine code. */
static int add_symbols(struct strbuf *out, const struct prog_object *p)
{
	struct prog_functions f;
	int err = skep__prog_functions(p, &f);

	for (u32 i = 0; i < f.nr && !err; i++) {
		const char *name = p->prog.subprogs[i].name;
		const u8 *tag = i ? f.tags[i] : p->prog.tag;

		if (!f.addresses[i])
			continue;
		skep__strbuf_printf(out, "%016llx t bpf_prog_", (unsigned long long)f.addresses[i]);
		for (u32 byte = 0; byte < BPF_TAG_SIZE; byte++)
			skep__strbuf_printf(out, "%02x", tag[byte]);
		if (!name)
			name = i ? "F" : p->prog.name;
		skep__strbuf_printf(out, "%s%s\t[bpf]\n", *name ? "_" : "", name);
	}
	if (!err)
		skep__prog_functions_free(&f);
	return err;
}

long skep__sys_symbols(struct skep_world *w, struct client *c, u64 addr, u32 room)
{
	struct strbuf out;
	u32 id = 0;
	long ret = 0;

	skep__strbuf_init(&out);
	skep__world_settle(w->world);
	while (!ret && (id = skep__world_next_id(w->world, OBJ_PROG, id)) != 0) {
		struct object *obj = skep__world_get(w->world, OBJ_PROG, id);

		if (!obj)
			continue;
		ret = add_symbols(&out, to_prog(obj));
		object_put(obj);
	}
	if (!ret && (out.truncated || out.len > INT_MAX))
		ret = -ENOMEM;
	if (!ret && !client_write(c, addr, out.text, min((size_t)room, out.len)))
		ret = (long)out.len;
	else if (!ret)
		ret = -EFAULT;
	skep__strbuf_fini(&out);
	return ret;
}
