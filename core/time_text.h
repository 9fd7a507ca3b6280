/*
 * time_text.h - prints points in time and durations; it asks no clock and no time zone.
 *
 * localtime and gmtime may take libc's time zone lock, which the thread that is being torn down may
 * hold; so the calendar is computed here (proleptic Gregorian, UTC, no leap seconds, as UNIX time).
 */
#ifndef RAC_TIME_TEXT_H
#define RAC_TIME_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define RAC_TIME_TEXT_MAX    21 /* "2026-01-01T00:00:00Z" and NUL */
#define RAC_SECONDS_TEXT_MAX 22 /* "18446744073.709551615" and NUL */

/* "2026-01-01T00:00:00Z" for nanoseconds since 1970; fractions are cut off. Returns the length. */
size_t rac_time_text(char out[RAC_TIME_TEXT_MAX], uint64_t unix_ns);

/*
 * Nanoseconds as seconds with 1 to `decimals` decimals (at most 9), cut off, not rounded, and
 * without trailing zeros: "0.0", "12.345". Returns the length.
 */
size_t rac_seconds_text(char out[RAC_SECONDS_TEXT_MAX], uint64_t ns, unsigned decimals);

#endif
