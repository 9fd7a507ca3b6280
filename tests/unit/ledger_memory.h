/*
 * ledger_memory.h - memory for ledgers under test: counted, and refused on request.
 */
#ifndef LEDGER_MEMORY_H
#define LEDGER_MEMORY_H

#include "memory.h"
#include <stdatomic.h>
#include <sys/mman.h>

struct test_memory {
	atomic_ullong mapped; /* bytes */
	atomic_int grants;    /* how many maps still succeed; -1: all */
};

static inline void *test_map(
	void *context, enum rac_segment kind, uint32_t index, uint64_t bytes, uint32_t *slot)
{
	struct test_memory *m = context;

	(void)kind;
	(void)index;
	*slot = 0;
	if (atomic_load(&m->grants) == 0)
		return NULL;
	if (atomic_load(&m->grants) > 0)
		atomic_fetch_sub(&m->grants, 1);
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	atomic_fetch_add(&m->mapped, bytes);
	return p;
}

static inline void test_unmap(void *context, void *memory, uint64_t bytes, uint32_t slot)
{
	struct test_memory *m = context;

	(void)slot;
	munmap(memory, bytes);
	atomic_fetch_sub(&m->mapped, bytes);
}

#endif
