/*
 * process_info.h - who this process is, for reports: executable, command, host, rank, times.
 */
#ifndef RAC_PROCESS_INFO_H
#define RAC_PROCESS_INFO_H

#include "record.h"

/* Keeps the argument vector that the loader handed to our constructor. */
void rac_process_info_keep(int argc, char **argv);

/* Fills *out, which is zeroed. Opens no file. */
void rac_process_info_read(struct rac_record_process *out);

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t rac_monotonic_ns(void);

#endif
