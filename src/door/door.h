/* SPDX-License-Identifier: BSD-2-Clause */
/* Entering worlds: afterwards, bpf(2) of the calling process and of all that it starts is the
 * world's. */
#ifndef SKEP_DOOR_DOOR_H
#define SKEP_DOOR_DOOR_H

#include "skep/skep.h"

/*
 * Makes a world that belongs to the calling process and its children, kept by a process in the
 * background (no child of the caller's), and enters it for good. The caller has one thread. 0 or
 * -errno: -EBUSY inside a world, -ENOTCONN when a filter that was there before answers bpf(2).
 */
int skep__door_private(const struct skep_world_opts *opts);

#endif
