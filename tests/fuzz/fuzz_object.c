/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A compiled object, loaded as the command loads it: our look at its ELF and BTF, libbpf on top of
 * our bpf(2), then its programs as text and its maps through their BTF. Nothing of it is run
 * (fuzz_checked and fuzz_test_run run programs): a loop without end would only cost time. For the
 * same reason the kernel whose types it is relocated to is the object itself, and large maps are
 * not shown.
 */
#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "cli/kernel.h"
#include "cli/maps.h"
#include "cli/object.h"
#include "cli_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);

enum { SHOWN_BYTES = 1 << 18 };

/* Debian's libbpf 1.1.2 forgets memory when relocations fail; the command ends then. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libbpf.so";
}

static void show_maps(const struct object *o)
{
	uint64_t bytes = 0;
	struct bpf_map *map;

	bpf_object__for_each_map (map, o->bpf)
		bytes += (uint64_t)bpf_map__max_entries(map) * (bpf_map__value_size(map) + 16);
	if (bytes <= SHOWN_BYTES)
		json_object_put(maps_to_json(o));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *disasm[] = { "disasm", NULL, NULL };
	struct object o = { 0 };
	struct input_file in;

	if (!input_open(&in, data, size))
		return 0;
	if (!kernel_open(NULL, SKEP_MODE_CHECKED)) {
		if (!object_load(&o, in.path, in.path, NULL))
			show_maps(&o);
		object_close(&o);
		kernel_close();
	}
	disasm[1] = in.path;
	cmd_disasm(2, disasm);
	input_close(&in);
	return 0;
}

#ifdef FUZZER
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

/* A section's bytes, when the headers are whole enough to tell; else the file. */
static uint8_t *some_section(uint8_t *data, size_t *size, unsigned int seed)
{
	Elf64_Ehdr eh;
	Elf64_Shdr sh;

	if (*size < sizeof(eh))
		return data;
	memcpy(&eh, data, sizeof(eh));
	if (eh.e_shentsize != sizeof(sh) || !eh.e_shnum || eh.e_shoff > *size ||
	    (*size - eh.e_shoff) / sizeof(sh) < eh.e_shnum)
		return data;
	memcpy(&sh, data + eh.e_shoff + seed % eh.e_shnum * sizeof(sh), sizeof(sh));
	if (sh.sh_type == SHT_NOBITS || !sh.sh_size || sh.sh_offset > *size ||
	    sh.sh_size > *size - sh.sh_offset)
		return data;
	*size = sh.sh_size;
	return data + sh.sh_offset;
}

/* Mostly inside one section, and without moving what follows: bytes that libelf still understands.
 */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	size_t part = size;
	uint8_t *at;

	if (seed % 8 == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	at = some_section(data, &part, seed / 8);
	if (part > 512) { /* the mutator likes short pieces */
		size_t off = seed / 64 % (part - 256);

		at += off & ~(size_t)3;
		part = 256;
	}
	LLVMFuzzerMutate(at, part, part);
	return size;
}
#endif
