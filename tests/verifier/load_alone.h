/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_VERIFIER_LOAD_ALONE_H
#define TESTS_VERIFIER_LOAD_ALONE_H

#include <bpf/libbpf.h>

/*
 * Loads one program of an object as the object wishes (wishes.h), with those that its arrays of
 * programs begin with, and pins nothing. NULL with *err. libbpf's messages are kept to itself from then on.
 */
struct bpf_object *load_alone(const char *path, const char *name, int *err);

#endif
