/*
 * signals.h - holds signals back from the calling thread for a moment; none is taken, and no handler is
 * touched.
 */
#ifndef RAC_SIGNALS_H
#define RAC_SIGNALS_H

#include <stdint.h>

/* Those that were held back before, in the kernel's form. */
struct rac_signals {
	uint64_t before;
};

/*
 * A handler of the program's that ends it would leave half a report behind. Signals that the thread itself
 * causes are not held back: they could not wait. Nests; calls nothing but the system.
 */
struct rac_signals rac_signals_hold(void);
void rac_signals_release(const struct rac_signals *held);

#endif
