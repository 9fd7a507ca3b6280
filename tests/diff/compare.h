/*
 * compare.h - the ledger beside the oracle; free of CUDA's headers, since the shim has its own.
 */
#ifndef COMPARE_H
#define COMPARE_H

#include <stdbool.h>
#include <stdint.h>

/* Compares while no call is under way. False: prints what differs. */
bool compare_all(int devices, bool failures);

/* Whether `bytes` more would fit the cap of a device, by the ledger's own figures, now. */
bool compare_would_fit(int device, uint64_t bytes);

/*
 * Compares the oracle's peak with the cap. False: it was passed by more than the ledger reports, or, when
 * exact, passed at all. Exact are sorts whose size is known before the call; pools and graphs grow by the
 * driver's will, by its rounding and where freed memory is of no use yet to another stream. Unless the
 * program was alone, what a pool took and gave back between two looks of ours may go unreported.
 */
bool compare_peaks(int devices, uint64_t limit, bool exact, bool alone);

#endif
