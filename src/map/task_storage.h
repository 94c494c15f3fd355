/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF_MAP_TYPE_TASK_STORAGE: a value for each task that a program made one for, found by what
 * skep__tid_of() says of the task. There is room for as many tasks as TASK_STORAGE_TASKS; the values of those that have
 * ended make room for others.
 */
#ifndef SKEP_MAP_TASK_STORAGE_H
#define SKEP_MAP_TASK_STORAGE_H

#include "map/map.h"

#define TASK_STORAGE_TASKS 1024u

/* The task's value; NULL: it has none. */
void *skep__task_storage_find(struct map *map, u32 task);
/* The same, or a new one, which begins as `from` says (NULL: as zeroes); NULL: there is no room. */
void *skep__task_storage_get(struct map *map, u32 task, const void *from);
int skep__task_storage_remove(struct map *map, u32 task); /* 0 or -ENOENT */

#endif
