/*
 * unwind_stack.h - the call stack of the calling thread, cheaply: rules from unwind tables, remembered by code
 * address. It names nothing and stores no stack.
 *
 * Nothing here takes a lock, allocates, asks the dynamic loader, or reads memory that may not be there:
 * a known frame costs a few nanoseconds, an unknown one some ten system calls. A stack that is damaged,
 * or goes through code without unwind tables, ends there.
 *
 * Operations and what they may run with: everything with everything, from any thread and in signal
 * handlers. A rule that two threads write at once is read as one of theirs, or not at all.
 */
#ifndef RAC_UNWIND_STACK_H
#define RAC_UNWIND_STACK_H

#include "code_modules.h"
#include <stddef.h>

/*
 * Rules remembered at a time: sets of those whose addresses fall together. Of a stack's frames some always
 * do, and one that pushes out another would be worked out anew each time.
 */
#define RAC_UNWIND_SETS 4096 /* a power of two */
#define RAC_UNWIND_WAYS 4    /* one cache line */

struct rac_unwind_slot {
	rac_atomic_u64 tag;  /* the address, mixed with the rule */
	rac_atomic_u64 rule; /* see unwind_rule.h */
};

struct rac_unwind_set {
	_Alignas(RAC_CACHE_LINE) struct rac_unwind_slot slots[RAC_UNWIND_WAYS];
};

/* What one process remembers. Treat as opaque; made by rac_unwind_init. */
struct rac_unwind {
	struct rac_code_modules *modules;
	uint16_t skipped;    /* number of a module */
	rac_atomic_u32 turn; /* whose slot is next to be overwritten */
	struct rac_unwind_set sets[RAC_UNWIND_SETS];
};

enum rac_unwind_end {
	RAC_UNWIND_COMPLETE, /* nobody called the last frame */
	RAC_UNWIND_DEPTH,    /* there may be more */
	RAC_UNWIND_NO_RULE, /* the last frame's caller cannot be told: no unwind tables, generated code */
	RAC_UNWIND_DAMAGED, /* what should be a frame is none */
};

/*
 * Starts with zeroed memory of sizeof(struct rac_unwind) bytes, aligned to 64; what is not used of it is
 * not touched. skip_own: leaves out the innermost frames as long as they are in this library.
 */
struct rac_unwind *rac_unwind_init(void *memory, struct rac_code_modules *modules, bool skip_own);

/*
 * The frames of the calling thread, innermost first, its caller's frame among them: for each the return
 * address in it with the number of its module, as rac_pc makes it; a frame that a signal interrupted has
 * the address that it was interrupted at plus 1, so that 1 less is always in the right function. Where
 * `stack` is not NULL it gets, for each frame, the stack pointer of its caller: the frame's own memory
 * lies below. Returns how many, at most `most`. errno is kept.
 */
unsigned rac_unwind(struct rac_unwind *u, uint64_t *frames, uintptr_t *stack, unsigned most,
	enum rac_unwind_end *end);

#endif
