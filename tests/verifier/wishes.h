/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_VERIFIER_WISHES_H
#define TESTS_VERIFIER_WISHES_H

#include <bpf/libbpf.h>

/* What an object asks for one of its programs, in decl tags as the selftests write them. */
struct wishes {
	unsigned int flags; /* "comment:test_prog_flags=": to load it with */
	char btf[256]; /* "comment:test_btf_path=": a file beside the object, with the kernel's types */
	char retval[64]; /* "comment:test_retval=": what it returns; or "" */
};

void read_wishes(const char *path, const char *program, struct wishes *w);

struct bpf_object *open_as_wished(const char *path, const struct wishes *w); /* NULL with errno */

#endif
