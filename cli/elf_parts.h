/*
 * elf_parts.h - what the files that read code files with elfutils share; private to them.
 */
#ifndef RAC_ELF_PARTS_H
#define RAC_ELF_PARTS_H

#include "symbols.h"
#include <elfutils/libdwfl.h>

/* A file that is open. Close with rac_elf_close. */
struct rac_elf {
	Dwfl *dwfl;
	Dwfl_Module *module;
	Dwfl_Callbacks callbacks;
	char *debug_path; /* what callbacks point to */
	uint64_t bias;    /* of the file: its addresses in libdwfl's eyes */
	struct rac_elf_function *functions;
	size_t function_count;
	bool has_functions; /* they were looked for */
};

/*
 * Opens the file that a symbol's module ran from. False: it is not here or it is another one, which is
 * complained of; there is nothing to close.
 */
bool rac_elf_open(
	struct rac_elf *elf, const struct rac_symbol *of, const struct rac_symbol_source *source);
void rac_elf_close(struct rac_elf *elf);

/* The symbol that an address of the file is inside of, by the symbol tables; NULL: none. */
const char *rac_elf_function(struct rac_elf *elf, uint64_t offset);

/* Names addresses of one file, in order, by its debug information; leaves alone what that does not know. */
void rac_elf_lines(
	struct rac_elf *elf, struct rac_symbol *symbols, size_t n, struct rac_pool *pool);

#endif
