/*
 * signals.h - holds signals back from the calling thread for a moment; no handler is touched, and none is
 * taken but those that a call of ours raised.
 */
#ifndef RAC_SIGNALS_H
#define RAC_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

/* A signal in the kernel's set of them. */
#define RAC_SIGNAL_BIT(number) (UINT64_C(1) << ((number)-1))

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

struct rac_raised_signals {
	bool held;
	uint64_t before, pending; /* blocked, and waiting, when this began */
};

/* Around a system call that may raise one of these signals in this thread. errno is kept. */
void rac_signals_hold_raised(struct rac_raised_signals *h, uint64_t set);

/* The one that was raised, or 0, never reaches the host, unless it was waiting before, when it is the
 * host's. errno is kept. */
void rac_signals_release_raised(const struct rac_raised_signals *h, uint64_t raised);

#endif
