/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The same raw program and the same BPF_PROG_TEST_RUN for the kernel and for skep: everything that
 * comes back is compared (errno, return value, sizes, every byte of the output buffers).
 */
#ifndef TESTS_ASK_BOTH_H
#define TESTS_ASK_BOTH_H

#include "ask_kernel.h"
#include "ctx/net.h"
#include "exec/prog.h"

#define OUT_MAX (80 << 10)

/* A program loaded on both sides. */
struct both {
	int fd;
	struct prog prog;
	const char *name; /* for messages */
	const struct skep_net *net; /* skep's; the kernel has its own */
};

/* Loads it; fails the test when either side refuses. */
void both_load(struct both *b, const char *name, u32 prog_type, u32 attach_type, u32 prog_flags,
	       const struct bpf_insn *insns, u32 len);
void both_free(struct both *b);

/* What one side answered. */
struct answer {
	int err;
	u32 retval, data_size_out, ctx_size_out;
	u8 data[OUT_MAX], ctx[4096];
};

/*
 * Runs run (whose output pointers say only whether there is a buffer) on both sides and compares;
 * says what differs and counts it in *differ. Returns the kernel's answer, valid until the next
 * call.
 */
const struct answer *both_run(struct both *b, const struct kernel_run *run, const char *what,
			      u32 *differ);

/* Short ways to write raw instructions. */
/* clang-format off */
#define I_LDX(size, dst, src, offset) { .code = BPF_LDX | BPF_MEM | (size), .dst_reg = (dst), .src_reg = (src), .off = (offset) }
#define I_STX(size, dst, src, offset) { .code = BPF_STX | BPF_MEM | (size), .dst_reg = (dst), .src_reg = (src), .off = (offset) }
#define I_ST(size, dst, offset, k)    { .code = BPF_ST | BPF_MEM | (size), .dst_reg = (dst), .off = (offset), .imm = (k) }
#define I_MOV(dst, k)                 { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (dst), .imm = (k) }
#define I_COPY(dst, src)              { .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = (dst), .src_reg = (src) }
#define I_ADD(dst, k)                 { .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = (dst), .imm = (k) }
#define I_SUBX(dst, src)              { .code = BPF_ALU64 | BPF_SUB | BPF_X, .dst_reg = (dst), .src_reg = (src) }
#define I_JMP(op, dst, k, offset)     { .code = BPF_JMP | (op) | BPF_K, .dst_reg = (dst), .imm = (k), .off = (offset) }
#define I_JMPX(op, dst, src, offset)  { .code = BPF_JMP | (op) | BPF_X, .dst_reg = (dst), .src_reg = (src), .off = (offset) }
#define I_CALL(name)                  { .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_##name }
#define I_EXIT                        { .code = BPF_JMP | BPF_EXIT }
/* clang-format on */

#endif
