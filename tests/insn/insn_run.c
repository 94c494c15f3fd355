/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs conformance vectors: insn_run FILE... A file holds cases, each a program and what it returns, in every mode:
 *
 *	== name of the behaviour
 *	r0 = 1
 *	exit
 *	-> 0x1
 *
 * A case is a socket filter program over 64 bytes 00 01 02 ... 3f. "-> refused TEXT" wants the load to fail with that
 * text in the log; "-> stopped" wants checked mode to stop the program, and is for checked mode alone. The kernel is
 * asked too, where it may be: it must agree with the file, and refuse what checked mode stops.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../diff/door.h"
#include "base/strbuf.h"
#include "isa/asm.h"

#define MAX_SLOTS 8192
#define MAX_TEXT 65536

struct vector {
	char name[128];
	char program[1 << 18];
	char expected[256];
	int line;
};

struct totals {
	int vectors, runs, failed;
};

static bool refused_as_expected(const struct vector *v, const struct door *d, const char *log)
{
	const char *text = v->expected + strlen("refused");

	while (*text == ' ')
		text++;
	if (strstr(log, text))
		return true;
	printf("%s (line %d), %s: refused, but with: %s\n", v->name, v->line, d->name, log);
	return false;
}

/* One vector on one door: true when it behaves as written. */
static bool run(const struct vector *v, const struct door *d, const struct bpf_insn *insns, u32 len)
{
	static char log[MAX_TEXT];
	u8 packet[64 + 14] = { [12] = 0x08 };
	struct door_run r = { .data_in = packet, .data_size_in = sizeof(packet) };
	bool wants_refusal = !strncmp(v->expected, "refused", 7),
	     wants_stop = !strcmp(v->expected, "stopped");
	long fd, err;

	for (u32 i = 0; i < 64; i++)
		packet[14 + i] = i;
	log[0] = '\0';
	fd = door_prog_load(d, BPF_PROG_TYPE_SOCKET_FILTER, insns, len, log, sizeof(log));
	const bool is_verified = !d->world || skep_world_mode(d->world) != SKEP_MODE_CHECKED;
	if (wants_stop && is_verified)
		return fd < 0 || (printf("%s (line %d), %s: loaded, and should not\n", v->name,
					 v->line, d->name),
				  false);
	if (fd < 0)
		return wants_refusal ? refused_as_expected(v, d, log)
				     : (printf("%s (line %d), %s: refused: %s\n", v->name, v->line,
					       d->name, log),
					false);
	if (wants_refusal) {
		printf("%s (line %d), %s: loaded, and should not\n", v->name, v->line, d->name);
		close(fd);
		return false;
	}
	err = door_prog_run(d, fd, &r);
	close(fd);
	if (wants_stop && d->world && skep_world_fault(d->world))
		return true;
	if (err || wants_stop || r.retval != strtoul(v->expected, NULL, 0)) {
		printf("%s (line %d), %s: returned 0x%x (error %ld), not %s\n", v->name, v->line,
		       d->name, r.retval, err, v->expected);
		if (d->world && skep_world_fault(d->world))
			puts(skep_world_fault(d->world));
		return false;
	}
	return true;
}

static void check(const struct vector *v, const struct door *doors, int nr, struct totals *t)
{
	static struct bpf_insn insns[MAX_SLOTS];
	struct strbuf why;
	int len;

	skep__strbuf_init(&why);
	len = skep__asm(v->program, insns, MAX_SLOTS, &why);
	t->vectors++;
	if (len < 0) {
		printf("%s (line %d): %s\n", v->name, v->line, why.text);
		t->failed++;
	}
	for (int i = 0; i < nr && len >= 0; i++) {
		t->runs++;
		t->failed += !run(v, &doors[i], insns, len);
	}
	skep__strbuf_fini(&why);
}

static bool check_file(const char *path, const struct door *doors, int nr, struct totals *t)
{
	static struct vector v;
	FILE *in = fopen(path, "re");
	char line[1024];
	int number = 0;

	if (!in) {
		perror(path);
		return false;
	}
	while (fgets(line, sizeof(line), in)) {
		number++;
		if (!strncmp(line, "== ", 3)) {
			v = (struct vector){ .line = number };
			snprintf(v.name, sizeof(v.name), "%.*s", (int)strcspn(line + 3, "\n"),
				 line + 3);
		} else if (!strncmp(line, "-> ", 3)) {
			snprintf(v.expected, sizeof(v.expected), "%.*s",
				 (int)strcspn(line + 3, "\n"), line + 3);
			check(&v, doors, nr, t);
		} else if (*v.name) {
			size_t used = strlen(v.program);

			snprintf(v.program + used, sizeof(v.program) - used, "%s", line);
		}
	}
	fclose(in);
	return true;
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "checked", "interp", "jit" };
	struct door doors[4];
	struct totals t = { 0 };
	bool ok = argc > 1;
	int nr = 0;

	for (int mode = 0; mode < 3; mode++)
		ok = ok && door_open_skep(&doors[nr++], names[mode], mode);
	if (door_open_kernel(&doors[nr]))
		nr++;
	else
		puts("the kernel does not let this process load programs: it is not asked");
	for (int i = 1; i < argc && ok; i++)
		ok = check_file(argv[i], doors, nr, &t);
	printf("%d vectors, %d runs, %d failed\n", t.vectors, t.runs, t.failed);
	for (int i = 0; i < nr; i++)
		door_close(&doors[i]);
	return !ok || t.failed || !t.vectors;
}
