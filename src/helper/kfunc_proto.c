/* SPDX-License-Identifier: BSD-2-Clause */
/* The prototypes of implemented kernel functions in memory. */
#include "helper/kfunc.h"
#include "helper/proto_words.h"

/* "bpf_dynptr_slice" is "dynptr_slice" in reports, which put the prefix before every name. */
#define PREFIX "bpf_"

static const struct helper protos[NR_KFUNCS] = {
#define KFUNC_PROTO(func, returns, a1, a2, a3, a4, a5)                                             \
	[KFUNC_##func] = { .name = &#func[sizeof(PREFIX) - 1],                                     \
			   .ret = (returns),                                                       \
			   .args = { a1, a2, a3, a4, a5 } },
#include "helper/kfunc_protos.def"
};

const struct helper *skep__kfunc_proto(u32 id)
{
	return id < NR_KFUNCS && protos[id].name ? &protos[id] : NULL;
}

static bool is_of_objects(u32 arg)
{
	return ARG_CLASS(arg) >= ARG_OBJECT && ARG_CLASS(arg) <= ARG_TREE_NODE;
}

bool skep__kfunc_on_objects(u32 id)
{
	const struct helper *proto = skep__kfunc_proto(id);

	return proto && (RET_CLASS(proto->ret) == RET_OBJECT || is_of_objects(proto->args[0]));
}
