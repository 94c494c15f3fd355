/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects are not linked, so every section begins at address 0, and what relocations would add to
 * the debug information of BPF objects is 0, too: it is read as it stands, and functions are found
 * by name.
 */
#include "cli/source_vars.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

enum { INSN_SIZE = 8, MAX_DEPTH = 32 };

struct source_vars {
	int fd;
	Dwarf *dwarf;
	Dwarf_Die function;
	Dwarf_Addr start;
};

static bool find_function(struct source_vars *vars, const char *name)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit, die;

	while (!dwarf_get_units(vars->dwarf, cu, &cu, NULL, NULL, &unit, NULL)) {
		if (dwarf_child(&unit, &die))
			continue;
		do {
			const char *found = dwarf_diename(&die);

			if (dwarf_tag(&die) == DW_TAG_subprogram && found && !strcmp(found, name) &&
			    !dwarf_lowpc(&die, &vars->start)) {
				vars->function = die;
				return true;
			}
		} while (!dwarf_siblingof(&die, &die));
	}
	return false;
}

struct source_vars *source_vars_new(const char *object, const char *function)
{
	struct source_vars *vars = calloc(1, sizeof(*vars));

	if (!vars)
		return NULL;
	vars->fd = open(object, O_RDONLY | O_CLOEXEC);
	vars->dwarf = vars->fd < 0 ? NULL : dwarf_begin(vars->fd, DWARF_C_READ);
	if (vars->dwarf && find_function(vars, function))
		return vars;
	source_vars_free(vars);
	return NULL;
}

void source_vars_free(struct source_vars *vars)
{
	if (!vars)
		return;
	if (vars->dwarf)
		dwarf_end(vars->dwarf);
	if (vars->fd >= 0)
		close(vars->fd);
	free(vars);
}

static bool lies_in(Dwarf_Die *variable, Dwarf_Addr pc, int regno)
{
	Dwarf_Attribute attr;
	Dwarf_Op *ops;
	size_t nr_ops;

	if (!dwarf_attr(variable, DW_AT_location, &attr) ||
	    dwarf_getlocation_addr(&attr, pc, &ops, &nr_ops, 1) != 1 || nr_ops != 1)
		return false;
	return ops[0].atom == DW_OP_reg0 + regno ||
	       (ops[0].atom == DW_OP_regx && ops[0].number == (Dwarf_Word)regno);
}

/* Of nested scopes the innermost one counts. */
static const char *search(Dwarf_Die *scope, Dwarf_Addr pc, int regno, int depth)
{
	const char *found = NULL;
	Dwarf_Die die;

	if (depth == MAX_DEPTH || dwarf_child(scope, &die))
		return NULL;
	do {
		const char *inner = NULL;

		switch (dwarf_tag(&die)) {
		case DW_TAG_formal_parameter:
		case DW_TAG_variable:
			if (!found && lies_in(&die, pc, regno))
				found = dwarf_diename(&die);
			break;
		case DW_TAG_lexical_block:
		case DW_TAG_inlined_subroutine:
			if (dwarf_haspc(&die, pc) == 1)
				inner = search(&die, pc, regno, depth + 1);
			break;
		}
		if (inner)
			return inner;
	} while (!dwarf_siblingof(&die, &die));
	return found;
}

const char *source_vars_in(struct source_vars *vars, unsigned int insn, int regno)
{
	Dwarf_Addr pc;

	if (!vars)
		return NULL;
	pc = vars->start + (Dwarf_Addr)insn * INSN_SIZE;
	return dwarf_haspc(&vars->function, pc) == 1 ? search(&vars->function, pc, regno, 0) : NULL;
}
