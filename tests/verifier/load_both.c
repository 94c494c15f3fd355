/* SPDX-License-Identifier: BSD-2-Clause */
#include "load_both.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel_types.h"

#define LOG_SIZE (1 << 20)

bool load_both_open(struct load_both *b)
{
	struct skep_world_opts opts = { .size = sizeof(opts) };

	memset(b, 0, sizeof(*b));
	b->btf = read_kernel_types();
	if (!b->btf)
		return false;
	b->skep = (struct door){ .name = "skep", .world = skep_world_new(&opts) };
	b->has_kernel = door_open_kernel(&b->kernel);
	return b->skep.world;
}

void load_both_close(struct load_both *b)
{
	door_close(&b->skep);
	door_close(&b->kernel);
	skep__btf_free(b->btf);
}

s64 load_both_kfunc(const struct load_both *b, const char *name)
{
	return skep__btf_find(b->btf, name, BTF_KIND_FUNC);
}

static u32 attach_id(const struct load_both *b, const char *name)
{
	static const u32 kinds[] = { BTF_KIND_FUNC, BTF_KIND_TYPEDEF, BTF_KIND_STRUCT };

	for (size_t i = 0; name && i < ARRAY_SIZE(kinds); i++) {
		s64 id = skep__btf_find(b->btf, name, kinds[i]);

		if (id >= 0)
			return id;
	}
	return 0;
}

/* The sentence before the statistics, which are the log's last line when there are any. */
static void read_log(char *log, struct verdict *v)
{
	char *stats = strstr(log, "processed "), *line;

	for (char *next = stats; next; next = strstr(next + 1, "\nprocessed "))
		stats = next;
	v->processed = 0;
	if (stats) {
		v->processed = strtoul(stats + (*stats == '\n') + strlen("processed "), NULL, 10);
		*stats = 0;
	}
	while (*log && log[strlen(log) - 1] == '\n')
		log[strlen(log) - 1] = 0;
	line = strrchr(log, '\n');
	snprintf(v->line, sizeof(v->line), "%.255s", line ? line + 1 : log);
}

void load_ask(const struct load_both *b, const struct door *d, const struct load_program *p,
	      struct verdict *v)
{
	union bpf_attr attr = { 0 };
	char *log = calloc(1, LOG_SIZE);
	long fd;

	attr.prog_type = p->type;
	attr.expected_attach_type = p->attach_type;
	attr.prog_flags = p->flags;
	attr.attach_btf_id = attach_id(b, p->attach_to);
	attr.insns = (u64)(uintptr_t)p->insns;
	attr.insn_cnt = p->len;
	attr.license = (u64)(uintptr_t)(p->license ? p->license : "GPL");
	attr.log_buf = (u64)(uintptr_t)log;
	attr.log_size = LOG_SIZE;
	attr.log_level = 1;
	fd = door_bpf(d, BPF_PROG_LOAD, &attr, sizeof(attr));
	v->err = fd < 0 ? (int)fd : 0;
	if (fd >= 0)
		close((int)fd);
	read_log(log, v);
	free(log);
}
