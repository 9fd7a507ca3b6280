/*
 * exit_report.h - the report that this process leaves behind.
 */
#ifndef RAC_EXIT_REPORT_H
#define RAC_EXIT_REPORT_H

#include "report.h"
#include "state.h"
#include <stdbool.h>

/* Whether this process has a state, and has not reported. */
bool rac_exit_report_is_due(void);

/*
 * Says in the record how the process ends and, if it used CUDA, writes the report to where RAC_REPORT says;
 * once per process. Takes the place of a provisional one, and waits for a moment where another thread is
 * about one. Calls no CUDA function, takes no lock.
 */
void rac_exit_report(enum rac_end end, int64_t status);

/* The same before a call that may yet fail. False: there is a report already, or no need of one. */
bool rac_exit_report_provisionally(enum rac_end end, int64_t status);

/*
 * The process goes on after all, since what was to end it failed with that error: the provisional report is
 * taken back, and the next one counts. A file is removed; where something was printed, a line says that it
 * does not hold. Does nothing where another thread has ended the program meanwhile.
 */
void rac_exit_report_withdraw(int error);

#endif
