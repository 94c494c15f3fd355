/* SPDX-License-Identifier: BSD-2-Clause */
/* Generated programs, prepared and verified with two maps of our own: what comparisons of the
 * verifier start from. */
#ifndef TESTS_VERIFIER_GENERATED_H
#define TESTS_VERIFIER_GENERATED_H

#include "aim.h"
#include "verify/verify.h"

#define GENERATED_MAPS (GEN_NR_MAPS + 1) /* and the ring buffer */
#define GENERATED_RING_SIZE 4096

struct generated {
	struct gen gen;
	struct prog prog;
	struct map *maps[GENERATED_MAPS];
	struct verify_map known[GENERATED_MAPS];
	struct verify_map used[GENERATED_MAPS]; /* by prog; registers in a watch point to them */
	struct btf *kernel_btf; /* NULL: not known here; no kernel functions are called then */
	struct aim_kfuncs kfuncs;
};

bool generated_open(struct generated *g); /* makes the maps */
void generated_close(struct generated *g);

/* The program of a seed: one in four as diff/gen.h makes them, the others aim at the verifier. 0 or
 * -errno of prepare, which writes the log (NULL: none). */
int generated_make(struct generated *g, u64 seed, struct strbuf *log);
void generated_drop(struct generated *g); /* after make, whatever it returned */

struct generated_way {
	u32 caps; /* VERIFY_CAP_* of the loader */
	u32 log_level;
	const struct verify_watch *watch;
	bool kernel_mistakes;
	size_t memory_limit; /* 0: what all programs may take */
};
/* log: NULL for none, at level 0. */
int generated_verify(struct generated *g, const struct generated_way *way, struct strbuf *log,
		     struct verify_stats *stats);
void generated_print(const struct generated *g);

#endif
