/* SPDX-License-Identifier: BSD-2-Clause */
/* skep's own BTF of a kernel (src/btf/own/), for machines that have none. Made by scripts/own-btf.
 */
#ifndef SKEP_BTF_OWN_H
#define SKEP_BTF_OWN_H

extern const unsigned char skep__own_btf[];
extern const unsigned int skep__own_btf_size; /* 0: built without clang */

#endif
