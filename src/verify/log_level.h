/* SPDX-License-Identifier: BSD-2-Clause */
/* Bits of PROG_LOAD's log_level. */
#ifndef SKEP_VERIFY_LOG_LEVEL_H
#define SKEP_VERIFY_LOG_LEVEL_H

#define LOG_PATH 1u /* BPF_LOG_LEVEL1: the path that failed */
#define LOG_ALL 2u /* BPF_LOG_LEVEL2: every path, with precision and liveness */
#define LOG_STATS 4u

#endif
