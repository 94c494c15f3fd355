/* SPDX-License-Identifier: BSD-2-Clause */
/* BTF as it comes out of an object file: checked, and every accepted type looked at. */
#include "base/strbuf.h"
#include "btf/btf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at_types(const struct btf *btf)
{
	for (u32 id = 1; id < skep__btf_nr_types(btf); id++) {
		const struct btf_type *t = skep__btf_type(btf, id);
		u32 stripped = id;

		skep__btf_find(btf, skep__btf_name(btf, t), btf_kind(t));
		skep__btf_strip(btf, &stripped);
		skep__btf_size(btf, id);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strbuf log;
	int err;

	skep__strbuf_init(&log);
	struct btf *btf = skep__btf_parse(data, size, NULL, &log, &err);
	if (btf) {
		look_at_types(btf);
		skep__btf_free(btf);
	}
	skep__strbuf_fini(&log);
	return 0;
}
