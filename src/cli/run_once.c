/* SPDX-License-Identifier: BSD-2-Clause */
/* `skep run` on one input, with the meaning of `bpftool prog run`. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/file.h"
#include "cli/run.h"
#include "cli/verdict.h"

enum {
	MOST_IN = 16 << 20,
	ROOM_OUT = 1 << 20,
	CTX_ROOM = 64 << 10,
	ZEROS = 64,
	KERNEL_ENOTSUPP = 524
};

struct buffers {
	struct bytes data_in, ctx_in;
	unsigned char *data_out, *ctx_out;
};

/* Types whose run takes a packet; the others get a context or nothing. */
static bool takes_packet(enum bpf_prog_type type)
{
	return type != BPF_PROG_TYPE_RAW_TRACEPOINT && type != BPF_PROG_TYPE_SYSCALL &&
	       type != BPF_PROG_TYPE_SK_LOOKUP;
}

static enum outcome read_inputs(struct run *r, struct buffers *b)
{
	enum outcome ret = GOOD;

	if (r->opts.data_in)
		ret = file_read(r->opts.data_in, MOST_IN, &b->data_in);
	if (!ret && r->opts.ctx_in)
		ret = file_read(r->opts.ctx_in, MOST_IN, &b->ctx_in);
	if (ret)
		return ret;
	if (!r->opts.data_in && takes_packet(bpf_program__type(r->prog))) {
		b->data_in.size = ZEROS;
		b->data_in.data = calloc(1, ZEROS);
	}
	b->data_out = malloc(ROOM_OUT);
	b->ctx_out = malloc(CTX_ROOM);
	return b->data_out && b->ctx_out ? GOOD : complain("out of memory");
}

static void free_buffers(struct buffers *b)
{
	bytes_free(&b->data_in);
	bytes_free(&b->ctx_in);
	free(b->data_out);
	free(b->ctx_out);
}

static enum outcome refused(struct run *r, const struct buffers *b, int err)
{
	const char *why = strerror(err);

	if (err == EINVAL && r->opts.data_in && b->data_in.size < 14)
		return complain("%s: byte %zu: a packet of at least 14 bytes, an Ethernet header, "
				"is needed",
				r->opts.data_in, b->data_in.size);
	if (err == EINVAL && r->opts.ctx_in)
		return complain("%s: program %s does not take this context or data: %s",
				r->opts.ctx_in, bpf_program__name(r->prog), why);
	if (err == EINVAL && b->data_in.size > 3520)
		return complain("%s: %zu bytes are more than program %s takes in one piece: %s",
				r->opts.data_in ? r->opts.data_in : "data", b->data_in.size,
				bpf_program__name(r->prog), why);
	if (err == KERNEL_ENOTSUPP || err == EOPNOTSUPP)
		why = "programs of this type cannot be run by themselves";
	return complain("%s: program %s (%s) was not run: %s", r->obj.path,
			bpf_program__name(r->prog), program_type_name(r->prog), why);
}

static void add_results(struct run *r, const struct bpf_test_run_opts *t)
{
	const char *verdict = verdict_name(bpf_program__type(r->prog), t->retval);

	json_object_object_add(r->json, "retval", json_object_new_int64(t->retval));
	if (verdict)
		json_object_object_add(r->json, "verdict", json_object_new_string(verdict));
	json_object_object_add(r->json, "data_size_out", json_object_new_int64(t->data_size_out));
	json_object_object_add(r->json, "ctx_size_out", json_object_new_int64(t->ctx_size_out));
	json_object_object_add(r->json, "duration_ns", json_object_new_int64(t->duration));
	json_object_object_add(r->json, "repeat", json_object_new_int64(r->opts.repeat));
}

static void print_results(struct run *r, const struct bpf_test_run_opts *t)
{
	const char *verdict = verdict_name(bpf_program__type(r->prog), t->retval);

	if (r->opts.json)
		return;
	fprintf(r->to, "%s (%s, %s): returned %" PRIu32 "%s%s%s", bpf_program__name(r->prog),
		program_type_name(r->prog), mode_name(&r->opts), t->retval, verdict ? " (" : "",
		verdict ? verdict : "", verdict ? ")" : "");
	if (t->repeat) /* those that run once are not timed */
		fprintf(r->to, " in %" PRIu32 " ns", t->duration);
	if (r->opts.repeat > 1)
		fprintf(r->to, ", the average of %u", r->opts.repeat);
	if (t->data_size_out)
		fprintf(r->to, "; %" PRIu32 " bytes of data out", t->data_size_out);
	fputc('\n', r->to);
}

static enum outcome write_outputs(struct run *r, const struct bpf_test_run_opts *t)
{
	enum outcome ret = GOOD;

	if (r->opts.data_out)
		ret = file_write(r->opts.data_out, t->data_out, t->data_size_out);
	if (!ret && r->opts.ctx_out)
		ret = file_write(r->opts.ctx_out, t->ctx_out, t->ctx_size_out);
	return ret;
}

enum outcome run_once(struct run *r)
{
	LIBBPF_OPTS(bpf_test_run_opts, t, .repeat = (int)r->opts.repeat);
	enum bpf_prog_type type = bpf_program__type(r->prog);
	struct buffers b = { 0 };
	enum outcome ret;
	int err;

	ret = read_inputs(r, &b);
	if (ret)
		goto out;
	if (b.data_in.data) {
		t.data_in = b.data_in.data;
		t.data_size_in = (__u32)b.data_in.size;
		t.data_out = b.data_out;
		t.data_size_out = ROOM_OUT;
	}
	if (r->opts.ctx_in) {
		t.ctx_in = b.ctx_in.data;
		t.ctx_size_in = (__u32)b.ctx_in.size;
	}
	if (r->opts.ctx_out || (r->opts.ctx_in && type != BPF_PROG_TYPE_RAW_TRACEPOINT)) {
		t.ctx_out = b.ctx_out;
		t.ctx_size_out = CTX_ROOM;
	}
	/* The kernel has it so: these run once. */
	if (type == BPF_PROG_TYPE_RAW_TRACEPOINT || type == BPF_PROG_TYPE_SYSCALL)
		t.repeat = 0;
	ret = run_test(r, &t, &err);
	if (ret == BAD_INPUT)
		ret = refused(r, &b, err);
	if (ret == GOOD) {
		add_results(r, &t);
		print_results(r, &t);
		ret = write_outputs(r, &t);
	}
out:
	free_buffers(&b);
	return ret;
}
