/* SPDX-License-Identifier: BSD-2-Clause */
/* BTF as it comes out of an object file: checked, and every accepted type looked at and shown. */
#include "base/strbuf.h"
#include "btf/fields.h"
#include "skep/btf.h"

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

/* The input once more, as a value of its own types, and shorter than most of them. */
static void look_at_values(const uint8_t *data, size_t size)
{
	struct skep_btf *btf = skep_btf_new(data, size);
	struct btf_budget budget = { 1 << 16 };
	struct btf_record record;

	for (u32 id = 1; btf && id < skep__btf_nr_types((struct btf *)btf) && id < 64; id++) {
		skep_btf_dump_free(skep_btf_dump(btf, id, data, size < 256 ? size : 256, 0, 80));
		skep__btf_fields((struct btf *)btf, id, ~0u, 1 << 20, &budget, &record);
	}
	skep_btf_free(btf);
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
		look_at_values(data, size);
	}
	skep__strbuf_fini(&log);
	return 0;
}
