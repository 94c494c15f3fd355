/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CO-RE relocations: a program's BTF and the kernel's, and what the program asks of them. An input
 * is the size of the first BTF, relocations of 16 bytes and their number, and both blobs.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "btf/btf.h"
#include "sys/prog_core.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NR_INSNS 16
#define MAX_RELOS 32

/* Every kind of instruction that can be relocated, and what cannot. */
static void fill(struct bpf_insn *insns)
{
	static const uint8_t codes[] = { BPF_ALU64 | BPF_MOV | BPF_K, BPF_LDX | BPF_MEM | BPF_W,
					 BPF_LD | BPF_IMM | BPF_DW,   0,
					 BPF_STX | BPF_MEM | BPF_DW,  BPF_ST | BPF_MEM | BPF_H,
					 BPF_JMP | BPF_EXIT };

	memset(insns, 0, NR_INSNS * sizeof(*insns));
	for (uint32_t i = 0; i < NR_INSNS; i++)
		insns[i].code = codes[i % sizeof(codes)];
}

static void relocate(const struct btf *local, const struct btf *kernel, const uint8_t *relos,
		     uint32_t nr)
{
	struct bpf_insn insns[NR_INSNS];
	struct core_input in = { insns, NR_INSNS, local, kernel };
	struct strbuf log;

	skep__strbuf_init(&log);
	for (uint32_t i = 0; i < nr; i++) {
		struct bpf_core_relo relo;

		fill(insns);
		memcpy(&relo, relos + i * sizeof(relo), sizeof(relo));
		skep__core_apply(&in, i, &relo, &log);
	}
	skep__strbuf_fini(&log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t local_size, nr, used;
	struct btf *local, *kernel;
	int err;

	if (size < 5)
		return 0;
	memcpy(&local_size, data, sizeof(local_size));
	nr = data[4] % MAX_RELOS;
	used = 5 + nr * sizeof(struct bpf_core_relo);
	if (size < used || local_size > size - used)
		return 0;
	local = skep__btf_parse(data + used, local_size, NULL, NULL, &err);
	kernel = skep__btf_parse(data + used + local_size, (uint32_t)(size - used - local_size),
				 NULL, NULL, &err);
	if (local)
		relocate(local, kernel, data + 5, nr);
	skep__btf_free(kernel);
	skep__btf_free(local);
	return 0;
}
