/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls. Each checks its arguments in R1..R5, forgets R0..R5, and says what R0 is. 0: env->insn is
 * where the path goes on; or -errno.
 */
#ifndef SKEP_VERIFY_CALL_H
#define SKEP_VERIFY_CALL_H

#include "verify/memory.h"

int skep__check_helper_call(struct verify_env *env, const struct insn *insn); /* call_helper.c */
int skep__check_local_call(struct verify_env *env, const struct insn *insn); /* call_local.c */
int skep__check_kfunc_call(struct verify_env *env, const struct insn *insn); /* call_kfunc.c */

/* A field that points to objects or holds them, and the BTF of their type. */
struct kptr {
	const struct btf_field *field;
	const struct btf *btf;
};

/* A call of a function that the kernel has, while it is checked: what its arguments have said. */
struct call {
	struct verify_env *env;
	u32 number; /* of the helper; 0: a function of the program's own */
	const struct helper *helper;
	const struct verify_map *map;
	u32 map_uid;
	u32 ref_id; /* the one argument that is a reference */
	u32 release_regno; /* the argument that is given up; 0: none */
	bool raw_mode; /* the memory argument at hand may be uninitialised */
	struct raw_stack raw; /* uninitialised stack that the function fills */
	u64 size; /* constant size of what is returned */
	u64 max_size; /* of the last size argument */
	s64 const_key; /* the key, when it is known; -1 */
	struct reg dynptr; /* the one that is used; class 0: none */
	u32 sub; /* the callback */
	u32 object_id; /* the kernel's type that an object must have; 0: the helper's row says it */
	struct kptr kptr; /* the field whose pointer is exchanged */
	struct kptr root; /* the list or tree */
	const struct reg *percpu; /* the per-CPU object or variable */
	bool cpu_exists; /* whose copy of it is asked for */
};

/* call_args.c: argument i (0..4) against its class. */
int skep__check_arg(struct call *c, u32 i);
int skep__check_text(struct call *c, u32 regno); /* ends in NUL, in a map that nobody changes */

/* arg_classes.c: does the register hold something that the class takes? Else the sentence. */
int skep__check_arg_class(struct call *c, u32 regno, u32 arg);
int skep__check_arg_offset(struct verify_env *env, const struct reg *r, u32 regno, u32 arg);

/* call_memory.c: the function reads or writes `size` bytes there. raw: it may fill uninitialised
 * stack. */
int skep__call_memory(struct call *c, u32 regno, s32 size, bool write, bool zero_ok,
		      bool may_be_raw);
/* Memory that the function may read and write; it may be null, and is then not looked at. */
int skep__call_pointee(struct call *c, u32 regno, s32 size);
/* The size argument in regno of the memory in the register before it. */
int skep__call_size(struct call *c, u32 regno, bool write, bool zero_ok);

/* call_return.c: R0 and what the call did to the state. */
int skep__call_return(struct call *c);

/* call_local.c: a new innermost frame of s, with R1..R5 not set. */
int skep__push_frame(struct verify_env *env, struct state *s, u32 sub, u32 callsite,
		     struct frame **out);

/* sub_args.c: fills env->subs[sub].args from the prototype; 0, or -errno with the reason. */
int skep__sub_args(struct verify_env *env, u32 sub);

/* call_global.c: R1..R5 of the caller against them. */
int skep__check_sub_args(struct verify_env *env, u32 sub);

/* call_callback.c: puts the path through the callback aside. */
int skep__call_callback(struct call *c);

#endif
