/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/needs.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/kernel.h"
#include "cli/prog_text.h"
#include "skep/needs.h"

enum { MAX_NEEDS = 128 };

struct needs {
	struct skep_need list[MAX_NEEDS]; /* the newest first */
	unsigned int nr;
	struct prog_text *text;
	struct span depths;
};

/* "5.10" is newer than "5.9". */
static int newer_first(const void *a, const void *b)
{
	const struct skep_need *l = a, *r = b;

	return strverscmp(r->since, l->since);
}

struct needs *needs_new(int prog_fd, struct span depths)
{
	struct needs *needs = calloc(1, sizeof(*needs));
	int nr = needs ? skep_prog_needs(kernel_world(), prog_fd, needs->list, MAX_NEEDS) : -1;

	if (nr < 0) {
		free(needs);
		return NULL;
	}
	needs->nr = nr < MAX_NEEDS ? (unsigned int)nr : MAX_NEEDS;
	needs->text = prog_text_new(prog_fd);
	needs->depths = depths;
	qsort(needs->list, needs->nr, sizeof(*needs->list), newer_first);
	return needs;
}

void needs_free(struct needs *needs)
{
	if (!needs)
		return;
	prog_text_free(needs->text);
	free(needs);
}

/* ---- the stack of each function -------------------------------------------------------------- */

/* Takes the next number off "64+32"; false: none is left. */
static bool next_depth(struct span *depths, int *out)
{
	int plus = span_find(*depths, "+");

	if (depths->len <= 0)
		return false;
	*out = atoi(depths->at);
	*depths = plus < 0 ? span_from(*depths, depths->len) : span_from(*depths, plus + 1);
	return true;
}

static const char *function_name(const struct needs *needs, unsigned int i)
{
	const char *name = needs->text ? prog_text_func_at(needs->text, i) : NULL;

	return name ? name : "?";
}

/* ---- text ------------------------------------------------------------------------------------ */

static void print_names(const struct needs *needs, enum skep_need_kind kind, const char *label,
			const char *prefix)
{
	bool first = true;

	for (unsigned int i = 0; i < needs->nr; i++) {
		if (needs->list[i].kind != kind)
			continue;
		printf(first ? "  %-9s" : ", ", label);
		printf("%s%s", prefix, needs->list[i].name);
		first = false;
	}
	if (!first)
		putchar('\n');
}

static void print_stack(const struct needs *needs)
{
	struct span depths = needs->depths;
	int depth;

	printf("  %-9s", "stack");
	for (unsigned int i = 0; next_depth(&depths, &depth); i++)
		printf("%s%d bytes in %s", i ? ", " : "", depth, function_name(needs, i));
	putchar('\n');
}

/* The first kernel with everything, and what keeps older ones out. */
static void print_since(const struct needs *needs)
{
	static const char *const what[] = {
		[SKEP_NEED_PROG_TYPE] = "programs of type ",
		[SKEP_NEED_MAP_TYPE] = "maps of type ",
		[SKEP_NEED_HELPER] = "bpf_",
		[SKEP_NEED_KFUNC] = "",
		[SKEP_NEED_FEATURE] = "",
	};

	if (!needs->nr)
		return;
	printf("  %-9sLinux %s, for ", "needs", needs->list[0].since);
	for (unsigned int i = 0; i < needs->nr; i++) {
		if (strcmp(needs->list[i].since, needs->list[0].since))
			break;
		printf("%s%s%s", i ? ", " : "", what[needs->list[i].kind], needs->list[i].name);
	}
	putchar('\n');
}

void needs_print(const struct needs *needs)
{
	print_stack(needs);
	print_names(needs, SKEP_NEED_MAP_TYPE, "maps", "");
	print_names(needs, SKEP_NEED_HELPER, "helpers", "bpf_");
	print_names(needs, SKEP_NEED_KFUNC, "kfuncs", "");
	print_since(needs);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void add_needs(const struct needs *needs, enum skep_need_kind kind, const char *key,
		      const char *prefix, json_object *to)
{
	json_object *list = json_object_new_array();
	char name[128];

	for (unsigned int i = 0; i < needs->nr; i++) {
		json_object *need;

		if (needs->list[i].kind != kind)
			continue;
		need = json_object_new_object();
		snprintf(name, sizeof(name), "%s%s", prefix, needs->list[i].name);
		json_object_object_add(need, "name", json_object_new_string(name));
		json_object_object_add(need, "since", json_object_new_string(needs->list[i].since));
		json_object_array_add(list, need);
	}
	json_object_object_add(to, key, list);
}

static json_object *stack_json(const struct needs *needs)
{
	json_object *list = json_object_new_array();
	struct span depths = needs->depths;
	int depth;

	for (unsigned int i = 0; next_depth(&depths, &depth); i++) {
		json_object *function = json_object_new_object();

		json_object_object_add(function, "function",
				       json_object_new_string(function_name(needs, i)));
		json_object_object_add(function, "bytes", json_object_new_int(depth));
		json_object_array_add(list, function);
	}
	return list;
}

void needs_json(const struct needs *needs, json_object *to)
{
	json_object_object_add(to, "stack", stack_json(needs));
	add_needs(needs, SKEP_NEED_MAP_TYPE, "map_types", "", to);
	add_needs(needs, SKEP_NEED_HELPER, "helpers", "bpf_", to);
	add_needs(needs, SKEP_NEED_KFUNC, "kfuncs", "", to);
	add_needs(needs, SKEP_NEED_FEATURE, "features", "", to);
	if (needs->nr)
		json_object_object_add(to, "needs_kernel",
				       json_object_new_string(needs->list[0].since));
}
