/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verifier: does every path through a program keep to what programs may do? The verdict, errno
 * and log are those of Linux 6.18. It runs behind skep__prepare (prepare.h) on the image that
 * prepare built.
 */
#ifndef SKEP_VERIFY_VERIFY_H
#define SKEP_VERIFY_VERIFY_H

#include "base/strbuf.h"
#include "btf/btf.h"
#include "btf/fields.h"
#include "exec/prog.h"
#include "map/map.h"

/* A map as programs see it. Inner maps of a map-in-map have a row of their own, without `map`. */
struct verify_map {
	const struct map_def *def;
	const struct map *map; /* NULL: only the shape is known (inner maps) */
	const char *name;
	const struct btf *btf; /* of key and value; NULL: none */
	u32 btf_key, btf_value;
	const struct btf_record *record; /* special fields of the value; NULL: none */
	const struct verify_map *inner; /* map-in-map: what an element is */
	bool frozen; /* nobody outside writes it any more */
};

/* What the loader may do; without PERFMON, pointers must not leak and speculation counts. */
enum { VERIFY_CAP_BPF = 1, VERIFY_CAP_PERFMON = 2, VERIFY_CAPS_ALL = 3 };

/*
 * Looks on while paths are followed: told of the state before each instruction (env.h). States then
 * cover others only where all their numbers do, also those that no verdict has depended on, so that
 * what a run can hold is always in some state that was shown.
 */
struct verify_env;
struct verify_watch {
	void *opaque;
	void (*before)(void *opaque, const struct verify_env *env);
	/* All paths were followed, and the program is accepted; NULL: of no interest. */
	void (*accepted)(void *opaque, struct verify_env *env);
	/* They agree in all slots of the stack, also those that are dead. Some programs then have
	 * more states than there may be. */
	bool whole_stack;
};

struct verify_input {
	const struct prog *prog; /* as prepare left it */
	struct insn *insns; /* prog's, to be marked with what is known of them; NULL: they stay */
	bool *reached; /* per instruction, to be filled in: can a run come there? NULL: not wanted */
	const struct verify_map *maps; /* parallel to prog->maps */
	const struct btf *btf; /* the program's own; NULL: none */
	const struct bpf_func_info *func_info; /* nr_func_info is 0 or prog->nr_subprogs */
	u32 nr_func_info;
	const struct btf *kernel_btf; /* types of kernel objects; NULL: none known, or see next */
	/* Asked when a program that seemed to need no types of the kernel's comes on one; may be
	 * NULL. */
	const struct btf *(*find_kernel_btf)(void *opaque);
	void *opaque;
	u32 flags; /* BPF_F_* of PROG_LOAD */
	u32 caps; /* VERIFY_CAP_* */
	u32 log_level; /* BPF_LOG_* as PROG_LOAD's: 1, 2, 4 or-ed */
	u32 nr_cpus; /* possible CPUs; 0: not known */
	u32 attach_btf_id; /* struct_ops, tracing, of kernel_btf; 0: none */
	const struct verify_watch *watch; /* NULL: nobody */
	size_t memory_limit; /* 0: the default of 1 GiB */
	/* Believe what Linux 6.18 believes by mistake (docs/differences.md): unsound, and there
	 * only to tell what a difference from it comes from. */
	bool kernel_mistakes;
};

/* An instruction, and how often paths came by it. */
struct verify_visits {
	u32 insn, visits;
};
#define NR_BUSIEST 64

struct verify_stats {
	u32 processed, max_states_per_insn, total_states, peak_states;
	bool follows_kernel; /* it reads objects of the kernel */
	u32 exception_callback; /* index of the subprogram; 0: none */
	u32 max_ctx_offset; /* where the furthest context access ends */
	size_t memory; /* bytes that the verification held at most */
	u64 nsec;
	u16 stack_depth[MAX_SUBPROGS]; /* by subprogram */
	u32 nr_busiest; /* refused programs: where the budget went, most visits first */
	struct verify_visits busiest[NR_BUSIEST];
};

/*
 * 0, or the kernel's -errno with its sentence on the log's last line before the statistics. *stats
 * is filled in either case.
 */
/* The statistics of a program that was refused before (by prepare): the log ends as after a
 * verification. */
void skep__verify_nothing(u32 log_level, struct strbuf *log);

int skep__verify(const struct verify_input *in, struct strbuf *log, struct verify_stats *stats);

#endif
