/*
 * search.h - looks in the program's own memory for the addresses of what is left at the end, where RAC_REFERENCES asks
 * for it; what follows from that is core's (references.h, verdict.h).
 *
 * Looked for is linear memory. What is searched is private memory that can be written: data of modules, heaps, the
 * stacks of all threads, of the ending one as far as its functions still run. Not searched: data of CUDA's libraries, our
 * own tables, registers of other threads, memory that is shared or a device's. An address may lie in memory that was
 * freed: so "referenced" is a weak statement, "lost" a strong one, unless a program hides its addresses or keeps them on
 * the device alone. The driver keeps addresses on the heap, too: of the first allocation its copies are counted, and taken
 * to be as many for all.
 *
 * Nothing is dereferenced: memory is read by system calls that cannot fault. A search takes at most 10 seconds.
 */
#ifndef RAC_SHIM_SEARCH_H
#define RAC_SHIM_SEARCH_H

#include "state.h"

/*
 * At the first allocation, before the program knows its address, which was put at `out`: counts the copies that the driver
 * keeps for itself. As many of each address are no reference.
 */
void rac_search_driver(struct rac_state *state, uint64_t address, uint64_t bytes, const void *out);

/* At the end. Afterwards state->references says what was found, or why nothing was. */
void rac_search(struct rac_state *state);

static inline void rac_search_allocated(
	struct rac_state *state, uint64_t address, uint64_t bytes, const void *out)
{
	if (__builtin_expect(state->settings.references, 0))
		rac_search_driver(state, address, bytes, out);
}

#endif
