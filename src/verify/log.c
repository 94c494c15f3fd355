/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verification's log: sentences, instructions and source lines in the kernel's format.
 * Instructions and states are printed at levels 1 and 2; at level 1 what was printed on a path that
 * ended well is taken back.
 */
#include <stdarg.h>
#include <string.h>

#include "isa/disasm.h"
#include "verify/env.h"

void skep__vlog(struct verify_env *env, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	skep__strbuf_vprintf(env->log, fmt, ap);
	va_end(ap);
}

int skep__vfail(struct verify_env *env, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	skep__strbuf_vprintf(env->log, fmt, ap);
	va_end(ap);
	return err;
}

int skep__vfail_later(struct verify_env *env, const char *what)
{
	return skep__vfail(env, -EOPNOTSUPP, "skep does not verify %s yet (insn %u)\n", what,
			   env->insn);
}

void skep__vlog_chain(struct verify_env *env, const u32 *calls, u32 nr, u32 last)
{
	skep__vlog(env, "(");
	for (u32 i = 0; i < nr; i++)
		skep__vlog(env, "%u,", calls[i]);
	skep__vlog(env, "%u)", last);
}

static bool name_helper(void *opaque, u32 number, struct strbuf *out)
{
	const struct helper *helper = skep__helper(number);

	(void)opaque;
	if (!helper)
		return false;
	skep__strbuf_printf(out, "bpf_%s", helper->name);
	return true;
}

static bool name_kfunc(void *opaque, const struct insn *insn, struct strbuf *out)
{
	const struct verify_env *env = opaque;

	if ((u32)insn->off >= env->prog->nr_kfuncs)
		return false;
	skep__strbuf_printf(out, "%s#%u", env->prog->kfuncs[insn->off].name, (u32)insn->imm);
	return true;
}

void skep__vlog_insn(struct verify_env *env, u32 insn)
{
	const struct disasm_names names = { .helper = name_helper,
					    .kfunc = name_kfunc,
					    .opaque = env };

	skep__disasm(env_insn(env, insn), insn, &names, env->log);
	skep__strbuf_putc(env->log, '\n');
}

/* The line that an instruction belongs to; NULL: none. */
static const struct prog_line *line_of(const struct verify_env *env, u32 insn)
{
	const struct prog *prog = env->prog;
	u32 low = 0, high = prog->nr_lines;

	if (!high || insn < prog->lines[0].insn)
		return NULL;
	while (high - low > 1) {
		u32 mid = (low + high) / 2;

		if (prog->lines[mid].insn <= insn)
			low = mid;
		else
			high = mid;
	}
	return &prog->lines[low];
}

void skep__vlog_source(struct verify_env *env, u32 insn, const char *prefix)
{
	const struct prog_line *line = line_of(env, insn), *prev;
	const char *file;

	if (!line)
		return;
	prev = env->prev_line ? &env->prog->lines[env->prev_line - 1] : NULL;
	if (prev && prev->line == line->line && prev->file == line->file)
		return;
	file = strrchr(line->file, '/');
	skep__vlog(env, "%s%s @ %s:%u\n", prefix, line->text, file ? file + 1 : line->file,
		   line->line);
	env->prev_line = line - env->prog->lines + 1;
}
