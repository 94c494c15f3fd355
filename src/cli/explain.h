/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a program was refused: from the verifier's log, what was attempted, what was known of the
 * operand at fault and since where, the way there in source lines, and what to do about it.
 */
#ifndef SKEP_CLI_EXPLAIN_H
#define SKEP_CLI_EXPLAIN_H

#include <json-c/json.h>
#include <stdio.h>

#include "base/strbuf.h"
#include "cli/source_vars.h"
#include "skep/skep.h"
#include "cli/verdict_log.h"

/* What is known of one operand where the program was refused. */
struct fact {
	char operand[8]; /* "R0", "fp-8" */
	const char *var; /* the C variable; NULL: unknown */
	bool computed; /* the operand is not var itself but came of it by arithmetic */
	bool lost; /* a pointer once, as the words say, and no longer: `by` ended that at `since` */
	struct strbuf words; /* "a pointer to a value of map 'table' (32 bytes), or NULL" */
	const struct source_line *since; /* where it got that value; NULL: unknown */
	struct span by; /* the function that gave it (or ended it); at NULL: none did */
};

/* A source line, and the verifier's visits to its instructions. */
struct spending {
	const struct source_line *line;
	unsigned long visits;
};

enum { MAX_FACTS = 3, MAX_SPENDINGS = 5 };

struct explanation {
	const struct verdict_log *log;
	const struct log_step *fault; /* NULL: no instruction is at fault */
	const struct source_line *at; /* the source line; NULL: unknown */
	struct strbuf attempt; /* "reads 8 bytes at R0+8" */
	struct fact facts[MAX_FACTS];
	unsigned int nr_facts;
	struct spending spendings[MAX_SPENDINGS]; /* refused as too complex: most visits first */
	unsigned int nr_spendings;
	bool known; /* a row of diagnoses.def fits: */
	struct strbuf reason, advice;
};

/* vars may be NULL. The log has to stay. */
void explain(struct explanation *e, const struct verdict_log *log, unsigned int prog_type,
	     struct source_vars *vars);
/* Adds where the budget went, when the refusal is about it. */
void explain_spendings(struct explanation *e, const struct skep_visits *visits, unsigned int nr);
void explanation_free(struct explanation *e);

void explanation_print(FILE *to, const struct explanation *e);
/* Adds its parts to an object. */
void explanation_json(const struct explanation *e, json_object *to);

#endif
