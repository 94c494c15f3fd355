/* SPDX-License-Identifier: BSD-2-Clause */
/* Pointers seen as pointers to something else: what they lead to is read with faults caught. */
#include "helper/arg.h"

DEFINE_KFUNC(rdonly_cast)
{
	return r1;
}

/* The same pointer: loads of what the context of the UAPI has as well are led there
 * (verify/known_fields.c). */
DEFINE_KFUNC(cast_to_kern_ctx)
{
	return r1;
}
