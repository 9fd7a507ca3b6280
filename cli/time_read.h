/*
 * time_read.h - reads points in time and durations as core/time_text.h prints them.
 */
#ifndef RAC_TIME_READ_H
#define RAC_TIME_READ_H

#include <stdbool.h>
#include <stdint.h>

/* "2026-01-01T00:00:00Z", from 1970 to 2554, as nanoseconds since 1970. */
bool rac_time_read(const char *text, uint64_t *unix_ns);

/* A JSON number of seconds as nanoseconds, exact where it is written without an exponent. */
bool rac_seconds_read(const char *digits, uint64_t *ns);

#endif
