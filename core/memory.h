/*
 * memory.h - how core structures that grow get memory without calling an allocator themselves.
 */
#ifndef RAC_MEMORY_H
#define RAC_MEMORY_H

#include <stdint.h>

/* What memory is for, so that readers of a record find it there: see record.h. */
enum rac_segment {
	RAC_SEGMENT_NONE,
#define RAC_SEGMENT(id, most, holds) RAC_SEGMENT_##id,
#include "record_segments.def"
#undef RAC_SEGMENT
	RAC_SEGMENT_KINDS
};

/*
 * map returns `bytes` bytes of zeroed memory aligned to a page, or NULL, and lists them in the record
 * as that segment; *slot is where. It may be called by several threads at once, also for one and the
 * same segment: whoever loses such a race hands his back with unmap, untouched and with its slot.
 */
struct rac_memory {
	void *(*map)(void *context, enum rac_segment kind, uint32_t index, uint64_t bytes,
		uint32_t *slot);
	void (*unmap)(void *context, void *memory, uint64_t bytes, uint32_t slot);
	void *context;
};

#endif
