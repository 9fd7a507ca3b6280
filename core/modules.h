/*
 * modules.h - the table of modules inside a record: which files the code of a process came from, under
 * numbers that frames of call stacks carry; finding the module of an address is the caller's job.
 *
 * Numbers are 16 bits, given out once and never again, so that a frame of a plugin that was closed long
 * ago still has its name; 0 means unknown. A module that is unloaded and loaded again at the same place
 * keeps its number; at another place it gets a new one.
 *
 * Operations and what they may run with: everything with everything, from any thread and any process.
 *
 *	rac_module_claim	takes effect at the compare-and-swap of a place's key; of several threads
 *				that claim one key, one is told that it is the first
 *	rac_module_base		sees what the claims stored, for a number that came from one
 *	rac_module_describe	for the first alone; takes effect when it sets `described`
 *	rac_module_read		sees a claimed place as soon as it is described
 */
#ifndef RAC_MODULES_H
#define RAC_MODULES_H

#include "atomics.h"
#include <stddef.h>

#define RAC_MODULE_UNKNOWN      0
#define RAC_MODULE_NUMBER_MAX   UINT32_C(0xffff)
#define RAC_MODULE_BUILD_ID_MAX 32 /* bytes; longer ones are cut */

/* One place of the table, as it lies in the record. `key` is 0 in a free one. */
struct rac_module_place {
	rac_atomic_u64 key;
	rac_atomic_u32 described; /* 1: what follows is written and stays */
	uint32_t path_bytes;
	uint64_t path_offset; /* from the start of the table */
	rac_atomic_u64 base;  /* an address in memory minus that in the file's headers */
	uint64_t start, end;  /* of the mapped segments */
	uint64_t unloads;     /* how often the process had unloaded code when this was first seen */
	uint32_t build_id_bytes;
	uint32_t reserved;
	uint8_t build_id[RAC_MODULE_BUILD_ID_MAX];
};

/* The table: places[0] stays unused, the paths follow behind the last place. */
struct rac_module_table {
	uint32_t capacity; /* places, that of number 0 included */
	uint32_t text_bytes;
	rac_atomic_u64 text_used;
	rac_atomic_u64 lost; /* claims that found no free place */
	uint64_t reserved;
	struct rac_module_place places[];
};

/* What is told about a module. In what rac_module_read gives, path points into the table and is not
 * ended by NUL. */
struct rac_module {
	const char *path;
	uint32_t path_bytes; /* 0: it could not be told, or there was no room */
	uint32_t build_id_bytes;
	uint8_t build_id[RAC_MODULE_BUILD_ID_MAX];
	uint64_t base, start, end;
	uint64_t unloads;
};

/* Bytes of a table for so many modules whose paths have so many bytes together; 0: too many. */
size_t rac_module_table_bytes(uint32_t modules, uint32_t text_bytes);

/* Starts an empty table in zeroed memory that is aligned to 8. NULL where `bytes` is less than
 * rac_module_table_bytes says for the same numbers. */
struct rac_module_table *rac_module_table_init(
	void *memory, size_t bytes, uint32_t modules, uint32_t text_bytes);

/*
 * The number of the module with that key, which tells modules with their base apart and is not 0; a new
 * one where the key is new, and then *first is true and the caller describes the module.
 * RAC_MODULE_UNKNOWN: the table is full. O(modules).
 */
uint16_t rac_module_claim(struct rac_module_table *table, uint64_t key, uint64_t base, bool *first);

/* What to subtract from an address in a module to get the one that the file's headers speak of. The
 * number is one that rac_module_claim gave, whether described yet or not. */
static inline uint64_t rac_module_base(const struct rac_module_table *table, uint16_t number)
{
	/* Relaxed: every claimer stores the same before it passes the number on. */
	return rac_load_relaxed(&table->places[number].base);
}

void rac_module_describe(
	struct rac_module_table *table, uint16_t number, const struct rac_module *module);

/*
 * Reads a module from a table of which nothing is trusted but that `bytes` bytes are there. False: no
 * such module, or not described yet, or the table is damaged.
 */
bool rac_module_read(const struct rac_module_table *table, size_t bytes, uint16_t number,
	struct rac_module *out);

#endif
