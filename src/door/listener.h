/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Serves one listener: everything that one `skep exec` started. One thread receives and answers, so
 * a short call costs no hand-over; a second one looks now and then whether the first is held up by
 * a long call, and then receives in its place. So no call, and no client whose memory hangs, holds
 * up the others.
 */
#ifndef SKEP_DOOR_LISTENER_H
#define SKEP_DOOR_LISTENER_H

#include "sys/sys.h"

struct listener;

/*
 * Starts serving; takes fd over. ended is called once, on a thread of the listener's, when nobody
 * is left to serve; the listener is gone then. 0 or -errno (and fd is closed).
 */
int skep__listener_start(struct skep_world *w, int fd, void (*ended)(void *opaque), void *opaque);

#endif
