/* SPDX-License-Identifier: BSD-2-Clause */
/* The plays of map_semantics.h: bpf(2) commands with a log of what was done and what came of it. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask_kernel.h"
#include "map_semantics.h"

static u64 ptr(const void *p)
{
	return (u64)(uintptr_t)p;
}

void play_note(struct play *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	skep__strbuf_vprintf(&p->log, fmt, ap);
	va_end(ap);
	skep__strbuf_putc(&p->log, '\n');
}

/* Long ones are shortened to their ends and a sum. */
static void add_bytes(struct strbuf *sb, const u8 *bytes, u32 size)
{
	u32 sum = 0;

	for (u32 i = 0; i < size; i++) {
		sum = sum * 31 + bytes[i];
		if (i < 16)
			skep__strbuf_printf(sb, "%02x", bytes[i]);
	}
	if (size > 16)
		skep__strbuf_printf(sb, "..+%u:%08x", size - 16, sum);
}

void play_bytes(struct play *p, const char *what, const void *bytes, u32 size)
{
	skep__strbuf_printf(&p->log, "%s ", what);
	add_bytes(&p->log, bytes, size);
	skep__strbuf_putc(&p->log, '\n');
}

static const struct play_map *the_map(const struct play *p, int map)
{
	assert_in_range(map, 0, p->nr_maps - 1);
	return &p->maps[map];
}

int play_fd(const struct play *p, int map)
{
	return the_map(p, map)->fd;
}

static bool percpu(u32 type)
{
	return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

u32 play_value_bytes(const struct play *p, int map)
{
	const struct map_shape *s = &the_map(p, map)->shape;

	return percpu(s->type) ? round_up(s->value_size, 8) * p->nr_cpus : s->value_size;
}

/* A value for the log: of per-CPU values the first, and whether the others are the same. */
static void add_value(struct play *p, int map, const u8 *value)
{
	const struct map_shape *s = &the_map(p, map)->shape;
	u32 step = round_up(s->value_size, 8), alike = 1;

	if (!percpu(s->type)) {
		add_bytes(&p->log, value, s->value_size);
		return;
	}
	for (u32 cpu = 1; cpu < p->nr_cpus; cpu++)
		alike &= !memcmp(value, value + cpu * step, step);
	add_bytes(&p->log, value, step);
	skep__strbuf_puts(&p->log, alike ? " on every CPU" : " on CPU 0, others differ");
}

static int outcome(struct play *p, int map, const char *what, const void *key, u64 flags, long ret)
{
	skep__strbuf_printf(&p->log, "map %d: %s ", map, what);
	if (key)
		add_bytes(&p->log, key, the_map(p, map)->shape.key_size);
	if (flags)
		skep__strbuf_printf(&p->log, " flags %llx", (unsigned long long)flags);
	skep__strbuf_printf(&p->log, " = %ld\n", ret);
	return ret;
}

int play_create(struct play *p, const struct map_shape *s)
{
	union bpf_attr attr = { 0 };
	long fd;

	attr.map_type = s->type;
	attr.key_size = s->key_size;
	attr.value_size = s->value_size;
	attr.max_entries = s->max_entries;
	attr.map_flags = s->flags;
	attr.map_extra = s->extra;
	if (s->inner)
		attr.inner_map_fd = play_fd(p, s->inner - 1);
	fd = p->side->bpf(BPF_MAP_CREATE, &attr);
	play_note(p, "create type %u key %u value %u entries %u flags %x extra %llx = %s %ld",
		  s->type, s->key_size, s->value_size, s->max_entries, s->flags,
		  (unsigned long long)s->extra, fd < 0 ? "error" : "map",
		  fd < 0 ? fd : (long)p->nr_maps);
	if (fd < 0)
		return fd;
	assert_in_range(p->nr_maps, 0, PLAY_MAPS - 1);
	p->maps[p->nr_maps] = (struct play_map){ fd, *s };
	return p->nr_maps++;
}

static long elem_cmd(struct play *p, int cmd, int map, const void *key, const void *value,
		     u64 flags)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = play_fd(p, map);
	attr.key = ptr(key);
	attr.value = ptr(value);
	attr.flags = flags;
	return p->side->bpf(cmd, &attr);
}

int play_update(struct play *p, int map, const void *key, const void *value, u64 flags)
{
	return outcome(p, map, "update", key, flags,
		       elem_cmd(p, BPF_MAP_UPDATE_ELEM, map, key, value, flags));
}

/* Lookup and its kin: the value goes to the log. */
static int get(struct play *p, int cmd, const char *what, int map, const void *key, void *value,
	       u64 flags)
{
	u8 *room = calloc(1, play_value_bytes(p, map) + 8);
	int ret;

	assert_non_null(room);
	ret = outcome(p, map, what, key, flags, elem_cmd(p, cmd, map, key, room, flags));
	if (!ret) {
		skep__strbuf_puts(&p->log, "\t-> ");
		add_value(p, map, room);
		skep__strbuf_putc(&p->log, '\n');
		if (value)
			memcpy(value, room, play_value_bytes(p, map));
	}
	free(room);
	return ret;
}

int play_lookup(struct play *p, int map, const void *key, void *value, u64 flags)
{
	return get(p, BPF_MAP_LOOKUP_ELEM, "lookup", map, key, value, flags);
}

int play_take(struct play *p, int map, const void *key, void *value, u64 flags)
{
	return get(p, BPF_MAP_LOOKUP_AND_DELETE_ELEM, "take", map, key, value, flags);
}

int play_remove(struct play *p, int map, const void *key)
{
	return outcome(p, map, "delete", key, 0,
		       elem_cmd(p, BPF_MAP_DELETE_ELEM, map, key, NULL, 0));
}

static int next_key(struct play *p, int map, const void *key, void *next)
{
	return elem_cmd(p, BPF_MAP_GET_NEXT_KEY, map, key, next, 0);
}

int play_next(struct play *p, int map, const void *key, void *next)
{
	return outcome(p, map, "next", key, 0, next_key(p, map, key, next));
}

int play_freeze(struct play *p, int map)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = play_fd(p, map);
	return outcome(p, map, "freeze", NULL, 0, p->side->bpf(BPF_MAP_FREEZE, &attr));
}

int play_put(struct play *p, int map, u32 key, u64 value, u64 flags)
{
	u64 *values = calloc(p->nr_cpus, sizeof(*values));
	int ret;

	assert_non_null(values);
	assert_int_equal(the_map(p, map)->shape.value_size, sizeof(value));
	for (u32 cpu = 0; cpu < p->nr_cpus; cpu++)
		values[cpu] = value;
	ret = play_update(p, map, &key, values, flags);
	free(values);
	return ret;
}

int play_get(struct play *p, int map, u32 key)
{
	return play_lookup(p, map, &key, NULL, 0);
}

int play_del(struct play *p, int map, u32 key)
{
	return play_remove(p, map, &key);
}

static _Thread_local u32 sort_size;

static int compare_keys(const void *a, const void *b)
{
	return memcmp(a, b, sort_size);
}

int play_dump(struct play *p, int map)
{
	u32 size = the_map(p, map)->shape.key_size, limit = the_map(p, map)->shape.max_entries + 1;
	u8 *keys = calloc(limit, size);
	u32 n = 0;

	assert_non_null(keys);
	while (n < limit && !next_key(p, map, n ? keys + (n - 1) * size : NULL, keys + n * size))
		n++;
	sort_size = size;
	qsort(keys, n, size, compare_keys);
	play_note(p, "map %d holds %u", map, n);
	for (u32 i = 0; i < n; i++)
		play_lookup(p, map, keys + i * size, NULL, 0);
	free(keys);
	return n;
}

int play_batch(struct play *p, int cmd, int map, struct play_batch *b)
{
	union bpf_attr attr = { 0 };
	long ret;

	attr.batch.in_batch = ptr(b->in_batch);
	attr.batch.out_batch = ptr(b->out_batch);
	attr.batch.keys = ptr(b->keys);
	attr.batch.values = ptr(b->values);
	attr.batch.count = b->count;
	attr.batch.map_fd = play_fd(p, map);
	attr.batch.elem_flags = b->elem_flags;
	attr.batch.flags = b->flags;
	ret = p->side->bpf(cmd, &attr);
	b->count = attr.batch.count;
	play_note(p, "map %d: batch command %d = %ld, count %u", map, cmd, ret, b->count);
	return ret;
}

/* ---- both sides ------------------------------------------------------------------------------ */

static void close_fd(int fd)
{
	close(fd);
}

static const struct side kernel_side = { "the kernel", kernel_bpf, close_fd };

/* As libbpf counts them: the slots that a per-CPU value has. */
static u32 possible_cpus(void)
{
	FILE *f = fopen("/sys/devices/system/cpu/possible", "r");
	unsigned first, last;
	u32 nr = sysconf(_SC_NPROCESSORS_CONF);

	if (f) {
		if (fscanf(f, "%u-%u", &first, &last) == 2)
			nr = last + 1;
		fclose(f);
	}
	return nr;
}

static char *play_scene(const struct scene *scene, const struct side *side)
{
	struct play p = { .side = side, .nr_cpus = possible_cpus() };

	skep__strbuf_init(&p.log);
	scene->act(&p);
	while (p.nr_maps)
		side->close(p.maps[--p.nr_maps].fd);
	assert_false(p.log.truncated);
	return p.log.text;
}

static const char *play_name;
static const char *kernel_silent; /* why the kernel is not asked; NULL: it is */

static FILE *recording(const struct scene *scene, const char *mode)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.%s.log", RECORDED, play_name, scene->name);
	return fopen(path, mode);
}

/* What the kernel did, asked now or on an earlier day. */
static char *kernel_log(const struct scene *scene)
{
	size_t room = 1 << 20;
	char *log;
	FILE *f;

	if (!kernel_silent) {
		log = play_scene(scene, &kernel_side);
		f = getenv("SKEP_RECORD") ? recording(scene, "w") : NULL;
		if (f) {
			fputs(log, f);
			fclose(f);
		}
		return log;
	}
	f = recording(scene, "r");
	if (!f)
		return NULL;
	log = calloc(1, room);
	assert_non_null(log);
	assert_true(fread(log, 1, room - 1, f) < room - 1);
	fclose(f);
	return log;
}

/* Shows the first line that differs, with the one before it. */
static void show_difference(const char *ours, const char *theirs)
{
	const char *line = ours, *before = ours;
	size_t at = 0;

	for (; ours[at] && ours[at] == theirs[at]; at++) {
		if (ours[at] == '\n') {
			before = line;
			line = ours + at + 1;
		}
	}
	print_error("after: %.*s", (int)(line - before), before);
	print_error("skep:       %.*s\n", (int)strcspn(line, "\n"), line);
	print_error("the kernel: %.*s\n", (int)strcspn(theirs + (line - ours), "\n"),
		    theirs + (line - ours));
}

static void play_both(void **state)
{
	const struct scene *scene = *state;
	char *ours = play_scene(scene, &skep_side), *theirs = kernel_log(scene);

	assert_true(strlen(ours) > 0);
	if (!theirs) {
		free(ours);
		skip();
	}
	if (strcmp(ours, theirs)) {
		show_difference(ours, theirs);
		fail();
	}
	free(ours);
	free(theirs);
}

int play_all(const char *name, const struct scene *scenes, u32 nr)
{
	struct CMUnitTest *tests = calloc(nr, sizeof(*tests));
	int failed;

	assert_non_null(tests);
	play_name = name;
	kernel_silent = getenv("SKEP_KERNEL_SILENT") ? "told not to ask" : kernel_answers();
	if (kernel_silent)
		print_message("comparing with what Linux 6.18 answered earlier: %s\n",
			      kernel_silent);
	for (u32 i = 0; i < nr; i++)
		tests[i] = (struct CMUnitTest){ scenes[i].name, play_both, NULL, NULL,
						(void *)&scenes[i] };
	failed = _cmocka_run_group_tests(name, tests, nr, NULL, NULL);
	free(tests);
	return failed;
}
