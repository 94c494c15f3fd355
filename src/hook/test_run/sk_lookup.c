/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Test runs of socket lookup programs: the context is the question, there is no packet. No socket
 * can be selected yet, so the cookie that comes back is 0.
 */
#include <string.h>
#include <sys/socket.h>

#include "hook/test_run/bench.h"

static int check_ctx(const struct bpf_sk_lookup *ctx)
{
	size_t known = offsetof(struct bpf_sk_lookup, local_port) + sizeof(ctx->local_port);
	u16 family = ctx->family;

	if (ctx->cookie || !zero_between(ctx, known, sizeof(*ctx)))
		return -EINVAL;
	if (ctx->local_port > UINT16_MAX)
		return -ERANGE;
	return family == AF_INET || family == AF_INET6 ? 0 : -EAFNOSUPPORT;
}

/* What the program sees: addresses of the other family are not there. */
static void set_view(struct bpf_sk_lookup *md, const struct bpf_sk_lookup *ctx)
{
	*md = (struct bpf_sk_lookup){
		.family = (u16)ctx->family,
		.protocol = (u16)ctx->protocol,
		.remote_port = ctx->remote_port,
		.local_port = ctx->local_port,
	};
	if (md->family == AF_INET) {
		md->remote_ip4 = ctx->remote_ip4;
		md->local_ip4 = ctx->local_ip4;
	} else {
		memcpy(md->remote_ip6, ctx->remote_ip6, sizeof(md->remote_ip6));
		memcpy(md->local_ip6, ctx->local_ip6, sizeof(md->local_ip6));
	}
}

int skep__test_run_sk_lookup(struct session *s)
{
	struct test_run *tr = s->tr;
	struct bpf_sk_lookup ctx;
	int ret;

	if (tr->flags || tr->cpu || tr->batch_size)
		return -EINVAL;
	if (tr->data_in || tr->data_size_in || tr->data_out || tr->data_size_out)
		return -EINVAL;
	ret = skep__test_ctx_init(tr, &ctx, sizeof(ctx));
	if (ret <= 0)
		return ret ? ret : -EINVAL;
	ret = check_ctx(&ctx);
	if (ret)
		return ret;
	set_view(&s->bench->sk_lookup, &ctx);
	s->ctx = &s->bench->sk_lookup;
	ret = skep__test_repeat(s);
	if (ret)
		return ret;
	ctx.cookie = 0;
	ret = skep__test_data_finish(tr, NULL, 0, NULL);
	return ret ? ret : skep__test_ctx_finish(tr, &ctx, sizeof(ctx));
}
