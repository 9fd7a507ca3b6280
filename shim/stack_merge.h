/*
 * stack_merge.h - puts Python frames among native ones: in place of the interpreter's own function that
 * runs them. It looks nothing up.
 */
#ifndef RAC_STACK_MERGE_H
#define RAC_STACK_MERGE_H

#include "python_frames.h"

/* A frame of the merged stack: an index of a native one, or with this of a Python one. */
#define RAC_MERGED_PYTHON 0x8000u

/* Some of the native frames of a stack, one bit each. */
struct rac_frame_set {
	uint64_t words[2];
};

#define RAC_FRAME_SET_MAX 128

static inline bool rac_frame_set_has(const struct rac_frame_set *set, unsigned frame)
{
	return (set->words[frame / 64] >> frame % 64 & 1) != 0;
}

/*
 * Finds the native frames of an interpreter's own module up to the one in which the outermost Python frame was
 * entered. They tell nothing of the program, and by which of its functions the interpreter gets from one of
 * Python's to the next depends on how often these ran: one place would be several. The module is RAC_MODULE_UNKNOWN
 * where it holds more than an interpreter: then there are none.
 */
void rac_stack_find_carriers(const uint64_t *native, const uintptr_t *stack, unsigned native_count,
	const struct rac_python_frame *python, unsigned python_count, uint16_t module,
	struct rac_frame_set *out);

/*
 * Merges native frames, of which `stack` is what rac_unwind gave beside them, and the Python frames of the
 * same moment. A native frame in which Python frames were entered is left out for them, and so are carriers.
 * Those whose place is beyond the native frames follow at the end. Returns how many, at most `most`.
 */
unsigned rac_stack_merge(const uintptr_t *stack, unsigned native_count,
	const struct rac_frame_set *carriers, const struct rac_python_frame *python,
	unsigned python_count, uint16_t *out, unsigned most);

#endif
