/* SPDX-License-Identifier: BSD-2-Clause */
/* May this program call what it calls? Asked of every call instruction when a program is loaded. */
#ifndef SKEP_VERIFY_CALLS_H
#define SKEP_VERIFY_CALLS_H

#include "base/strbuf.h"
#include "exec/prog.h"

/*
 * 0, or -EINVAL with the kernel's sentence on the log's last line (unknown helper, not for this
 * program type, for GPL programs only); -EINVAL too for helpers and kfuncs that skep does not have
 * yet.
 */
int skep__check_calls(const struct prog *prog, struct strbuf *log);

#endif
