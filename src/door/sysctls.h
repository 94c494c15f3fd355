/* SPDX-License-Identifier: BSD-2-Clause */
/* The settings of a world (sysctls.def), for the mount name space that the caller is in. */
#ifndef SKEP_DOOR_SYSCTLS_H
#define SKEP_DOOR_SYSCTLS_H

/*
 * Puts files in the place of those that say something else. dir is of a file system that can be written, where each
 * is for a moment. What cannot be put there is left: tools are told less, and everything works.
 */
void skep__sysctls_make(int dir);

#endif
