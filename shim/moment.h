/*
 * moment.h - when a site takes memory: the kernel's coarse clock, read without a system call. Where that clock is
 * not to be had, moments are not known.
 *
 * It is the kernel's own function, in memory that it maps into each process, and not the C library's, which takes
 * three times as long and may be one that a library beside us bends. It lags behind by up to a tick of the kernel's,
 * that is 10 ms at most.
 */
#ifndef RAC_MOMENT_H
#define RAC_MOMENT_H

#include "sites.h"
#include <time.h>

struct rac_moments {
	int (*clock)(clockid_t, struct timespec *); /* NULL: there is none */
	uint64_t started_ns;                        /* of the process, by the monotonic clock */
};

void rac_moments_start(struct rac_moments *m, uint64_t started_ns);

/* As rac_site_moment, of now. */
static inline uint32_t rac_moment(const struct rac_moments *m)
{
	struct timespec now;

	if (__builtin_expect(m->clock == NULL, 0) || m->clock(CLOCK_MONOTONIC_COARSE, &now) != 0)
		return 0;
	uint64_t ns = (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;

	/* It may be behind the clock that the start was read from. */
	return rac_site_moment(ns > m->started_ns ? ns - m->started_ns : 0);
}

#endif
