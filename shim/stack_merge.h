/*
 * stack_merge.h - puts Python frames among native ones: in place of the interpreter's own function that
 * runs them. It looks nothing up.
 */
#ifndef RAC_STACK_MERGE_H
#define RAC_STACK_MERGE_H

#include "python_frames.h"

/* A frame of the merged stack: an index of a native one, or with this of a Python one. */
#define RAC_MERGED_PYTHON 0x8000u

/*
 * Merges native frames, of which `stack` is what rac_unwind gave beside them, and the Python frames of the
 * same moment. A native frame in which Python frames were entered is left out for them. Those whose
 * place is beyond the native frames follow at the end. Returns how many, at most `most`.
 */
unsigned rac_stack_merge(const uintptr_t *stack, unsigned native_count,
	const struct rac_python_frame *python, unsigned python_count, uint16_t *out, unsigned most);

#endif
