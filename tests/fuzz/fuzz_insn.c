/* SPDX-License-Identifier: BSD-2-Clause */
/* Raw instructions: decoded, prepared as PROG_LOAD does, and disassembled. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "isa/disasm.h"
#include "map/map.h"
#include "verify/calls.h"
#include "verify/prepare.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct map *array_of_one(void *opaque, int fd, int *err)
{
	*err = fd % 2 ? 0 : -EBADF;
	return fd % 2 ? opaque : NULL;
}

static struct map *array_by_index(void *opaque, u32 index, int *err)
{
	return array_of_one(opaque, index, err);
}

static void disassemble(const struct bpf_insn *raw, u32 len)
{
	struct strbuf text;
	struct insn insn;

	skep__strbuf_init(&text);
	for (u32 i = 0; i < len; i++) {
		if (skep__insn_decode(raw + i, len - i, &insn, NULL) > 0)
			skep__disasm(&insn, i, NULL, &text);
	}
	skep__strbuf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct map map = {
		.def = { .type = BPF_MAP_TYPE_ARRAY, .max_entries = 1, .value_size = 64 }
	};
	struct prepare_input in = {
		.len = size / sizeof(struct bpf_insn),
		.prog_type = BPF_PROG_TYPE_XDP,
		.map_of_fd = array_of_one,
		.map_of_index = array_by_index,
		.opaque = &map,
	};
	struct prog prog = { .type = BPF_PROG_TYPE_XDP };
	struct strbuf log;

	if (!in.len)
		return 0;
	in.insns = skep__dup(data, in.len * sizeof(struct bpf_insn)); /* aligned */
	skep__strbuf_init(&log);
	if (skep__prepare(&in, &prog, &log) == 0) {
		skep__check_calls(&prog, &log);
		skep__prepare_free(&prog);
	}
	disassemble(in.insns, in.len);
	skep__strbuf_fini(&log);
	skep__free((void *)in.insns);
	return 0;
}
