/* SPDX-License-Identifier: BSD-2-Clause */
/* The implementations that kfuncs.def names, declared from the table itself. */
#ifndef SKEP_HELPER_KFUNC_IMPL_H
#define SKEP_HELPER_KFUNC_IMPL_H

#include "helper/run.h"

/* clang-format off */
#define FN(name) helper_fn skep__kfunc_##name;
#define NONE
#define KFUNC(name, flags, since, symbol, types) symbol
#define KFUNC_VARIANT(name, symbol, types) symbol
#include "helper/kfuncs.def"
#undef FN
#undef NONE
/* clang-format on */

#endif
