/* SPDX-License-Identifier: BSD-2-Clause */
#include "wishes.h"

#include <bpf/btf.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef BPF_F_TEST_REG_INVARIANTS /* headers older than Linux 6.8 */
#define BPF_F_TEST_REG_INVARIANTS (1u << 7)
#endif

static unsigned int flag_of(const char *name)
{
	static const struct {
		const char *name;
		unsigned int flag;
	} flags[] = {
		{ "BPF_F_STRICT_ALIGNMENT", BPF_F_STRICT_ALIGNMENT },
		{ "BPF_F_ANY_ALIGNMENT", BPF_F_ANY_ALIGNMENT },
		{ "BPF_F_TEST_RND_HI32", BPF_F_TEST_RND_HI32 },
		{ "BPF_F_TEST_STATE_FREQ", BPF_F_TEST_STATE_FREQ },
		{ "BPF_F_SLEEPABLE", BPF_F_SLEEPABLE },
		{ "BPF_F_XDP_HAS_FRAGS", BPF_F_XDP_HAS_FRAGS },
		{ "BPF_F_TEST_REG_INVARIANTS", BPF_F_TEST_REG_INVARIANTS },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (!strcmp(name, flags[i].name))
			return flags[i].flag;
	}
	return strtoul(name, NULL, 0);
}

/* What follows the given beginning, or NULL. */
static const char *after(const char *text, const char *beginning)
{
	size_t len = strlen(beginning);

	return strncmp(text, beginning, len) ? NULL : text + len;
}

static void read_tag(const char *tag, const char *path, struct wishes *w)
{
	const char *slash = strrchr(path, '/'), *text;

	if ((text = after(tag, "comment:test_prog_flags=")))
		w->flags |= flag_of(text);
	else if ((text = after(tag, "comment:test_btf_path=")))
		snprintf(w->btf, sizeof(w->btf), "%.*s%s", slash ? (int)(slash - path + 1) : 0,
			 path, text);
	else if ((text = after(tag, "comment:test_retval=")))
		snprintf(w->retval, sizeof(w->retval), "%s", text);
}

void read_wishes(const char *path, const char *program, struct wishes *w)
{
	struct btf *btf = btf__parse(path, NULL);
	int func = btf ? btf__find_by_name_kind(btf, program, BTF_KIND_FUNC) : -1;

	*w = (struct wishes){ 0 };
	for (unsigned int id = 1; func > 0 && id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (btf_is_decl_tag(t) && (int)t->type == func &&
		    btf_decl_tag(t)->component_idx == -1)
			read_tag(btf__str_by_offset(btf, t->name_off), path, w);
	}
	btf__free(btf);
}

struct bpf_object *open_as_wished(const char *path, const struct wishes *w)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = w->btf[0] ? w->btf : NULL);

	return bpf_object__open_file(path, &opts);
}
