/*
 * elf_lines.c - which functions, inlined ones among them, and which line of the source an address belongs to,
 * by the debug information. Each unit that has one of the addresses is read once, whatever their number.
 *
 * Units are found by their own ranges, not by .debug_aranges, which not every compiler writes.
 */
#include "elf_parts.h"

#include "demangle.h"
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Functions inside functions, of damaged debug information also endlessly many. */
#define DEPTH_MOST 512

/* A function that an address is in, and the one that it was inlined into. */
struct scope {
	Dwarf_Die die;
	struct scope *outer;
};

/* An address that is looked for, and what was found. */
struct wanted {
	Dwarf_Addr at; /* as the debug information counts */
	struct rac_symbol *symbol;
	struct scope *innermost;
	Dwarf_Die unit;
	bool has_unit;
};

struct reading {
	struct rac_elf *elf;
	struct rac_pool *pool; /* of the result */
	struct rac_pool scopes;
	struct wanted *wanted; /* in the order of addresses */
	size_t count;
	Dwarf_Files *files; /* of the unit that is being read */
	size_t file_count;
	const char *folder; /* that the unit was compiled in */
};

static size_t first_from(const struct reading *r, Dwarf_Addr address)
{
	size_t low = 0, high = r->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (r->wanted[middle].at < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Calls take for each wanted address in the ranges of a DIE; returns how many it took. */
static size_t each_within(struct reading *r, Dwarf_Die *ranges_of,
	bool (*take)(struct reading *r, struct wanted *w, Dwarf_Die *die), Dwarf_Die *die)
{
	Dwarf_Addr base, low, high;
	ptrdiff_t offset = 0;
	size_t taken = 0;

	while ((offset = dwarf_ranges(ranges_of, offset, &base, &low, &high)) > 0)
		for (size_t i = first_from(r, low); i < r->count && r->wanted[i].at < high; i++)
			taken += take(r, &r->wanted[i], die);
	return taken;
}

static bool take_unit(struct reading *r, struct wanted *w, Dwarf_Die *die)
{
	(void)r;
	if (w->has_unit)
		return false;
	w->unit = *die;
	w->has_unit = true;
	return true;
}

static bool take_inlined(struct reading *r, struct wanted *w, Dwarf_Die *die)
{
	struct scope *scope = rac_pool_take(&r->scopes, 1, sizeof(*scope));

	if (scope == NULL)
		return false;
	*scope = (struct scope){*die, w->innermost};
	w->innermost = scope;
	return true;
}

/* Of functions that were folded into one the first stands. */
static bool take_function(struct reading *r, struct wanted *w, Dwarf_Die *die)
{
	return w->innermost == NULL && take_inlined(r, w, die);
}

static void walk(struct reading *r, Dwarf_Die *parent, bool thorough, unsigned depth);

static void visit(struct reading *r, Dwarf_Die *die, bool thorough, unsigned depth)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_subprogram:
		if (each_within(r, die, take_function, die) > 0 || thorough)
			walk(r, die, thorough, depth + 1);
		break;
	case DW_TAG_inlined_subroutine:
		if (each_within(r, die, take_inlined, die) > 0)
			walk(r, die, thorough, depth + 1);
		break;
	case DW_TAG_lexical_block:
	case DW_TAG_try_block:
	case DW_TAG_catch_block:
	case DW_TAG_namespace:
	case DW_TAG_module:
		walk(r, die, thorough, depth + 1);
		break;
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
	case DW_TAG_enumeration_type:
		if (thorough)
			walk(r, die, thorough, depth + 1);
		break;
	default:
		break;
	}
}

static void walk(struct reading *r, Dwarf_Die *parent, bool thorough, unsigned depth)
{
	Dwarf_Die die, next;

	if (depth > DEPTH_MOST || dwarf_child(parent, &die) != 0)
		return;
	for (;;) {
		visit(r, &die, thorough, depth);
		/* Damaged debug information may name a sibling that lies before. */
		if (dwarf_siblingof(&die, &next) != 0 ||
			dwarf_dieoffset(&next) <= dwarf_dieoffset(&die))
			return;
		die = next;
	}
}

static const char *text_of(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;

	return dwarf_formstring(dwarf_attr_integrate(die, name, &attribute));
}

/* The linker's name says all; where the function has none there, the short one. */
static const char *function_of(struct reading *r, struct scope *scope, uint64_t offset)
{
	const char *linker = text_of(&scope->die, DW_AT_linkage_name);
	const char *name = text_of(&scope->die, DW_AT_name), *symbol;

	if (linker == NULL)
		linker = text_of(&scope->die, DW_AT_MIPS_linkage_name);
	if (linker != NULL)
		return rac_demangle(r->pool, linker);
	if (dwarf_tag(&scope->die) == DW_TAG_subprogram) {
		/* gcc leaves it out for functions of one file, whose symbols have it. */
		symbol = rac_elf_function(r->elf, offset);
		if (symbol != NULL && (name == NULL || strncmp(symbol, "_Z", 2) == 0))
			return rac_demangle(r->pool, symbol);
	}
	return name != NULL ? rac_pool_text(r->pool, name) : "";
}

static const char *path_of(struct reading *r, const char *file)
{
	char path[4096];

	if (file == NULL)
		return "";
	if (file[0] == '/' || r->folder == NULL)
		return rac_pool_text(r->pool, file);
	snprintf(path, sizeof(path), "%s/%s", r->folder, file);
	return rac_pool_text(r->pool, path);
}

static uint64_t number_of(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value = 0;

	if (dwarf_formudata(dwarf_attr(die, name, &attribute), &value) != 0)
		return 0;
	return value;
}

/* Where an inlined function was called from. */
static void fill_call(struct reading *r, Dwarf_Die *die, struct rac_symbol_line *out)
{
	uint64_t file = number_of(die, DW_AT_call_file);

	out->line = number_of(die, DW_AT_call_line);
	out->file = path_of(r,
		r->files != NULL && file < r->file_count ? dwarf_filesrc(r->files, file, NULL, NULL)
							 : NULL);
}

static void fill_line(struct reading *r, struct wanted *w, struct rac_symbol_line *out)
{
	Dwarf_Line *line = dwarf_getsrc_die(&w->unit, w->at);
	int number = 0;

	out->file = path_of(r, line != NULL ? dwarf_linesrc(line, NULL, NULL) : NULL);
	if (line != NULL && dwarf_lineno(line, &number) == 0 && number > 0)
		out->line = (uint64_t)number;
}

static void fill(struct reading *r, struct wanted *w)
{
	const char *function = NULL;
	struct rac_symbol_line *lines;
	size_t count = 0;

	for (struct scope *s = w->innermost; s != NULL; s = s->outer)
		count++;
	/* Of assembly there are lines and no functions. */
	if (count == 0)
		function = rac_elf_function(r->elf, w->symbol->offset);
	if (count == 0 && function == NULL)
		return;
	lines = rac_pool_take(r->pool, count > 0 ? count : 1, sizeof(*lines));
	if (lines == NULL)
		return;
	w->symbol->lines = lines;
	fill_line(r, w, &lines[0]);
	if (function != NULL) {
		lines[w->symbol->line_count++].function = rac_demangle(r->pool, function);
		return;
	}
	for (struct scope *s = w->innermost, *inner = NULL; s != NULL; inner = s, s = s->outer) {
		struct rac_symbol_line *line = &lines[w->symbol->line_count++];

		line->function = function_of(r, s, w->symbol->offset);
		if (inner != NULL)
			fill_call(r, &inner->die, line);
	}
}

/* Those that miss a function first, then by addresses. */
static int compare_missed(const void *a, const void *b)
{
	const struct wanted *one = a, *other = b;
	bool missed = one->innermost == NULL, other_missed = other->innermost == NULL;

	if (missed != other_missed)
		return missed ? -1 : 1;
	return (one->at > other->at) - (one->at < other->at);
}

/* By units, those without one last, then by addresses. */
static int compare_units(const void *a, const void *b)
{
	const struct wanted *one = a, *other = b;
	uintptr_t unit = (uintptr_t)one->unit.addr, other_unit = (uintptr_t)other->unit.addr;

	if (one->has_unit != other->has_unit)
		return one->has_unit ? -1 : 1;
	if (unit != other_unit)
		return unit < other_unit ? -1 : 1;
	return (one->at > other->at) - (one->at < other->at);
}

/* All addresses are in one unit. */
static void read_unit(struct reading *r)
{
	Dwarf_Die *unit = &r->wanted[0].unit;
	size_t count = r->count, missed = 0;

	if (dwarf_getsrcfiles(unit, &r->files, &r->file_count) != 0)
		r->files = NULL;
	r->folder = text_of(unit, DW_AT_comp_dir);
	walk(r, unit, false, 0);
	qsort(r->wanted, count, sizeof(*r->wanted), compare_missed);
	while (missed < count && r->wanted[missed].innermost == NULL)
		missed++;
	r->count = missed;
	if (missed > 0)
		walk(r, unit, true, 0);
	for (size_t i = 0; i < count; i++)
		fill(r, &r->wanted[i]);
}

static void find_units(struct reading *r, Dwarf *dwarf)
{
	Dwarf_CU *unit = NULL;
	Dwarf_Die die, split;

	/* What is in another file (-gsplit-dwarf) has its ranges here. */
	while (dwarf_get_units(dwarf, unit, &unit, NULL, NULL, &die, &split) == 0)
		each_within(
			r, &die, take_unit, dwarf_tag(&split) != DW_TAG_invalid ? &split : &die);
}

void rac_elf_lines(struct rac_elf *elf, struct rac_symbol *symbols, size_t n, struct rac_pool *pool)
{
	struct reading r = {.elf = elf, .pool = pool, .count = n};
	Dwarf_Addr bias;
	Dwarf *dwarf = dwfl_module_getdwarf(elf->module, &bias);

	if (dwarf == NULL)
		return;
	r.wanted = calloc(n, sizeof(*r.wanted));
	if (r.wanted == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		r.wanted[i] = (struct wanted){
			.at = symbols[i].offset + elf->bias - bias, .symbol = &symbols[i]};
	find_units(&r, dwarf);
	qsort(r.wanted, n, sizeof(*r.wanted), compare_units);
	struct wanted *wanted = r.wanted;

	for (size_t i = 0, end; i < n && wanted[i].has_unit; i = end) {
		for (end = i; end < n && wanted[end].unit.addr == wanted[i].unit.addr;)
			end++;
		r.wanted = wanted + i;
		r.count = end - i;
		read_unit(&r);
	}
	rac_pool_free(&r.scopes);
	free(wanted);
}
