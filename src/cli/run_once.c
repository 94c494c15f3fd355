/* SPDX-License-Identifier: BSD-2-Clause */
/* One run on given data and context, with the meaning of `bpftool prog run`. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/run.h"

#define DEFAULT_PACKET 64
#define OUT_ROOM       (64 * 1024) /* what a program may make of its data */
#define CTX_ROOM       4096

struct buffers {
	void *data_in, *data_out, *ctx_in, *ctx_out;
	size_t data_in_size, ctx_in_size;
};

static void free_buffers(struct buffers *b)
{
	free(b->data_in);
	free(b->data_out);
	free(b->ctx_in);
	free(b->ctx_out);
}

/* Types whose run takes a packet; the others get a context or nothing. */
static bool takes_packet(enum bpf_prog_type type)
{
	return type != BPF_PROG_TYPE_RAW_TRACEPOINT && type != BPF_PROG_TYPE_SYSCALL &&
	       type != BPF_PROG_TYPE_SK_LOOKUP;
}

static int prepare(const struct run *run, struct buffers *b)
{
	const struct run_options *o = run->opts;

	if (o->data_in) {
		b->data_in = read_file(o->data_in, &b->data_in_size);
	} else if (takes_packet(bpf_program__type(run->prog))) {
		b->data_in_size = DEFAULT_PACKET;
		b->data_in = calloc(1, DEFAULT_PACKET);
	}
	if (o->ctx_in)
		b->ctx_in = read_file(o->ctx_in, &b->ctx_in_size);
	if ((o->data_in && !b->data_in) || (o->ctx_in && !b->ctx_in))
		return EXIT_USAGE;
	b->data_out = b->data_in ? calloc(1, b->data_in_size + OUT_ROOM) : NULL;
	b->ctx_out = o->ctx_out ? calloc(1, CTX_ROOM) : NULL;
	return EXIT_OK;
}

static void report(struct run *run, const struct bpf_test_run_opts *t)
{
	const char *mode = object_mode(&run->object);

	if (!run->results) {
		printf("%s: retval %" PRIu32 " (0x%" PRIx32 "), ", bpf_program__name(run->prog), t->retval, t->retval);
		if (t->data_size_out)
			printf("%u bytes out, ", t->data_size_out);
		printf("%u ns a run, mode %s\n", t->duration, mode);
		return;
	}
	json_object_object_add(run->results, "prog", json_object_new_string(bpf_program__name(run->prog)));
	json_object_object_add(run->results, "mode", json_object_new_string(mode));
	json_object_object_add(run->results, "retval", json_object_new_int64(t->retval));
	json_object_object_add(run->results, "data_size_out", json_object_new_int64(t->data_size_out));
	json_object_object_add(run->results, "ctx_size_out", json_object_new_int64(t->ctx_size_out));
	json_object_object_add(run->results, "duration_ns", json_object_new_int64(t->duration));
	json_object_object_add(run->results, "repeat", json_object_new_int64(t->repeat ? t->repeat : 1));
}

int run_failed(const struct run *run, const char *what, int err)
{
	const char *fault = run->object.world ? skep_world_fault(run->object.world) : NULL;
	const char *prog = bpf_program__name(run->prog);

	if (fault)
		fail("%s: program '%s' was stopped\n%s", what, prog, fault);
	else if (err == EINVAL)
		fail("%s: program '%s' cannot be run on this: the data or the context has a size or a field that the kernel would not take either",
		     what, prog);
	else
		fail("%s: program '%s' did not run: %s", what, prog, strerror(err));
	if (run->results && fault)
		json_object_object_add(run->results, "fault", json_object_new_string(fault));
	return EXIT_STOPPED;
}

static int run_with(struct run *run, const struct buffers *b)
{
	const struct run_options *o = run->opts;
	struct events *events = o->events ? events_open(run) : NULL;
	LIBBPF_OPTS(bpf_test_run_opts, t, .data_in = b->data_in, .data_size_in = b->data_in_size,
		    .data_out = b->data_out,
		    .data_size_out = b->data_out ? b->data_in_size + OUT_ROOM : 0, .ctx_in = b->ctx_in,
		    .ctx_size_in = b->ctx_in_size, .ctx_out = b->ctx_out,
		    .ctx_size_out = b->ctx_out ? CTX_ROOM : 0, .repeat = o->repeat);
	int err = bpf_prog_test_run_opts(bpf_program__fd(run->prog), &t);

	if (events)
		events_poll(events);
	events_close(events);
	if (err)
		return run_failed(run, o->object, -err);
	if (o->data_out && !write_file(o->data_out, b->data_out, t.data_size_out))
		return EXIT_USAGE;
	if (o->ctx_out && !write_file(o->ctx_out, b->ctx_out, t.ctx_size_out))
		return EXIT_USAGE;
	report(run, &t);
	return EXIT_OK;
}

int run_once(struct run *run)
{
	struct buffers b = { 0 };
	int code = prepare(run, &b);

	if (!code)
		code = run_with(run, &b);
	free_buffers(&b);
	return code;
}
