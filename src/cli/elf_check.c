/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/elf_check.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "cli/btf_check.h"
#include "cli/file.h"

enum { MAX_OBJECT = 256 << 20 };

#ifndef EM_BPF
#define EM_BPF 247
#endif

struct elf {
	const char *path;
	const unsigned char *data;
	size_t size;
	Elf64_Ehdr head;
	const Elf64_Shdr *sections; /* head.e_shnum of them */
	const char *names; /* of sections */
};

static bool inside(const struct elf *e, uint64_t off, uint64_t len)
{
	return off <= e->size && len <= e->size - off;
}

static enum outcome check_head(struct elf *e)
{
	const Elf64_Ehdr *h = &e->head;

	if (e->size < sizeof(*h))
		return complain("%s: byte %zu: the file ends inside the ELF header", e->path,
				e->size);
	memcpy(&e->head, e->data, sizeof(e->head));
	if (memcmp(h->e_ident, ELFMAG, SELFMAG))
		return complain(
			"%s: byte 0: no ELF file; a BPF object comes from clang -target bpf -c",
			e->path);
	if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB)
		return complain("%s: byte 4: not a 64-bit little-endian ELF file", e->path);
	if (h->e_machine != EM_BPF)
		return complain("%s: byte 18: compiled for machine %u, not for BPF (%d); use "
				"clang -target bpf",
				e->path, h->e_machine, EM_BPF);
	if (h->e_type != ET_REL)
		return complain("%s: byte 16: a relocatable object is needed, this is ELF type %u",
				e->path, h->e_type);
	if (h->e_shentsize != sizeof(Elf64_Shdr) || h->e_shoff % 8 || h->e_shnum == 0 ||
	    !inside(e, h->e_shoff, (uint64_t)h->e_shnum * sizeof(Elf64_Shdr)))
		return complain("%s: byte %zu: the section table (%u entries at byte %llu) is not "
				"inside the file's %zu bytes",
				e->path, offsetof(Elf64_Ehdr, e_shoff), h->e_shnum,
				(unsigned long long)h->e_shoff, e->size);
	if (h->e_shstrndx >= h->e_shnum)
		return complain("%s: byte %zu: section names in section %u of %u", e->path,
				offsetof(Elf64_Ehdr, e_shstrndx), h->e_shstrndx, h->e_shnum);
	e->sections = (const void *)(e->data + h->e_shoff);
	return GOOD;
}

/* A table of texts: not empty, and its last byte is NUL. */
static bool is_strings(const struct elf *e, uint32_t index)
{
	const Elf64_Shdr *s = &e->sections[index];

	return index < e->head.e_shnum && s->sh_type == SHT_STRTAB && s->sh_size &&
	       inside(e, s->sh_offset, s->sh_size) && !e->data[s->sh_offset + s->sh_size - 1];
}

static const char *section_name(const struct elf *e, const Elf64_Shdr *s)
{
	return e->names + s->sh_name;
}

static enum outcome check_section(const struct elf *e, unsigned int i)
{
	const Elf64_Shdr *s = &e->sections[i];
	bool linked = s->sh_type == SHT_SYMTAB || s->sh_type == SHT_REL || s->sh_type == SHT_RELA;
	uint64_t unit = s->sh_type == SHT_SYMTAB ? sizeof(Elf64_Sym)
			: s->sh_type == SHT_REL  ? sizeof(Elf64_Rel)
						 : sizeof(Elf64_Rela);

	if (s->sh_name >= e->sections[e->head.e_shstrndx].sh_size)
		return complain("%s: section %u: its name lies outside the string table", e->path,
				i);
	if (s->sh_type == SHT_NULL)
		return GOOD;
	if (s->sh_type != SHT_NOBITS && !inside(e, s->sh_offset, s->sh_size))
		return complain(
			"%s: section %u (%s): bytes %llu to %llu, but the file has only %zu",
			e->path, i, section_name(e, s), (unsigned long long)s->sh_offset,
			(unsigned long long)(s->sh_offset + s->sh_size), e->size);
	if (s->sh_type == SHT_NOBITS && s->sh_size > MAX_OBJECT)
		return complain("%s: section %u (%s): %llu bytes of zeros are too many", e->path, i,
				section_name(e, s), (unsigned long long)s->sh_size);
	if (s->sh_type == SHT_STRTAB && !is_strings(e, i))
		return complain("%s: section %u (%s): a string table that does not end with a NUL",
				e->path, i, section_name(e, s));
	if (linked && (s->sh_link >= e->head.e_shnum || s->sh_entsize != unit || s->sh_size % unit))
		return complain("%s: section %u (%s): entries of %llu bytes, linked to section %u: "
				"the section's header is damaged",
				e->path, i, section_name(e, s), (unsigned long long)s->sh_entsize,
				s->sh_link);
	return GOOD;
}

static enum outcome check_symbols(const struct elf *e, unsigned int i)
{
	const Elf64_Shdr *s = &e->sections[i];
	uint64_t strings;

	if (!is_strings(e, s->sh_link))
		return complain("%s: section %u (%s): its names are in section %u, which is no "
				"string table",
				e->path, i, section_name(e, s), s->sh_link);
	strings = e->sections[s->sh_link].sh_size;
	for (uint64_t n = 0; n < s->sh_size / sizeof(Elf64_Sym); n++) {
		const Elf64_Shdr *home;
		Elf64_Sym sym;

		memcpy(&sym, e->data + s->sh_offset + n * sizeof(sym), sizeof(sym));
		if (sym.st_name >= strings)
			return complain("%s: symbol %llu: its name lies outside the string table",
					e->path, (unsigned long long)n);
		if (sym.st_shndx >= SHN_LORESERVE || sym.st_shndx == SHN_UNDEF)
			continue;
		if (sym.st_shndx >= e->head.e_shnum)
			return complain("%s: symbol %llu: in section %u of %u", e->path,
					(unsigned long long)n, sym.st_shndx, e->head.e_shnum);
		home = &e->sections[sym.st_shndx];
		if (sym.st_value > home->sh_size || sym.st_size > home->sh_size - sym.st_value)
			return complain(
				"%s: symbol %llu: bytes %llu to %llu of section %u, which has %llu",
				e->path, (unsigned long long)n, (unsigned long long)sym.st_value,
				(unsigned long long)(sym.st_value + sym.st_size), sym.st_shndx,
				(unsigned long long)home->sh_size);
	}
	return GOOD;
}

static enum outcome check_relocations(const struct elf *e, unsigned int i)
{
	const Elf64_Shdr *s = &e->sections[i], *symtab = &e->sections[s->sh_link];
	uint64_t symbols = symtab->sh_size / sizeof(Elf64_Sym);

	if (s->sh_info >= e->head.e_shnum || symtab->sh_type != SHT_SYMTAB)
		return complain("%s: section %u (%s): relocations of section %u by the symbols of "
				"section %u: "
				"there is no such pair",
				e->path, i, section_name(e, s), s->sh_info, s->sh_link);
	for (uint64_t off = 0; off < s->sh_size; off += s->sh_entsize) {
		Elf64_Rel rel;

		memcpy(&rel, e->data + s->sh_offset + off, sizeof(rel));
		if (ELF64_R_SYM(rel.r_info) >= symbols ||
		    rel.r_offset > e->sections[s->sh_info].sh_size)
			return complain(
				"%s: byte %llu: a relocation at %llu by symbol %llu, where there "
				"are %llu bytes and %llu symbols",
				e->path, (unsigned long long)(s->sh_offset + off),
				(unsigned long long)rel.r_offset,
				(unsigned long long)ELF64_R_SYM(rel.r_info),
				(unsigned long long)e->sections[s->sh_info].sh_size,
				(unsigned long long)symbols);
	}
	return GOOD;
}

static enum outcome check_each(const struct elf *e,
			       enum outcome (*check)(const struct elf *, unsigned int),
			       uint32_t type)
{
	for (unsigned int i = 0; i < e->head.e_shnum; i++) {
		enum outcome ret = GOOD;

		if (type == SHT_NULL || e->sections[i].sh_type == type)
			ret = check(e, i);
		if (ret)
			return ret;
	}
	return GOOD;
}

static enum outcome check_btf(const struct elf *e, unsigned int i)
{
	const Elf64_Shdr *s = &e->sections[i];

	if (strcmp(section_name(e, s), ".BTF"))
		return GOOD;
	if (s->sh_offset % 4)
		return complain("%s: byte %llu: .BTF at an odd address", e->path,
				(unsigned long long)s->sh_offset);
	return btf_check(e->path, s->sh_offset, e->data + s->sh_offset, s->sh_size);
}

static enum outcome check_all(struct elf *e)
{
	enum outcome ret = check_head(e);

	if (ret)
		return ret;
	if (!is_strings(e, e->head.e_shstrndx))
		return complain("%s: section %u: the table of section names is damaged", e->path,
				e->head.e_shstrndx);
	e->names = (const char *)e->data + e->sections[e->head.e_shstrndx].sh_offset;
	ret = check_each(e, check_section, SHT_NULL);
	if (!ret)
		ret = check_each(e, check_symbols, SHT_SYMTAB);
	if (!ret)
		ret = check_each(e, check_relocations, SHT_REL);
	if (!ret)
		ret = check_each(e, check_relocations, SHT_RELA);
	return ret ? ret : check_each(e, check_btf, SHT_PROGBITS);
}

enum outcome elf_check(const char *path)
{
	struct elf e = { .path = path };
	struct bytes file;
	enum outcome ret = file_read(path, MAX_OBJECT, &file);

	if (ret)
		return ret;
	e.data = file.data;
	e.size = file.size;
	ret = check_all(&e);
	bytes_free(&file);
	return ret;
}
