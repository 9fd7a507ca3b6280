/*
 * record_memory.c - see record_memory.h.
 */
#include "record_memory.h"

#include "state.h"
#include <errno.h>
#include <sys/mman.h>

void *rac_record_memory_private(uint64_t bytes)
{
	int saved = errno;
	void *p = mmap(
		NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	errno = saved;
	return p != MAP_FAILED ? p : NULL;
}

/* Memory that readers of the record find, or NULL. */
static void *map_listed(struct rac_state *state, enum rac_segment kind, uint32_t index,
	uint64_t bytes, uint32_t *slot)
{
	struct rac_record_header *header = state->record.header;
	bool in_file = state->record_file.head != NULL;
	uint64_t offset = 0;
	void *memory = in_file ? rac_record_file_grow(state, rac_record_file_round(bytes), &offset)
			       : rac_record_memory_private(bytes);

	if (memory == NULL)
		return NULL;
	if (!in_file)
		offset = (uintptr_t)memory - (uintptr_t)header;
	*slot = rac_record_list(header, kind, index, offset, bytes);
	return memory;
}

/* What the file has no room for the process uses all the same; only readers of the file do not see it. */
static void *map(
	void *context, enum rac_segment kind, uint32_t index, uint64_t bytes, uint32_t *slot)
{
	struct rac_state *state = context;
	int saved = errno;

	*slot = RAC_RECORD_NO_SLOT;
	void *memory = map_listed(state, kind, index, bytes, slot);

	if (state->record_file.head != NULL && *slot == RAC_RECORD_NO_SLOT)
		rac_record_lose(state->record.header, bytes, memory == NULL ? errno : ENOSPC);
	if (memory == NULL)
		memory = rac_record_memory_private(bytes);
	errno = saved;
	return memory;
}

static void unmap(void *context, void *memory, uint64_t bytes, uint32_t slot)
{
	struct rac_state *state = context;
	struct rac_record_header *header = state->record.header;
	int saved = errno;

	munmap(memory, (size_t)bytes);
	if (slot != RAC_RECORD_NO_SLOT && state->record_file.head != NULL)
		rac_record_file_shrink(state, rac_load_relaxed(&header->segments[slot].offset),
			rac_record_file_round(bytes));
	if (slot == RAC_RECORD_NO_SLOT && state->record_file.head != NULL)
		rac_record_regain(header, bytes);
	rac_record_unlist(header, slot);
	errno = saved;
}

struct rac_memory rac_record_memory(struct rac_state *state)
{
	return (struct rac_memory){map, unmap, state};
}
