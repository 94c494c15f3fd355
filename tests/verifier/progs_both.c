/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs of progs/: each says what it expects (told.h), and skep and this machine's kernel
 * are both held to it: accepted or refused, with which errno and closing line; and what a test run
 * returns, and makes of the packet, in each of skep's modes and in the kernel.
 *
 * usage: progs_both OBJECT...    Where the kernel may not be asked, skep alone is.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/netfilter.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "diff/asked.h"
#include "verifier/newer_types.h"

#define MAX_PROGRAMS 256
#define MAX_PACKET 16384
#define NR_DOORS 4

static struct door doors[NR_DOORS];
static struct door bare[NR_DOORS]; /* the same, for programs loaded without CAP_PERFMON */
static int nr_doors;
static char log_buf[1 << 20];

/* ---- what is expected ------------------------------------------------------------------------ */

struct expected {
	char name[128], line[512], stopped[256];
	bool accepted, runs, refused, without_perfmon, leaves, kernel_errs, at_hook;
	u32 returns, packet, left, args, hook;
};

static void read_tag(struct expected *e, const char *tag)
{
	if (!strcmp(tag, "accepted")) {
		e->accepted = true;
	} else if (sscanf(tag, "returns %i", (int *)&e->returns) == 1) {
		e->accepted = e->runs = true;
	} else if (sscanf(tag, "args %u", &e->args) == 1) {
		/* of a run */
	} else if (sscanf(tag, "hook %u", &e->hook) == 1) {
		e->at_hook = true;
	} else if (sscanf(tag, "leaves %i", (int *)&e->left) == 1) {
		e->leaves = true;
	} else if (!strncmp(tag, "refused ", 8)) {
		e->refused = true;
		snprintf(e->line, sizeof(e->line), "%s", tag + 8);
	} else if (!strncmp(tag, "stopped ", 8)) {
		e->accepted = e->runs = true;
		snprintf(e->stopped, sizeof(e->stopped), "%s", tag + 8);
	} else if (!strcmp(tag, "kernel errs")) {
		e->kernel_errs = true;
	} else if (!strcmp(tag, "without perfmon")) {
		e->without_perfmon = true;
	} else {
		sscanf(tag, "packet %u", &e->packet);
	}
}

static void read_expected(const struct bpf_object *obj, const char *name, struct expected *e)
{
	const struct btf *btf = bpf_object__btf(obj);
	int func = btf__find_by_name_kind(btf, name, BTF_KIND_FUNC);

	*e = (struct expected){ .packet = 64 };
	snprintf(e->name, sizeof(e->name), "%s", name);
	for (u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (btf_is_decl_tag(t) && (int)t->type == func &&
		    btf_decl_tag(t)->component_idx == -1)
			read_tag(e, btf__str_by_offset(btf, t->name_off));
	}
}

/* ---- what is answered ------------------------------------------------------------------------ */

struct answer {
	int err; /* of the load */
	char line[512];
	int run_err;
	u32 retval, size, left;
	u8 data[MAX_PACKET];
};

static bool is_statistics(const char *line)
{
	return !strncmp(line, "processed ", 10) || !strncmp(line, "verification time ", 18) ||
	       !strncmp(line, "stack depth ", 12);
}

static void closing_line(char *text, char *out, size_t size)
{
	char *save, *last = "";

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!is_statistics(line))
			last = line;
	}
	snprintf(out, size, "%s", last);
}

static bool has_packet(enum bpf_prog_type type)
{
	return type == BPF_PROG_TYPE_XDP || type == BPF_PROG_TYPE_SCHED_CLS ||
	       type == BPF_PROG_TYPE_CGROUP_SKB || type == BPF_PROG_TYPE_SOCKET_FILTER ||
	       type == TYPE_NETFILTER;
}

/* Ethernet, then an IPv4 header of 20 bytes, then every byte its offset. */
static void fill_packet(u8 *packet, u32 size)
{
	static const u8 head[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45 };

	for (u32 i = 0; i < size; i++)
		packet[i] = (u8)i;
	memcpy(packet, head, sizeof(head));
}

/* Where the global variable `told` is in its section's value, or -1. */
static int told_at(const struct btf *btf)
{
	int section = btf__find_by_name_kind(btf, ".bss", BTF_KIND_DATASEC);
	const struct btf_type *t = section < 0 ? NULL : btf__type_by_id(btf, (u32)section);

	for (int i = 0; t && i < btf_vlen(t); i++) {
		const struct btf_var_secinfo *v = btf_var_secinfos(t) + i;
		const struct btf_type *var = btf__type_by_id(btf, v->type);

		if (!strcmp(btf__name_by_offset(btf, var->name_off), "told"))
			return (int)v->offset;
	}
	return -1;
}

/* What it is, as soon as it is what is expected, or after two seconds. */
static u32 wait_for_told(const struct bpf_object *obj, u32 expected)
{
	int at = told_at(bpf_object__btf(obj));
	struct bpf_map *map;
	u8 value[4096];
	u32 key = 0, told = 0;

	bpf_object__for_each_map (map, obj) {
		if (!strstr(bpf_map__name(map), ".bss") ||
		    bpf_map__value_size(map) > sizeof(value) || at < 0)
			continue;
		for (int i = 0; i < 2000 && told != expected; i++) {
			usleep(i ? 1000 : 0);
			if (!bpf_map_lookup_elem(bpf_map__fd(map), &key, value))
				memcpy(&told, value + at, sizeof(told));
		}
	}
	return told;
}

static void run(const struct bpf_program *p, const struct expected *e, struct answer *a)
{
	static u8 packet[MAX_PACKET];
	int state = 5;
	u64 args[5] = { (u64)(uintptr_t)&state, 1, 2, 3, 4 };
	u8 hook[2] = { (u8)e->hook, NFPROTO_IPV4 };
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	if (has_packet(bpf_program__type(p))) {
		fill_packet(packet, e->packet);
		opts.data_in = packet;
		opts.data_size_in = e->packet;
		opts.data_out = a->data;
		opts.data_size_out = sizeof(a->data);
		opts.repeat = 1;
	}
	if (e->args) {
		opts.ctx_in = args;
		opts.ctx_size_in = e->args * sizeof(*args);
	}
	if (e->at_hook) { /* the beginning of a struct nf_hook_state */
		opts.ctx_in = hook;
		opts.ctx_size_in = sizeof(hook);
	}
	a->run_err = bpf_prog_test_run_opts(bpf_program__fd(p), &opts);
	a->retval = opts.retval;
	a->size = opts.data_size_out;
	if (e->args) { /* what became of the state */
		a->size = sizeof(state);
		memcpy(a->data, &state, sizeof(state));
	}
}

/* Of this process, with what implies it. */
static void have_perfmon(bool have)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	static const int caps[] = { CAP_PERFMON, CAP_SYS_ADMIN };

	if (syscall(SYS_capget, &head, data))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(caps); i++) {
		struct __user_cap_data_struct *word = &data[CAP_TO_INDEX(caps[i])];

		word->effective &= ~CAP_TO_MASK(caps[i]);
		if (have)
			word->effective |= word->permitted & CAP_TO_MASK(caps[i]);
	}
	syscall(SYS_capset, &head, data);
}

static void ask(const struct door *d, const char *path, const struct expected *e, struct answer *a)
{
	struct bpf_object *obj;
	struct bpf_program *p, *mine = NULL;

	*a = (struct answer){ 0 };
	asked = d;
	obj = bpf_object__open_file(path, NULL);
	bpf_object__for_each_program (p, obj) {
		bool wanted = !strcmp(bpf_program__name(p), e->name);

		set_newer_type(p);
		bpf_program__set_autoload(p, wanted);
		if (wanted)
			mine = p;
	}
	log_buf[0] = 0;
	bpf_program__set_log_buf(mine, log_buf, sizeof(log_buf));
	bpf_program__set_log_level(mine, 1);
	if (!d->world && e->without_perfmon)
		have_perfmon(false);
	a->err = bpf_object__load(obj);
	if (!d->world && e->without_perfmon)
		have_perfmon(true);
	closing_line(log_buf, a->line, sizeof(a->line));
	if (!a->err && e->runs)
		run(mine, e, a);
	if (!a->err && e->leaves)
		a->left = wait_for_told(obj, e->left);
	bpf_object__close(obj);
	asked = NULL;
}

/* A '@' in what is expected stands for a number: which register a compiler takes does not matter.
 */
static bool matches(const char *line, const char *expected)
{
	for (; *expected; expected++) {
		if (*expected == '@') {
			if (!isdigit((unsigned char)*line))
				return false;
			while (isdigit((unsigned char)*line))
				line++;
		} else if (*line++ != *expected) {
			return false;
		}
	}
	return !*line;
}

/* ---- judging --------------------------------------------------------------------------------- */

static int complain(const struct door *d, const struct expected *e, const char *what)
{
	printf("%s, %s: %s\n", e->name, d->name, what);
	return 1;
}

static int judge_load(const struct door *d, const struct expected *e, const struct answer *a)
{
	char text[1200];

	if (e->accepted && a->err) {
		snprintf(text, sizeof(text), "refused with %d: %s", a->err, a->line);
		return complain(d, e, text);
	}
	if (e->refused && !a->err)
		return complain(d, e, "accepted");
	if (e->refused && !matches(a->line, e->line)) {
		snprintf(text, sizeof(text), "closes with \"%s\", not with \"%s\"", a->line,
			 e->line);
		return complain(d, e, text);
	}
	return 0;
}

static int judge_run(const struct door *d, const struct expected *e, const struct answer *a)
{
	const char *fault = d->world ? skep_world_fault(d->world) : NULL;
	char text[1200];

	if (e->stopped[0] && d->world && a->run_err && fault && strstr(fault, e->stopped))
		return 0;
	if (e->stopped[0] && d->world)
		return complain(d, e, fault ? fault : "is not stopped");
	if (a->run_err) {
		snprintf(text, sizeof(text), "the run ends with %d%s%s", a->run_err,
			 fault ? ": " : "", fault ? fault : "");
		return complain(d, e, text);
	}
	if (e->leaves && a->left != e->left) {
		snprintf(text, sizeof(text), "leaves %d, not %d", (int)a->left, (int)e->left);
		return complain(d, e, text);
	}
	if (a->retval == e->returns || e->stopped[0])
		return 0;
	snprintf(text, sizeof(text), "returns %d, not %d", (int)a->retval, (int)e->returns);
	return complain(d, e, text);
}

static int judge_packet(const struct door *d, const struct expected *e, const struct answer *a,
			const struct answer *first)
{
	char text[128];

	if (a->size != first->size) {
		snprintf(text, sizeof(text), "a packet of %u bytes comes back, not of %u", a->size,
			 first->size);
		return complain(d, e, text);
	}
	for (u32 i = 0; i < a->size; i++) {
		if (a->data[i] != first->data[i]) {
			snprintf(text, sizeof(text), "byte %u of the packet is %#x, not %#x", i,
				 a->data[i], first->data[i]);
			return complain(d, e, text);
		}
	}
	return 0;
}

/* The first door's answer is what the others are compared with. */
static int judge(const char *path, const struct expected *e)
{
	static struct answer first, other;
	int bad = 0;

	if (e->accepted == e->refused)
		return complain(&doors[0], e, "does not say what it expects");
	for (int i = 0; i < nr_doors; i++) {
		const struct door *d = e->without_perfmon ? &bare[i] : &doors[i];
		struct answer *a = i ? &other : &first;

		if (i && d->world && e->refused)
			continue; /* modes of running do not matter */
		if (!d->world && e->kernel_errs)
			continue;
		ask(d, path, e, a);
		bad += judge_load(d, e, a);
		if (e->runs && !a->err)
			bad += judge_run(d, e, a);
		if (!i)
			continue;
		if (a->err != first.err)
			bad += complain(d, e, "another errno");
		if (e->refused && strcmp(a->line, first.line))
			bad += complain(d, e, "another line");
		if (!e->stopped[0])
			bad += judge_packet(d, e, a, &first);
	}
	return bad;
}

static int judge_object(const char *path, u32 *programs)
{
	static struct expected all[MAX_PROGRAMS];
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	struct bpf_program *p;
	int n = 0, bad = 0;

	if (!obj) {
		printf("%s: libbpf does not open it\n", path);
		return 1;
	}
	bpf_object__for_each_program (p, obj) {
		if (n < MAX_PROGRAMS)
			read_expected(obj, bpf_program__name(p), &all[n++]);
	}
	bpf_object__close(obj);
	for (int i = 0; i < n; i++)
		bad += judge(path, &all[i]);
	*programs += n;
	return bad;
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return level == LIBBPF_WARN && getenv("VERBOSE") ? vfprintf(stderr, fmt, ap) : 0;
}

static void open_skep(const char *name, enum skep_mode mode)
{
	struct skep_world_opts opts = { .size = sizeof(opts) };

	doors[nr_doors] = (struct door){ .name = name, .world = skep_world_new(&opts) };
	skep_world_set_mode(doors[nr_doors].world, mode);
	opts.no_perfmon = 1;
	bare[nr_doors] = (struct door){ .name = name, .world = skep_world_new(&opts) };
	skep_world_set_mode(bare[nr_doors++].world, mode);
}

int main(int argc, char **argv)
{
	u32 programs = 0;
	int bad = 0;

	libbpf_set_print(quiet);
	open_skep("checked", SKEP_MODE_CHECKED);
	open_skep("interp", SKEP_MODE_INTERP);
	open_skep("jit", SKEP_MODE_JIT);
	if (door_open_kernel(&doors[nr_doors])) {
		bare[nr_doors] = doors[nr_doors];
		nr_doors++;
	} else {
		printf("the kernel may not be asked: %s\n", strerror(errno));
	}
	for (int i = 1; i < argc; i++)
		bad += judge_object(argv[i], &programs);
	printf("%u programs, %d complaints\n", programs, bad);
	for (int i = 0; i < nr_doors; i++) {
		door_close(&doors[i]);
		door_close(&bare[i]);
	}
	return bad ? 1 : 0;
}
