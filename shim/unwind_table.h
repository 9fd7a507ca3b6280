/*
 * unwind_table.h - finds what the unwind tables of a loaded image say about a code address; the
 * instructions that it finds are carried out elsewhere.
 */
#ifndef RAC_UNWIND_TABLE_H
#define RAC_UNWIND_TABLE_H

#include "elf_image.h"

/* A function's entry and what it has in common with others, with the places of their instructions. */
struct rac_unwind_entry {
	uintptr_t start, end; /* of the code it is about */
	uintptr_t instructions, instructions_end;
	uintptr_t common, common_end;
	uint64_t code_step;
	int64_t data_step;
	uint8_t pointer_encoding;
	bool is_augmented; /* entries have data before their instructions */
	bool is_signal_frame;
	unsigned return_register;
};

/* False: the tables do not cover the address, are of no known form, or cannot be read. */
bool rac_unwind_table_find(
	const struct rac_image *image, uintptr_t address, struct rac_unwind_entry *out);

#endif
