/* SPDX-License-Identifier: BSD-2-Clause */
/* The seccomp filter that sends bpf(2) and its neighbours (trapped.def) to a listener. */
#ifndef SKEP_DOOR_FILTER_H
#define SKEP_DOOR_FILTER_H

/*
 * Installs the filter for the calling thread and whatever it forks or executes, for good, after
 * giving up privileges that execve could bring (no_new_privs). The listener's fd, or -errno: -EBUSY
 * when the thread has one already, -EINVAL or -ENOSYS when the kernel has no user notification.
 */
int skep__filter_install(void);

#endif
