/* SPDX-License-Identifier: BSD-2-Clause */
#include "verify/operand.h"

int skep__need_reg(struct verify_env *env, u32 regno)
{
	mark_scratched(env, regno);
	if (cur_reg(env, regno)->cls == REG_NOT_INIT)
		return skep__vfail(env, -EACCES, "R%u !read_ok\n", regno);
	return 0;
}

int skep__will_write(struct verify_env *env, u32 regno)
{
	mark_scratched(env, regno);
	if (regno == BPF_REG_10)
		return skep__vfail(env, -EACCES, "frame pointer is read only\n");
	return 0;
}

const char *skep__class_name(const struct reg *r, struct class_name *buf)
{
	struct strbuf out;

	skep__strbuf_fixed(&out, buf->text, sizeof(buf->text));
	skep__reg_class_text(r, &out);
	return buf->text;
}
