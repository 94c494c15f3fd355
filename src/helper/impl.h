/* SPDX-License-Identifier: BSD-2-Clause */
/* The implementations that helpers.def names, declared from the table itself. */
#ifndef SKEP_HELPER_IMPL_H
#define SKEP_HELPER_IMPL_H

#include "helper/run.h"

/* clang-format off */
#define FN(name) helper_fn skep__helper_##name;
#define NONE
#define HELPER(nr, name, ret, a1, a2, a3, a4, a5, flags, since, symbol, types) symbol
#define VARIANT(name, ret, a1, a2, a3, a4, a5, flags, symbol, types) symbol
#include "helper/helpers.def"
#undef FN
#undef NONE
/* clang-format on */

#endif
