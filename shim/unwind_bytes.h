/*
 * unwind_bytes.h - reads unwind tables from front to back, from memory that may not be there: numbers as
 * DWARF writes them. What they mean is the callers' business.
 */
#ifndef RAC_UNWIND_BYTES_H
#define RAC_UNWIND_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RAC_UNWIND_WINDOW 128

/* Once `failed` every read gives 0: so it is enough to look at the end. */
struct rac_bytes {
	uintptr_t at, end;
	bool failed;
	uint8_t held; /* bytes of the window, which starts at `from` */
	uintptr_t from;
	unsigned char window[RAC_UNWIND_WINDOW];
};

void rac_bytes_start(struct rac_bytes *b, uintptr_t at, uintptr_t end);

static inline bool rac_bytes_more(const struct rac_bytes *b)
{
	return !b->failed && b->at < b->end;
}

/* An unsigned number of 1, 2, 4 or 8 bytes. */
uint64_t rac_bytes_unsigned(struct rac_bytes *b, unsigned n);
uint64_t rac_bytes_uleb(struct rac_bytes *b);
int64_t rac_bytes_sleb(struct rac_bytes *b);
void rac_bytes_skip(struct rac_bytes *b, uint64_t n);

/* An address as `encoding` (DW_EH_PE_*) says; relative ones only to their own place. */
uintptr_t rac_bytes_pointer(struct rac_bytes *b, uint8_t encoding);

#endif
