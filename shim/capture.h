/*
 * capture.h - where the program is when it asks for memory: the caller or the call stack, with a hash that is
 * the same for the same place, and its frames for the record. Who counts what is asked for is site.h.
 *
 * All may be called by any thread inside rac_enter. A place whose code was met before costs no system call;
 * nothing takes a lock, allocates (but for the growth of the arena) or asks the loader.
 */
#ifndef RAC_CAPTURE_H
#define RAC_CAPTURE_H

#include "code.h"
#include "stack_merge.h"

/* Frames for which there is room on any stack. */
#define RAC_CAPTURE_SHALLOW 32

/* A place, and room for at most so many frames of each kind. */
struct rac_capture {
	uint64_t *native; /* as rac_unwind has them */
	uintptr_t *stack;
	struct rac_python_frame *python;
	unsigned most;
	unsigned native_count, python_count;
	struct rac_frame_set carriers; /* native ones that do not count, see stack_merge.h */
	struct rac_python_interpreter *in;
	uint64_t hash;
};

/* Room for more frames than fit on any stack lies in memory of its own. */
#define RAC_CAPTURE_ROOMS 64

struct rac_capture_room {
	uint64_t native[RAC_SETTINGS_DEPTH_MAX];
	uintptr_t stack[RAC_SETTINGS_DEPTH_MAX];
	struct rac_python_frame python[RAC_SETTINGS_DEPTH_MAX];
};

/* The return address in the code under whose call we are, as rac_pc makes it: that of the runtime function,
 * where we saw one. 0: no module holds it. */
uint64_t rac_capture_caller(struct rac_state *state);

/* The stack of the calling thread as RAC_STACKS asks for it, from the first frame outside of this library on. */
void rac_capture(struct rac_state *state, struct rac_capture *c);

/* Stores the frames of a place in the arena, before the thread goes on. Returns where; 0: no room. */
uint64_t rac_capture_store(struct rac_state *state, const struct rac_capture *c);

#endif
