/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is expected of a program, said beside it: progs_both.c reads it from the object's BTF and
 * asks skep and the kernel. Every program is ACCEPTED, REFUSED or STOPPED, or RETURNS.
 */
#ifndef TESTS_VERIFIER_TOLD_H
#define TESTS_VERIFIER_TOLD_H

#define TAG_(text) __attribute__((btf_decl_tag(text)))

#define ACCEPTED TAG_("accepted") /* it is not run */
#define RETURNS(n) TAG_("returns " #n) /* accepted; and a test run returns n, in every mode */
#define LEAVES(n) TAG_("leaves " #n) /* and soon after the run its global variable `told` is n */
#define REFUSED(line) TAG_("refused " line) /* the log's closing line; '@' stands for a number */
#define STOPPED(why)                                                                               \
	TAG_("stopped " why) /* accepted; and skep stops it for that reason where the kernel goes on */
#define PACKET(size) TAG_("packet " #size) /* bytes of the packet of the run; 64 else */
#define HOOK(n) TAG_("hook " #n) /* netfilter: a packet of IPv4 at that hook */
#define ARGS(n)                                                                                    \
	TAG_("args " #n) /* struct_ops: so many arguments: a state of 5, and the numbers 1, 2, 3   \
			    ... */
#define KERNEL_ERRS                                                                                \
	TAG_("kernel errs") /* accepted there by mistake (docs/differences.md): it is not asked */
#define WITHOUT_PERFMON TAG_("without perfmon") /* loaded by somebody who lacks CAP_PERFMON */

#endif
