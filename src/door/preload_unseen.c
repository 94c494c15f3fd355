/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs whose closes cannot be seen. Go's runtime makes system calls of its own, also in
 * programs that call bpf(2) through the C library: what an fd number meant a moment ago says
 * nothing there.
 */
#include <link.h>
#include <string.h>

#include "door/preload.h"

static bool is_go_note(const char *note, size_t len)
{
	ElfW(Nhdr) head;

	while (len >= sizeof(head)) {
		memcpy(&head, note, sizeof(head));
		size_t name = round_up((size_t)head.n_namesz, (size_t)4),
		       size = sizeof(head) + name + round_up((size_t)head.n_descsz, (size_t)4);

		if (size > len)
			return false;
		if (head.n_namesz == 4 && !memcmp(note + sizeof(head), "Go\0", 4))
			return true;
		note += size;
		len -= size;
	}
	return false;
}

/* Looks at the program, which comes first, and at nothing else. */
static int look(struct dl_phdr_info *info, size_t size, void *found)
{
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];

		if (p->p_type == PT_NOTE &&
		    is_go_note((const char *)info->dlpi_addr + p->p_vaddr, p->p_filesz))
			*(bool *)found = true;
	}
	return 1;
}

bool preload_closes_unseen(void)
{
	bool found = false;

	dl_iterate_phdr(look, &found);
	return found;
}
