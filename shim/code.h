/*
 * code.h - what this process knows about its code: made when a first stack is kept, in the record as far as
 * readers need it. What each part tells is its own header's business.
 */
#ifndef RAC_CODE_H
#define RAC_CODE_H

#include "code_modules.h"
#include "python_frames.h"
#include "state.h"
#include "unwind_stack.h"

#define RAC_CODE_TEXTS 1024 /* a power of two */

struct rac_capture_room;

struct rac_code {
	struct rac_code_modules *modules;
	/* NULL where RAC_STACKS asks for no stacks. */
	struct rac_unwind *unwind;
	struct rac_python *python;
	rac_atomic_u64 texts[RAC_CODE_TEXTS]; /* in the arena, see capture_store.c */
	struct rac_capture_room *rooms;       /* see site_deep.c; NULL: none are needed */
	rac_atomic_u64 rooms_taken;           /* one bit each */
};

/* Any thread, any time; no thread waits for another. NULL: there is no memory for them. */
struct rac_code *rac_code_of(struct rac_state *state);

/* Its modules; NULL likewise. */
static inline struct rac_code_modules *rac_code_modules_of(struct rac_state *state)
{
	struct rac_code *code = rac_code_of(state);

	return code != NULL ? code->modules : NULL;
}

/* The table in the record; NULL: none was made. */
const struct rac_module_table *rac_code_table(struct rac_state *state);
size_t rac_code_table_bytes(void);

#endif
