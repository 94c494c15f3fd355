/* SPDX-License-Identifier: BSD-2-Clause */
/* Test runs on the kernel and on skep, compared. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask_both.h"
#include "hook/test_run.h"
#include "jit/jit.h"
#include "unit/cmocka_all.h"
#include "verify/prepare.h"

#define MAX_REPORTS 20

static struct cpu_slot slots[4];
static const struct cpus cpus = { slots, ARRAY_SIZE(slots) };
static struct test_benches benches;
static struct answer kernel, ours;

void both_load(struct both *b, const char *name, u32 prog_type, u32 attach_type, u32 prog_flags,
	       const struct bpf_insn *insns, u32 len)
{
	static char log_text[1 << 16];
	struct kernel_load load = {
		.prog_type = prog_type,
		.expected_attach_type = attach_type,
		.prog_flags = prog_flags,
		.insns = insns,
		.len = len,
		.log = log_text,
		.log_size = sizeof(log_text),
	};
	struct prepare_input in = {
		.insns = insns,
		.len = len,
		.prog_type = prog_type,
		.expected_attach_type = attach_type,
	};
	struct strbuf log;
	int err;

	memset(b, 0, sizeof(*b));
	b->name = name;
	b->fd = kernel_prog_load(&load);
	if (b->fd < 0)
		fail_msg("%s: the kernel refuses it: %d\n%s", name, b->fd, log_text);
	skep__strbuf_init(&log);
	if (skep__prepare(&in, &b->prog, &log))
		fail_msg("%s: skep refuses it: %s", name, log.text);
	skep__strbuf_fini(&log);
	b->prog.type = prog_type;
	b->prog.expected_attach_type = attach_type;
	b->prog.xdp_has_frags = prog_flags & BPF_F_XDP_HAS_FRAGS;
	err = skep__jit_compile(&b->prog);
	if (err && err != -ENOTSUPP)
		fail_msg("%s: no machine code: %d", name, err);
}

void both_free(struct both *b)
{
	close(b->fd);
	skep__jit_free(&b->prog);
	skep__prepare_free(&b->prog);
}

/* The process's own memory, of which address 0 and its neighbours are not there. */
static int own_read(void *opaque, void *to, u64 addr, size_t len)
{
	if (addr < 4096)
		return -EFAULT;
	memcpy(to, (void *)(uintptr_t)addr, len);
	return 0;
}

static int own_write(void *opaque, u64 addr, const void *from, size_t len)
{
	if (addr < 4096)
		return -EFAULT;
	memcpy((void *)(uintptr_t)addr, from, len);
	return 0;
}

static void ask_skep(struct both *b, const struct kernel_run *run, enum exec_mode mode)
{
	struct test_run tr = {
		.data_in = (uintptr_t)run->data_in,
		.data_out = run->data_out ? (uintptr_t)ours.data : 0,
		.ctx_in = (uintptr_t)run->ctx_in,
		.ctx_out = run->ctx_out ? (uintptr_t)ours.ctx : 0,
		.data_size_in = run->data_size_in,
		.data_size_out = run->data_size_out,
		.ctx_size_in = run->ctx_size_in,
		.ctx_size_out = run->ctx_size_out,
		.repeat = run->repeat,
		.flags = run->flags,
		.cpu = run->cpu,
		.batch_size = run->batch_size,
		.duration = run->duration,
		.user = { .read = own_read, .write = own_write },
		.svc = &skep__default_services,
		.cpus = &cpus,
		.net = b->net,
		.benches = &benches,
		.mode = mode,
	};
	struct exec_fault fault;

	ours.err = skep__test_run(&b->prog, &tr, &fault);
	ours.retval = tr.wrote & TEST_RUN_RETVAL ? tr.retval : 0;
	ours.data_size_out = tr.wrote & TEST_RUN_DATA_SIZE ? tr.data_size_out : run->data_size_out;
	ours.ctx_size_out = tr.wrote & TEST_RUN_CTX_SIZE ? tr.ctx_size_out : run->ctx_size_out;
}

static void ask_kernel(struct both *b, const struct kernel_run *run)
{
	struct kernel_run r = *run;

	r.fd = b->fd;
	r.data_out = run->data_out ? kernel.data : NULL;
	r.ctx_out = run->ctx_out ? kernel.ctx : NULL;
	kernel.err = kernel_prog_run(&r);
	kernel.retval = r.retval;
	kernel.data_size_out = r.data_size_out;
	kernel.ctx_size_out = r.ctx_size_out;
}

/* The first byte that differs, or len. */
static size_t first_difference(const u8 *a, const u8 *b, size_t len)
{
	size_t i = 0;

	while (i < len && a[i] == b[i])
		i++;
	return i;
}

static void report(const struct both *b, const char *what, const char *mode)
{
	size_t data = first_difference(kernel.data, ours.data, OUT_MAX);
	size_t ctx = first_difference(kernel.ctx, ours.ctx, sizeof(ours.ctx));

	print_error("%s, %s: kernel and %s differ:\n", b->name, what, mode);
	print_error(
		"  errno %d and %d, retval %#x and %#x, data size %u and %u, ctx size %u and %u\n",
		kernel.err, ours.err, kernel.retval, ours.retval, kernel.data_size_out,
		ours.data_size_out, kernel.ctx_size_out, ours.ctx_size_out);
	if (data < OUT_MAX)
		print_error("  data byte %zu: %#x and %#x\n", data, kernel.data[data],
			    ours.data[data]);
	if (ctx < sizeof(ours.ctx))
		print_error("  ctx byte %zu: %#x and %#x\n", ctx, kernel.ctx[ctx], ours.ctx[ctx]);
}

/* Every way that skep can run the program. */
static const struct {
	enum exec_mode mode;
	const char *name;
} modes[] = {
	{ MODE_CHECKED, "checked mode" },
	{ MODE_INTERP, "the interpreter" },
	{ MODE_JIT, "machine code" },
};

const struct answer *both_run(struct both *b, const struct kernel_run *run, const char *what,
			      u32 *differ)
{
	memset(&kernel, 0xa5, sizeof(kernel));
	ask_kernel(b, run);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		if (modes[i].mode == MODE_JIT && !b->prog.jit)
			continue; /* no machine code on this machine */
		memset(&ours, 0xa5, sizeof(ours));
		ask_skep(b, run, modes[i].mode);
		if (memcmp(&kernel, &ours, sizeof(kernel)) && ++*differ <= MAX_REPORTS)
			report(b, what, modes[i].name);
	}
	return &kernel;
}
