/*
 * checked.h - unsigned 64-bit arithmetic that reports overflow; nothing here saturates in silence.
 *
 * Each function returns false on overflow and then leaves *out alone, so results can be chained with
 * && and a half-computed value never escapes.
 */
#ifndef RAC_CHECKED_H
#define RAC_CHECKED_H

#include <stdbool.h>
#include <stdint.h>

static inline bool rac_checked_add(uint64_t a, uint64_t b, uint64_t *out)
{
	uint64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return false;
	*out = sum;
	return true;
}

static inline bool rac_checked_sub(uint64_t a, uint64_t b, uint64_t *out)
{
	if (b > a)
		return false;
	*out = a - b;
	return true;
}

static inline bool rac_checked_mul(uint64_t a, uint64_t b, uint64_t *out)
{
	uint64_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return false;
	*out = product;
	return true;
}

/* ceil(a / b); false when b is 0. */
static inline bool rac_checked_ceil_div(uint64_t a, uint64_t b, uint64_t *out)
{
	if (b == 0)
		return false;
	*out = a / b + (a % b != 0);
	return true;
}

/* a rounded up to a multiple of step; false when step is 0 or the result does not fit. */
static inline bool rac_checked_round_up(uint64_t a, uint64_t step, uint64_t *out)
{
	uint64_t blocks;

	return rac_checked_ceil_div(a, step, &blocks) && rac_checked_mul(blocks, step, out);
}

/* ceil(a * numerator / denominator) through 128 bits, so that only the result can overflow. */
static inline bool rac_checked_scale_up(
	uint64_t a, uint64_t numerator, uint64_t denominator, uint64_t *out)
{
	if (denominator == 0)
		return false;
	__extension__ typedef unsigned __int128 wide;
	wide product = (wide)a * numerator;
	wide scaled = product / denominator + (product % denominator != 0);

	if (scaled > UINT64_MAX)
		return false;
	*out = (uint64_t)scaled;
	return true;
}

/* a - b, or 0 when b is larger: for figures shown to people, where a negative is meaningless. */
static inline uint64_t rac_saturating_sub(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

#endif
