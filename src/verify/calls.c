/* SPDX-License-Identifier: BSD-2-Clause */
#include "verify/calls.h"

#include "helper/kfunc.h"
#include "helper/proto.h"

static int check_helper(const struct prog *prog, u32 number, struct strbuf *log)
{
	const struct helper *helper = skep__helper(number);

	if (helper_is_poison(number))
		return 0; /* which run comes there is found out when one does */
	if (!helper) {
		skep__strbuf_printf(log, "invalid func unknown#%u\n", number);
		return -EINVAL;
	}
	if (!skep__helper_allowed(number, prog->type, prog->expected_attach_type)) {
		skep__strbuf_printf(log, "program of this type cannot use helper bpf_%s#%u\n",
				    helper->name, number);
		return -EINVAL;
	}
	helper = skep__helper_for(number, prog->type);
	if (helper->flags & HELPER_GPL && !prog->gpl) {
		skep__strbuf_puts(
			log,
			"cannot call GPL-restricted function from non-GPL compatible program\n");
		return -EINVAL;
	}
	if (!helper->fn && helper->ret != RET_NEVER) {
		skep__strbuf_printf(log, "skep does not have helper bpf_%s#%u yet\n", helper->name,
				    number);
		return -EINVAL;
	}
	return 0;
}

static int check_kfunc(const struct prog *prog, const struct insn *insn, struct strbuf *log)
{
	const struct prog_kfunc *called = &prog->kfuncs[insn->off];
	const struct kfunc *kfunc = skep__kfunc(called->id);

	if (!skep__kfunc_allowed(called->id, prog->type, prog->expected_attach_type)) {
		skep__strbuf_printf(log, "calling kernel function %s is not allowed\n",
				    called->name);
		return -EACCES;
	}
	if (kfunc->fn)
		return 0;
	skep__strbuf_printf(log, "skep does not have kernel function %s yet\n", called->name);
	return -EINVAL;
}

int skep__check_calls(const struct prog *prog, struct strbuf *log)
{
	for (u32 i = 0; i < prog->len; i++) {
		const struct insn *insn = &prog->insns[i];
		int err = 0;

		if (insn->op == OP_CALL_HELPER)
			err = check_helper(prog, insn->imm, log);
		if (insn->op == OP_CALL_KFUNC && insn->imm)
			err = check_kfunc(prog, insn, log);
		if (err)
			return err;
	}
	return 0;
}
