/*
 * stack_reach.h - says which memory of the stack that the calling thread runs on can be read; whose
 * frames lie there is not known here.
 *
 * A thread's own stack stays mapped from where it is used to its end as long as the thread runs. So it
 * is looked at once per thread, and again when it is used deeper than before. Any other stack - of a
 * coroutine, of signal handlers - may be unmapped by the program at any time and another may lie there
 * the next moment: of these each page is probed each time.
 */
#ifndef RAC_STACK_REACH_H
#define RAC_STACK_REACH_H

#include <stdbool.h>
#include <stdint.h>

/* Memory that can be read, from a stack pointer upwards. */
struct rac_stack_reach {
	uintptr_t start, end;
	bool is_own; /* all that there is of it; otherwise more may follow */
};

/* The thread's own stack as far as it was looked at. */
struct rac_stack_own {
	uintptr_t start, end;
	/* Memory that belongs to another stack, as of the last look. */
	uintptr_t other_start, other_end;
};

extern __thread struct rac_stack_own rac_stack_own __attribute__((tls_model("initial-exec")));

/* The slow half of rac_stack_reach. */
void rac_stack_look(struct rac_stack_reach *reach, uintptr_t sp);

/* Tries to reach on to `end`, exclusively. */
bool rac_stack_extend(struct rac_stack_reach *reach, uintptr_t end);

/* Starts at a stack pointer that the calling thread has. */
static inline void rac_stack_reach(struct rac_stack_reach *reach, uintptr_t sp)
{
	const struct rac_stack_own *own = &rac_stack_own;

	if (__builtin_expect(sp >= own->start && sp < own->end, 1))
		*reach = (struct rac_stack_reach){sp, own->end, true};
	else
		rac_stack_look(reach, sp);
}

#endif
