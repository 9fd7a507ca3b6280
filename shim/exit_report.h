/*
 * exit_report.h - the report that this process leaves behind.
 */
#ifndef RAC_EXIT_REPORT_H
#define RAC_EXIT_REPORT_H

#include "report.h"
#include "state.h"

/* Writes the report to where RAC_REPORT says, once per process, if it used CUDA. Calls no CUDA
 * function. */
void rac_exit_report(enum rac_end end, int status);

#endif
