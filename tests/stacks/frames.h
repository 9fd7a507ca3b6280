/*
 * frames.h - functions with frames of every shape that compilers make: each calls the next of a list, and
 * the last calls back.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include <stddef.h>
#include <stdint.h>

struct frames_walk {
	const uint8_t *shapes; /* below frames_shapes */
	size_t count, at;
	void (*arrived)(void *context);
	void *context;
	volatile uint64_t spoilt; /* keeps the compiler from turning calls into jumps */
};

extern const unsigned frames_shapes;

void frames_go(struct frames_walk *walk);

#endif
