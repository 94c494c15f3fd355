/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables of program types and context fields in memory, and the questions asked of them. Every
 * offset and size in fields.def is asserted against the UAPI struct that programs are compiled
 * with.
 */
#include "ctx/ctx.h"

#include "ctx/netfilter.h"

/* clang-format off */
#define TYPE(name) (1ull << BPF_PROG_TYPE_##name)
#define AT(name)   (1ull << BPF_##name)
#define ANY        UINT64_MAX
#define NOBODY     0

/* Sets of program types, by the struct they see. */
#define SKF        TYPE(SOCKET_FILTER)
#define TC         (TYPE(SCHED_CLS) | TYPE(SCHED_ACT))
#define CG         TYPE(CGROUP_SKB)
#define LWT        (TYPE(LWT_IN) | TYPE(LWT_OUT) | TYPE(LWT_XMIT) | TYPE(LWT_SEG6LOCAL))
#define SK_SKB     TYPE(SK_SKB)
#define SKB        (SKF | TC | CG | LWT | SK_SKB)
#define FLOW       TYPE(FLOW_DISSECTOR)
#define XDP        TYPE(XDP)
#define CG_SOCK    TYPE(CGROUP_SOCK)
#define CG_ADDR    TYPE(CGROUP_SOCK_ADDR)
#define CG_DEVICE  TYPE(CGROUP_DEVICE)
#define CG_SYSCTL  TYPE(CGROUP_SYSCTL)
#define CG_SOCKOPT TYPE(CGROUP_SOCKOPT)
#define OPS        TYPE(SOCK_OPS)
#define MSG        TYPE(SK_MSG)
#define REUSEPORT  TYPE(SK_REUSEPORT)
#define LOOKUP     TYPE(SK_LOOKUP)
#define PERF       TYPE(PERF_EVENT)
#define NF         TYPE(NETFILTER)
#define KPROBE     TYPE(KPROBE)
#define TRACEPOINT TYPE(TRACEPOINT)
#define RAW_TP     TYPE(RAW_TRACEPOINT)
#define RAW_TPW    TYPE(RAW_TRACEPOINT_WRITABLE)
#define LIRC       TYPE(LIRC_MODE2)
#define SYSCALL    TYPE(SYSCALL)

/* Sets of attach types. */
#define POST_BIND       (AT(CGROUP_INET4_POST_BIND) | AT(CGROUP_INET6_POST_BIND))
#define CREATE_RELEASE  (AT(CGROUP_INET_SOCK_CREATE) | AT(CGROUP_INET_SOCK_RELEASE))
#define INET4_HOOKS     (AT(CGROUP_INET4_BIND) | AT(CGROUP_INET4_CONNECT) | AT(CGROUP_UDP4_SENDMSG) | \
			 AT(CGROUP_UDP4_RECVMSG) | AT(CGROUP_INET4_GETPEERNAME) | AT(CGROUP_INET4_GETSOCKNAME))
#define INET6_HOOKS     (AT(CGROUP_INET6_BIND) | AT(CGROUP_INET6_CONNECT) | AT(CGROUP_UDP6_SENDMSG) | \
			 AT(CGROUP_UDP6_RECVMSG) | AT(CGROUP_INET6_GETPEERNAME) | AT(CGROUP_INET6_GETSOCKNAME))
#define UNIX_HOOKS      (AT(CGROUP_UNIX_CONNECT) | AT(CGROUP_UNIX_SENDMSG) | AT(CGROUP_UNIX_RECVMSG) | \
			 AT(CGROUP_UNIX_GETPEERNAME) | AT(CGROUP_UNIX_GETSOCKNAME))
#define SOCK_ADDR_HOOKS (INET4_HOOKS | INET6_HOOKS | UNIX_HOOKS)
/* Hooks that tell what has happened already: they cannot refuse. */
#define AFTER_THE_FACT  (AT(CGROUP_UDP4_RECVMSG) | AT(CGROUP_UDP6_RECVMSG) | AT(CGROUP_UNIX_RECVMSG) | \
			 AT(CGROUP_INET4_GETPEERNAME) | AT(CGROUP_INET6_GETPEERNAME) | AT(CGROUP_UNIX_GETPEERNAME) | \
			 AT(CGROUP_INET4_GETSOCKNAME) | AT(CGROUP_INET6_GETSOCKNAME) | AT(CGROUP_UNIX_GETSOCKNAME))
#define NO_ATTACH_TYPE  1 /* expected_attach_type must be 0 */

/* The remaining words of fields.def. */
enum {
	B = 1, H = 2, W = 4, D = 8,
	PART = B | H | W, PART8 = PART | D,
	START = CTX_AT_START, KEEP16 = CTX_HALF,
	REGS = 21 * 8, /* x86-64's user registers, as tracing programs see them */
};

#define FIELD(strct, o, sz, member, ...) \
	static_assert(offsetof(struct strct, member) == (o), #strct "." #member " offset"); \
	static_assert(sizeof(((struct strct *)0)->member) == (sz), #strct "." #member " size");
#define BTF_FIELD(strct, o, sz, member, ...) FIELD(strct, o, sz, member)
#define STRUCT(name)
#define RANGE(...)
#define END
#include "ctx/fields.def"

static_assert(sizeof(struct xdp_md) == 24, "xdp_md");
static_assert(sizeof(struct __sk_buff) == 192, "__sk_buff");

#define ROW(o, sz, member, btf_type, yields, l, by_l, s, by_s, when) \
	{ #member, btf_type, o, sz, CTX_##yields, l, s, by_l, by_s, when },
#define FIELD(strct, o, sz, member, ...) ROW(o, sz, member, NULL, __VA_ARGS__)
#define RANGE(strct, o, sz, member, ...) ROW(o, sz, member, NULL, __VA_ARGS__)
#define BTF_FIELD(strct, o, sz, member, btf_type, ...) ROW(o, sz, member, btf_type, BTF, __VA_ARGS__)
#define STRUCT(name) static const struct ctx_field name##_fields[] = {
#define END };
#include "ctx/fields.def"

/* Structs without a size of their own in the UAPI: as far as programs may reach. */
enum { size_pt_regs = REGS, size_tracepoint = 8192, size_raw_tracepoint = 96, size_raw_tp_writable = 96,
       size_lirc_mode2 = 4, size_syscall = 65536, size_bpf_perf_event_data = REGS + 16 };
#define size_xdp_md             sizeof(struct xdp_md)
#define size___sk_buff          sizeof(struct __sk_buff)
#define size_bpf_sock           sizeof(struct bpf_sock)
#define size_bpf_sock_addr      sizeof(struct bpf_sock_addr)
#define size_bpf_sock_ops       sizeof(struct bpf_sock_ops)
#define size_sk_msg_md          sizeof(struct sk_msg_md)
#define size_sk_reuseport_md    sizeof(struct sk_reuseport_md)
#define size_bpf_sk_lookup      sizeof(struct bpf_sk_lookup)
#define size_bpf_cgroup_dev_ctx sizeof(struct bpf_cgroup_dev_ctx)
#define size_bpf_sysctl         sizeof(struct bpf_sysctl)
#define size_bpf_sockopt        sizeof(struct bpf_sockopt)
#define size_bpf_nf_ctx         sizeof(struct bpf_nf_ctx)
#define size_btf                0

/* Described by BTF: nothing here. */
static const struct ctx_field btf_fields[1];

#define PROG_TYPE(nr, number, ...) static_assert((nr) == BPF_PROG_TYPE_##number, #number);
#include "ctx/prog_types.def"

static const struct prog_type prog_types[] = {
#define PROG_TYPE(nr, number, text, ctx, pkt, run, first_kernel) [nr] = { \
	.name = text, .ctx_name = size_##ctx ? #ctx : NULL, .ctx_size = size_##ctx, \
	.fields = ctx##_fields, .nr_fields = size_##ctx ? ARRAY_SIZE(ctx##_fields) : 0, \
	.packet = PACKET_##pkt, .test_run = TEST_RUN_##run, .since = first_kernel },
#include "ctx/prog_types.def"
};
static_assert(ARRAY_SIZE(prog_types) == __MAX_BPF_PROG_TYPE, "a row for every type");

static const struct { u32 type; u64 attach_types; } attach_rules[] = {
#define ATTACH(type, set) { BPF_PROG_TYPE_##type, set },
#include "ctx/prog_types.def"
};

static const struct { u32 type, attach_type; } attach_absent[] = {
#define ABSENT(type, attach) { BPF_PROG_TYPE_##type, BPF_##attach },
#include "ctx/prog_types.def"
};

static const u64 perfmon_types = 0
#define PERFMON(type) | 1ull << BPF_PROG_TYPE_##type
#include "ctx/prog_types.def"
	;

static const struct { u32 type; u64 attach_types; struct ret_range range; } returns[] = {
#define RETURNS(type, set, low, high) { BPF_PROG_TYPE_##type, set, { low, high } },
#include "ctx/prog_types.def"
};
/* clang-format on */

const struct prog_type *skep__prog_type(u32 type)
{
	return type < ARRAY_SIZE(prog_types) ? &prog_types[type] : NULL;
}

static bool in_set(u64 set, u32 number)
{
	return set == ANY || (number < 64 && (set >> number & 1));
}

static bool shape_fits(const struct ctx_field *f, u32 off, u32 size, u8 sizes)
{
	if (!(sizes & size & CTX_SIZES))
		return false;
	return !(sizes & CTX_AT_START) || off == f->off;
}

const struct ctx_field *skep__ctx_access(u32 prog_type, u32 attach_type, s64 off, u32 size,
					 bool write)
{
	const struct prog_type *type = skep__prog_type(prog_type);

	if (!type || off < 0 || off >= type->ctx_size)
		return NULL;
	if (size == 0 || size > 8 || (size & (size - 1)) || off % size)
		return NULL;
	for (u32 i = 0; i < type->nr_fields; i++) {
		const struct ctx_field *f = &type->fields[i];

		if (off < f->off || off + size > (s64)f->off + f->size)
			continue;
		if (shape_fits(f, off, size, write ? f->stores : f->loads) &&
		    in_set(write ? f->writers : f->readers, prog_type) &&
		    in_set(f->attach_types, attach_type))
			return f;
	}
	return NULL;
}

bool skep__prog_ret_range(u32 prog_type, u32 attach_type, struct ret_range *range)
{
	for (size_t i = 0; i < ARRAY_SIZE(returns); i++) {
		if (returns[i].type == prog_type && in_set(returns[i].attach_types, attach_type)) {
			*range = returns[i].range;
			return true;
		}
	}
	return false;
}

bool skep__prog_needs_perfmon(u32 prog_type)
{
	return in_set(perfmon_types, prog_type);
}

u32 skep__prog_attach_default(u32 prog_type, u32 attach_type)
{
	for (size_t i = 0; i < ARRAY_SIZE(attach_absent) && attach_type == 0; i++) {
		if (attach_absent[i].type == prog_type)
			return attach_absent[i].attach_type;
	}
	return attach_type;
}

bool skep__prog_attach_ok(u32 prog_type, u32 attach_type)
{
	for (size_t i = 0; i < ARRAY_SIZE(attach_rules); i++) {
		if (attach_rules[i].type == prog_type)
			return in_set(attach_rules[i].attach_types, attach_type);
	}
	return true;
}
