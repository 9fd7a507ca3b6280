/*
 * code.c - see code.h.
 */
#include "code.h"

#include "capture.h"
#include "record_memory.h"
#include <sys/mman.h>

/* A large Python program with its frameworks has mapped some 700. */
#define MODULES    2048
#define PATH_BYTES (128u << 10)

size_t rac_code_table_bytes(void)
{
	return rac_module_table_bytes(MODULES, PATH_BYTES);
}

static size_t round_up(size_t bytes)
{
	return (bytes + RAC_CACHE_LINE - 1) / RAC_CACHE_LINE * RAC_CACHE_LINE;
}

static bool keeps_stacks(const struct rac_state *state)
{
	/* A search at the end looks how far the stack reaches. */
	return (state->settings.stacks & (RAC_STACKS_NATIVE | RAC_STACKS_PYTHON)) != 0 ||
		state->settings.references;
}

static bool needs_rooms(const struct rac_state *state)
{
	return keeps_stacks(state) && state->settings.depth > RAC_CAPTURE_SHALLOW;
}

static size_t own_bytes(const struct rac_state *state)
{
	size_t bytes =
		round_up(sizeof(struct rac_code)) + round_up(rac_code_modules_bytes(MODULES));

	if (keeps_stacks(state))
		bytes += round_up(sizeof(struct rac_unwind)) + round_up(rac_python_bytes(MODULES));
	if (needs_rooms(state))
		bytes += RAC_CAPTURE_ROOMS * sizeof(struct rac_capture_room);
	return bytes;
}

static struct rac_code *fill(const struct rac_state *state, char *own, void *table)
{
	struct rac_code *code = (struct rac_code *)(void *)own;

	own += round_up(sizeof(*code));
	code->modules = rac_code_modules_init(
		own, rac_module_table_init(table, rac_code_table_bytes(), MODULES, PATH_BYTES));
	own += round_up(rac_code_modules_bytes(MODULES));
	if (keeps_stacks(state)) {
		code->unwind = rac_unwind_init(own, code->modules, true);
		own += round_up(sizeof(*code->unwind));
		code->python = rac_python_init(own, code->modules);
		own += round_up(rac_python_bytes(MODULES));
	}
	if (needs_rooms(state))
		code->rooms = (struct rac_capture_room *)(void *)own;
	return code;
}

/* Makes tables of its own, and hands them back when another thread was faster. */
static struct rac_code *make(struct rac_state *state)
{
	const struct rac_memory memory = rac_record_memory(state);
	size_t bytes = own_bytes(state);
	struct rac_code *seen = NULL;
	uint32_t slot;
	void *table =
		memory.map(memory.context, RAC_SEGMENT_MODULES, 0, rac_code_table_bytes(), &slot);
	void *own = table != NULL ? rac_record_memory_private(bytes) : NULL;

	if (own != NULL) {
		struct rac_code *fresh = fill(state, own, table);

		if (atomic_compare_exchange_strong_explicit(
			    &state->code, &seen, fresh, memory_order_acq_rel, memory_order_acquire))
			return fresh;
		munmap(own, bytes);
	}
	if (table != NULL)
		memory.unmap(memory.context, table, rac_code_table_bytes(), slot);
	return seen;
}

struct rac_code *rac_code_of(struct rac_state *state)
{
	struct rac_code *code = atomic_load_explicit(&state->code, memory_order_acquire);

	return code != NULL ? code : make(state);
}

const struct rac_module_table *rac_code_table(struct rac_state *state)
{
	const struct rac_code *code = atomic_load_explicit(&state->code, memory_order_acquire);

	return code != NULL ? code->modules->table : NULL;
}
