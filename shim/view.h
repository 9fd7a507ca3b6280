/*
 * view.h - what the cap lets a program see of a device's memory, whichever function it asks.
 */
#ifndef RAC_VIEW_H
#define RAC_VIEW_H

#include "cuda_abi.h"
#include "state.h"

/* Upper bounds of what the device itself would say; UINT64_MAX where the cap sets none. */
struct rac_view {
	uint64_t total, free;
	uint64_t charged; /* what this process holds, as far as the cap covers it */
};

/*
 * The view of a device that is prepared (see device.h). What is shown as free is read from the counter
 * that requests are compared with, after the figures of pools were brought up to date: a request of
 * that size passes the cap. False: the program is to see the device as it is.
 */
bool rac_view_of(struct rac_state *state, CUdevice device, struct rac_view *view);

/* Its total alone, without asking pools. */
bool rac_view_total(const struct rac_state *state, CUdevice device, uint64_t *total);

static inline uint64_t rac_lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

#endif
