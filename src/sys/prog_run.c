/* SPDX-License-Identifier: BSD-2-Clause */
/* PROG_TEST_RUN: the attr to a run, its results back, and the run's statistics. */
#include "sys/prog_run.h"

#include "base/strbuf.h"
#include "hook/test_run.h"
#include "sys/prog_calls.h"
#include "sys/sys.h"
#include "verify/struct_ops.h"

/* What checked mode said last on this thread: asked for after the call has returned its errno. */
static _Thread_local char last_fault[2048];
static _Thread_local bool has_last_fault;

const char *skep__last_fault(void)
{
	return has_last_fault ? last_fault : NULL;
}

static void keep_fault(const struct exec_fault *fault)
{
	struct strbuf out;

	has_last_fault = fault->set;
	if (!fault->set)
		return;
	skep__strbuf_fixed(&out, last_fault, sizeof(last_fault));
	skep__exec_explain(fault, &out);
}

static int user_read(void *opaque, void *to, u64 addr, size_t len)
{
	return client_read(opaque, to, addr, len);
}

static int user_write(void *opaque, u64 addr, const void *from, size_t len)
{
	return client_write(opaque, addr, from, len);
}

static bool is_interrupted(void *opaque)
{
	struct client *c = opaque;

	return c->ops->is_interrupted && c->ops->is_interrupted(c);
}

/* A program without machine code is interpreted. */
static enum exec_mode mode_of(const struct world *w, const struct prog *prog)
{
	if (prog->checked_only)
		return MODE_CHECKED;
	return w->mode == MODE_JIT && !prog->jit ? MODE_INTERP : w->mode;
}

static struct test_run from_attr(struct call *call)
{
	const union bpf_attr *attr = &call->attr;

	return (struct test_run){
		.data_in = attr->test.data_in,
		.data_out = attr->test.data_out,
		.ctx_in = attr->test.ctx_in,
		.ctx_out = attr->test.ctx_out,
		.data_size_in = attr->test.data_size_in,
		.data_size_out = attr->test.data_size_out,
		.ctx_size_in = attr->test.ctx_size_in,
		.ctx_size_out = attr->test.ctx_size_out,
		.retval = attr->test.retval,
		.repeat = attr->test.repeat,
		.duration = attr->test.duration,
		.flags = attr->test.flags,
		.cpu = attr->test.cpu,
		.batch_size = attr->test.batch_size,
		.user = { .opaque = call->client, .read = user_read, .write = user_write },
		.svc = &call->world->services,
		.cpus = &call->world->cpus,
		.benches = call->benches,
		.interrupted = is_interrupted,
		.opaque = call->client,
	};
}

static int put_results(struct call *call, const struct test_run *tr)
{
	int err = 0;

	if (tr->wrote & TEST_RUN_RETVAL)
		err |= call_put_attr(call, test.retval, tr->retval);
	if (tr->wrote & TEST_RUN_DATA_SIZE)
		err |= call_put_attr(call, test.data_size_out, tr->data_size_out);
	if (tr->wrote & TEST_RUN_DURATION)
		err |= call_put_attr(call, test.duration, tr->duration);
	if (tr->wrote & TEST_RUN_CTX_SIZE)
		err |= call_put_attr(call, test.ctx_size_out, tr->ctx_size_out);
	return err ? -EFAULT : 0;
}

static void count_run(struct call *call, struct prog_object *p, const struct test_run *tr)
{
	struct world *w = call->world;

	if (!atomic_load(&w->gave_stats) || !skep__object_is_open_elsewhere(&w->stats))
		return;
	p->stats.run_cnt += tr->runs;
	p->stats.run_time_ns += tr->time_ns;
}

long skep__sys_prog_test_run(struct call *call)
{
	struct test_run tr = from_attr(call);
	struct exec_fault fault = { 0 };
	int err = skep__test_run_check(&tr);

	if (err)
		return err;
	struct object *obj = skep__call_object(call, call->attr.test.prog_fd, OBJ_PROG, &err, NULL);
	if (!obj)
		return err;
	struct prog_object *p = to_prog(obj);
	struct services svc = call->world->services;
	svc.tid = call->client->tid;
	if (p->prog.type == BPF_PROG_TYPE_SYSCALL)
		skep__prog_calls_init(&svc, call);
	if (p->prog.type == BPF_PROG_TYPE_STRUCT_OPS)
		tr.nr_args = skep__struct_ops_test_args(
			skep__world_kernel_btf(call->world), p->attach_btf_id,
			p->prog.expected_attach_type, &tr.first_nullable);
	tr.svc = &svc;
	tr.mode = mode_of(call->world, &p->prog);
	tr.watch = call->world->run_watch;
	struct world_net *net = skep__world_net_get(call->world);
	tr.net = net ? &net->net : NULL;
	err = skep__test_run(&p->prog, &tr, &fault);
	skep__world_net_put(net);
	keep_fault(&fault);
	count_run(call, p, &tr);
	object_put(obj);
	int put_err = put_results(call, &tr);
	return err ? err : put_err;
}
