/*
 * process_info.h - who this process is, for reports: executable, command, host, rank, times.
 */
#ifndef RAC_PROCESS_INFO_H
#define RAC_PROCESS_INFO_H

#include "path_pattern.h"
#include "record.h"
#include <stdbool.h>

/* Keeps the argument vector that the loader handed to our constructor, and the time. */
void rac_process_info_keep(int argc, char **argv);

/* Whether a file that was last written at that time had that content before this image was loaded. */
bool rac_process_info_is_before_us(uint64_t unix_ns);

/* Whether a file that was last written at that time may come from this process, be it from an image that
 * it was before an exec. Reads /proc; where that is not there, none does. */
bool rac_process_info_may_be_ours(uint64_t unix_ns);

/* What the %-sequences of a path stand for. *out borrows from the process. */
struct rac_path_values rac_process_info_path_values(const struct rac_record_process *process);

/* Fills *out, which is zeroed. Opens no file, unless a library uses CUDA before our constructor has run. */
void rac_process_info_read(struct rac_record_process *out);

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t rac_monotonic_ns(void);

#endif
