/* SPDX-License-Identifier: BSD-2-Clause */
/* The context: which fields programs of a type may touch, and what a load of one gives
 * (ctx/fields.def). */
#include "ctx/ctx.h"
#include "verify/memory.h"
#include "verify/operand.h"

static const struct {
	u8 cls;
	u16 flags;
} loaded[] = {
	[CTX_SCALAR] = { REG_SCALAR, 0 },
	[CTX_PKT] = { REG_PACKET, 0 },
	[CTX_PKT_END] = { REG_PACKET_END, 0 },
	[CTX_PKT_META] = { REG_PACKET_META, 0 },
	[CTX_SOCK] = { REG_SOCKET, 0 },
	[CTX_SOCK_OR_NULL] = { REG_SOCKET, REG_MAYBE_NULL },
	[CTX_SOCK_COMMON_OR_NULL] = { REG_SOCK_COMMON, REG_MAYBE_NULL },
	[CTX_FLOW_KEYS] = { REG_FLOW_KEYS, 0 },
	[CTX_TP_BUFFER] = { REG_TP_BUFFER, 0 },
	[CTX_BTF] = { REG_BTF, REG_TRUSTED },
};

static int load_field(const struct access *a, const struct ctx_field *field)
{
	struct verify_env *env = a->env;
	struct reg *dst = cur_reg(env, a->value);

	if (field->kind == CTX_SCALAR) {
		set_loaded(a);
		return 0;
	}
	if (field->kind == CTX_BTF) {
		s64 id = env->kernel_btf
				 ? skep__btf_find(env->kernel_btf, field->type, BTF_KIND_STRUCT)
				 : -1;

		if (id < 0)
			return skep__vfail_later(env, "context fields of kernel types");
		skep__reg_pointer(dst, REG_BTF, loaded[CTX_BTF].flags);
		dst->btf.btf = env->kernel_btf;
		dst->btf.id = id;
		return 0;
	}
	skep__reg_pointer(dst, loaded[field->kind].cls, loaded[field->kind].flags);
	if (reg_maybe_null(dst))
		dst->id = new_id(env);
	return 0;
}

int skep__refuse_ctx(const struct access *a)
{
	skep__vlog(a->env, "invalid bpf_context access off=%d size=%d\n", a->off, a->size);
	skep__vlog_source(a->env, a->env->insn, "; ");
	return -EACCES;
}

int skep__access_ctx(const struct access *a)
{
	struct verify_env *env = a->env;
	const struct prog *prog = env->prog;
	const struct prog_type *type = skep__prog_type(prog->type);
	const struct ctx_field *field;
	int err;

	if (a->write && a->value != NO_REG && is_secret(env, cur_reg(env, a->value)))
		return skep__vfail(env, -EACCES, "R%d leaks addr into ctx\n", a->value);
	err = skep__check_plain_offset(env, a->ptr, a->regno, false);
	if (err)
		return err;
	if (!type->ctx_size)
		return skep__access_ctx_btf(a);
	field = skep__ctx_access(prog->type, prog->expected_attach_type, a->off, a->size, a->write);
	if (!field || (a->sign_extend && field->kind != CTX_SCALAR))
		return skep__refuse_ctx(a);
	env->max_ctx_offset = max(env->max_ctx_offset, (u32)(a->off + a->size));
	if (a->write || a->value == NO_REG)
		return 0;
	return load_field(a, field);
}

bool skep__may_touch_packet(const struct verify_env *env, bool write, const struct helper *helper)
{
	u8 packet = skep__prog_type(env->prog->type)->packet;

	if (packet == PACKET_NONE || (packet == PACKET_READ && write))
		return false;
	return !helper || helper->flags & HELPER_PKT_ARGS;
}
