/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/held.h"

static const struct held rows[] = {
#define HELD(callee, what, release) { callee, what, release },
#include "cli/held.def"
};

const struct held *held_after(struct span callee)
{
	const struct held *row = rows;

	while (*row->callee && !span_begins(callee, row->callee))
		row++;
	return row;
}
