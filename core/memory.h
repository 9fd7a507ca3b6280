/*
 * memory.h - how core structures that grow get memory without calling an allocator themselves.
 */
#ifndef RAC_MEMORY_H
#define RAC_MEMORY_H

#include <stdint.h>

/*
 * map returns `bytes` bytes of zeroed memory aligned to a page, or NULL, and says at which offset of
 * the record they lie (0 where there is no record file). It may be called by several threads at
 * once. unmap takes back what the same map returned and nobody else has seen.
 */
struct rac_memory {
	void *(*map)(void *context, uint64_t bytes, uint64_t *offset);
	void (*unmap)(void *context, void *memory, uint64_t bytes);
	void *context;
};

#endif
