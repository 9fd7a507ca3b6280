/*
 * sim_device.h - the device beneath scenarios, and the book that they keep of what was charged when. The
 * device gives the same address out again at once, and orders nothing between its callers: if the code
 * under test needs an order, it has to make it.
 */
#ifndef RAC_MODEL_SIM_DEVICE_H
#define RAC_MODEL_SIM_DEVICE_H

#include "model.h"

void device_begin(uint64_t capacity); /* 0: any */

/* Fails the run where the memory does not fit, or would not if frees that do not happen before it, as C11
 * has it, were late. */
uint64_t device_allocate(uint64_t bytes);
void device_free(uint64_t address);
uint64_t device_held(void);

/*
 * The book of requests, for the claim that none is refused that fits: what is refused has to stand in the
 * way of something that was, or could have been, charged during the call.
 */
unsigned book_ask(uint64_t bytes);
void book_granted(unsigned request, uint64_t charged_after);
void book_refused(unsigned request);
void book_returned(unsigned request);
/* In finish. Also gives the highest charge that was granted. */
uint64_t book_check(uint64_t cap);

#endif
