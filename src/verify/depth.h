/* SPDX-License-Identifier: BSD-2-Clause */
/* Stack that chains of calls need together. */
#ifndef SKEP_VERIFY_DEPTH_H
#define SKEP_VERIFY_DEPTH_H

#include "verify/env.h"

int skep__check_stack_depth(struct verify_env *env);

#endif
