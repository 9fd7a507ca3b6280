/*
 * presence.h - what other objects see of our exports: CUDA where there is CUDA, and nothing where there
 * is none.
 */
#ifndef RAC_PRESENCE_H
#define RAC_PRESENCE_H

#include "hooks.h"
#include <stdint.h>

/* At load, before the program's constructors: takes back what the loader has bound to us though there
 * is no such function of CUDA. */
void rac_presence_start(void);

/* From now on a reference to an export of ours asks whether it is there. */
void rac_presence_answer(void);

/* This thread is about to open an object, which may bring CUDA: what it asks for must be seen. */
void rac_presence_opening(bool global);

/*
 * Hides one export from look-ups until this thread calls one of our look-up functions again, so that
 * the real look-up fails in its own words. False: another thread opens an object meanwhile, which must
 * not miss it.
 */
bool rac_presence_hide(enum rac_hook hook);

/* Whether the real function is in the scope of all objects, behind ours. Takes the loader's lock. */
bool rac_presence_is_global(enum rac_hook hook);

/* The thread that opened or hid something last; 0: nobody. presence.c's own. */
extern _Atomic uintptr_t rac_presence_holder;

/* The slow half of rac_presence_settle. */
void rac_presence_release(void);

/* Each of our look-up functions begins so: what this thread opened is relocated by now, and what it hid
 * was looked for. */
static inline void rac_presence_settle(void)
{
	/* Relaxed: only a thread's own mark means something to it. */
	if (__builtin_expect(
		    atomic_load_explicit(&rac_presence_holder, memory_order_relaxed) != 0, 0))
		rac_presence_release();
}

#endif
