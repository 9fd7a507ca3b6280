/*
 * report_modules.h - what the modules of a record are called, as strings for reports; which module holds
 * an address is not asked here.
 */
#ifndef RAC_REPORT_MODULES_H
#define RAC_REPORT_MODULES_H

#include "modules.h"

struct rac_module_name {
	const char *path;
	const char *file;     /* the last part of the path */
	const char *build_id; /* hexadecimal */
	uint64_t base;
};

struct rac_module_names {
	struct rac_module_name *names; /* by number; path is NULL where there is no module */
	size_t count;
};

/* Bytes of memory for the names of all modules that a table may hold. The table may be NULL. */
size_t rac_module_names_bytes(const struct rac_module_table *table, size_t table_bytes);

/* Copies the names into `memory`, from which *out borrows. */
void rac_module_names_read(struct rac_module_names *out, const struct rac_module_table *table,
	size_t table_bytes, void *memory, size_t bytes);

/* NULL: no module of that number is known. */
const struct rac_module_name *rac_module_names_at(
	const struct rac_module_names *m, uint16_t number);

/* The last part of a path. */
const char *rac_module_file(const char *path);

/* True for the driver, its runtimes and for us: whoever called them owns the memory. */
bool rac_module_is_cuda(const char *path);

#endif
