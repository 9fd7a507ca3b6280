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

/* Where there is no room to list a segment the process still uses it; only readers do not see it. */
static void *map(
	void *context, enum rac_segment kind, uint32_t index, uint64_t bytes, uint32_t *slot)
{
	struct rac_record_header *header = ((struct rac_state *)context)->record.header;
	void *memory = rac_record_memory_private(bytes);

	*slot = RAC_RECORD_NO_SLOT;
	if (memory != NULL)
		*slot = rac_record_list(
			header, kind, index, (uintptr_t)memory - (uintptr_t)header, bytes);
	return memory;
}

static void unmap(void *context, void *memory, uint64_t bytes, uint32_t slot)
{
	int saved = errno;

	rac_record_unlist(((struct rac_state *)context)->record.header, slot);
	munmap(memory, (size_t)bytes);
	errno = saved;
}

struct rac_memory rac_record_memory(struct rac_state *state)
{
	return (struct rac_memory){map, unmap, state};
}
