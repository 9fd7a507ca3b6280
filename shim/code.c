/*
 * code.c - see code.h.
 */
#include "code.h"

#include "record_memory.h"
#include <sys/mman.h>

/* A large Python program with its frameworks has mapped some 700. */
#define MODULES    2048
#define PATH_BYTES (128u << 10)

size_t rac_code_table_bytes(void)
{
	return rac_module_table_bytes(MODULES, PATH_BYTES);
}

/* Makes tables of its own, and hands them back when another thread was faster. */
static struct rac_code_modules *make(struct rac_state *state)
{
	const struct rac_memory memory = rac_record_memory(state);
	size_t bytes = rac_code_modules_bytes(MODULES);
	struct rac_code_modules *seen = NULL;
	uint32_t slot;
	void *table =
		memory.map(memory.context, RAC_SEGMENT_MODULES, 0, rac_code_table_bytes(), &slot);
	void *own = table != NULL ? rac_record_memory_private(bytes) : NULL;

	if (own != NULL) {
		struct rac_code_modules *fresh = rac_code_modules_init(own,
			rac_module_table_init(table, rac_code_table_bytes(), MODULES, PATH_BYTES));

		if (atomic_compare_exchange_strong_explicit(&state->code_modules, &seen, fresh,
			    memory_order_acq_rel, memory_order_acquire))
			return fresh;
		munmap(own, bytes);
	}
	if (table != NULL)
		memory.unmap(memory.context, table, rac_code_table_bytes(), slot);
	return seen;
}

struct rac_code_modules *rac_code_modules_of(struct rac_state *state)
{
	struct rac_code_modules *modules =
		atomic_load_explicit(&state->code_modules, memory_order_acquire);

	return modules != NULL ? modules : make(state);
}

const struct rac_module_table *rac_code_table(struct rac_state *state)
{
	const struct rac_code_modules *modules =
		atomic_load_explicit(&state->code_modules, memory_order_acquire);

	return modules != NULL ? modules->table : NULL;
}
