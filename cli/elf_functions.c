/*
 * elf_functions.c - which function of a file's symbol tables an address is inside of. One that lies behind
 * the end of the nearest symbol is inside none: a stripped library must not lend its names.
 */
#include "elf_parts.h"

#include <stdlib.h>
#include <string.h>

/* Symbols that begin before an address and may still reach it: functions inside functions are rare. */
#define LOOK_BACK 8

struct rac_elf_function {
	uint64_t at, size;
	const char *name;
	bool is_global;
};

/* Of several names of one function the public one that needs no prefix. */
static int compare(const void *a, const void *b)
{
	const struct rac_elf_function *one = a, *other = b;
	int order = (one->at > other->at) - (one->at < other->at);

	if (order == 0)
		order = other->is_global - one->is_global;
	if (order == 0)
		order = (one->name[0] == '_') - (other->name[0] == '_');
	return order != 0 ? order : strcmp(one->name, other->name);
}

static void read_functions(struct rac_elf *elf)
{
	int count = dwfl_module_getsymtab(elf->module);

	elf->has_functions = true;
	elf->functions = count > 0 ? calloc((size_t)count, sizeof(*elf->functions)) : NULL;
	if (elf->functions == NULL)
		return;
	for (int i = 1; i < count; i++) {
		GElf_Addr address;
		GElf_Sym symbol;
		const char *name = dwfl_module_getsym_info(
			elf->module, i, &symbol, &address, NULL, NULL, NULL);
		int type = GELF_ST_TYPE(symbol.st_info);

		if (name == NULL || name[0] == '\0' || symbol.st_size == 0 ||
			symbol.st_shndx == SHN_UNDEF || (type != STT_FUNC && type != STT_GNU_IFUNC))
			continue;
		elf->functions[elf->function_count++] = (struct rac_elf_function){
			address, symbol.st_size, name, GELF_ST_BIND(symbol.st_info) != STB_LOCAL};
	}
	if (elf->function_count > 1)
		qsort(elf->functions, elf->function_count, sizeof(*elf->functions), compare);
}

const char *rac_elf_function(struct rac_elf *elf, uint64_t offset)
{
	uint64_t at = offset + elf->bias;
	size_t low = 0, high;

	if (!elf->has_functions)
		read_functions(elf);
	if (elf->functions == NULL)
		return NULL;
	/* The first that begins behind it. */
	for (high = elf->function_count; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (elf->functions[middle].at > at)
			high = middle;
		else
			low = middle + 1;
	}
	/* The names of one function stand in order, so the first of the nearest is wanted. */
	const struct rac_elf_function *found = NULL;

	for (size_t back = 0; back < LOOK_BACK && back < low; back++) {
		const struct rac_elf_function *f = &elf->functions[low - 1 - back];

		if (at - f->at < f->size && (found == NULL || found->at == f->at))
			found = f;
	}
	return found != NULL ? found->name : NULL;
}
