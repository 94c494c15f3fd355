/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_VERIFIER_NEWER_TYPES_H
#define TESTS_VERIFIER_NEWER_TYPES_H

#include <bpf/libbpf.h>
#include <string.h>

#define TYPE_NETFILTER 32 /* BPF_PROG_TYPE_NETFILTER, since Linux 6.4 */
#define ATTACH_NETFILTER 45 /* BPF_NETFILTER */

/* libbpf 1.1, which is Debian 12's, does not know the section. */
static inline void set_newer_type(struct bpf_program *p)
{
	if (strcmp(bpf_program__section_name(p), "netfilter") != 0)
		return;
	bpf_program__set_type(p, TYPE_NETFILTER);
	bpf_program__set_expected_attach_type(p, ATTACH_NETFILTER);
}

#endif
