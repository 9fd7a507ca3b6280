/*
 * stack_reach.c - see stack_reach.h.
 *
 * Where a thread's own stack ends is told without asking the C library, which would allocate or lock: a
 * new thread has its thread-local variables at the upper end of its stack, and the kernel puts the random
 * bytes of a program there, for the first thread. What is readable without a gap from a stack pointer up
 * to there is one stack, since a stack has a guard below it.
 */
#include "stack_reach.h"

#include "safe_read.h"
#include <stddef.h>
#include <sys/auxv.h>

/* A stack that was never looked at may be used as deep as most are large. */
#define DEPTH_FIRST (UINT64_C(8) << 20)
/* How much deeper than before it is looked for. */
#define DEPTH_MORE (UINT64_C(1) << 20)
/* At a time, on other stacks. */
#define PAGES_MORE_MAX 8

__thread struct rac_stack_own rac_stack_own __attribute__((tls_model("initial-exec")));

static uintptr_t page_of(uintptr_t address)
{
	return address & ~(uintptr_t)(RAC_SAFE_PAGE - 1);
}

/* Whether all can be read from a stack pointer up to `end`; if not, notes up to where. */
static bool is_connected(struct rac_stack_own *own, uintptr_t sp, uintptr_t end)
{
	uintptr_t start = page_of(sp);
	size_t pages = (page_of(end - 1) - start) / RAC_SAFE_PAGE + 1;
	size_t readable = rac_safe_pages(start, pages);

	if (readable == pages)
		return true;
	own->other_start = start;
	own->other_end = start + readable * RAC_SAFE_PAGE;
	return false;
}

static bool is_deeper(struct rac_stack_own *own, uintptr_t sp)
{
	if (sp >= own->start || own->start - sp > DEPTH_MORE || !is_connected(own, sp, own->start))
		return false;
	own->start = page_of(sp);
	return true;
}

static bool ends_at(struct rac_stack_own *own, uintptr_t sp, uintptr_t end)
{
	if (sp >= end || end - sp > DEPTH_FIRST || !is_connected(own, sp, end))
		return false;
	own->start = page_of(sp);
	own->end = end;
	return true;
}

static bool is_own(struct rac_stack_own *own, uintptr_t sp)
{
	/* The hole above it is still there, or else it only takes longer. */
	if (sp >= own->other_start && sp < own->other_end)
		return false;
	if (own->end != 0)
		return is_deeper(own, sp);
	return ends_at(own, sp, (uintptr_t)own) ||
		ends_at(own, sp, (uintptr_t)getauxval(AT_RANDOM));
}

void rac_stack_look(struct rac_stack_reach *reach, uintptr_t sp)
{
	struct rac_stack_own *own = &rac_stack_own;

	if (is_own(own, sp))
		*reach = (struct rac_stack_reach){sp, own->end, true};
	else
		*reach = (struct rac_stack_reach){sp, sp, false};
}

bool rac_stack_extend(struct rac_stack_reach *reach, uintptr_t end)
{
	size_t ask = 1;

	while (!reach->is_own && reach->end < end) {
		uintptr_t from = reach->end == reach->start ? page_of(reach->end) : reach->end;
		size_t got = rac_safe_pages(from, ask);

		if (got == 0)
			return false;
		reach->end = from + got * RAC_SAFE_PAGE;
		ask = ask < PAGES_MORE_MAX ? ask * 2 : ask;
	}
	return reach->end >= end;
}
