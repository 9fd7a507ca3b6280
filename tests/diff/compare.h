/*
 * compare.h - the ledger beside the oracle; free of CUDA's headers, since the shim has its own.
 */
#ifndef COMPARE_H
#define COMPARE_H

#include <stdbool.h>
#include <stdint.h>

/* Compares while no call is under way. False: prints what differs. */
bool compare_all(int devices);

/* Whether `bytes` more would fit the cap of a device, by the ledger's own figures, now. */
bool compare_would_fit(int device, uint64_t bytes);

/* Prints how far the oracle's peak ever was from the cap. False: it was passed by more than the driver
 * itself rounds. */
bool compare_peaks(int devices, uint64_t limit);

#endif
