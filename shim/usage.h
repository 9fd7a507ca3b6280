/*
 * usage.h - asks how much of a device is used, by whom: NVML where the program has it, else the driver.
 * What follows from it is untracked.c's business, and refusal.c's.
 *
 * Any thread may call anything here, inside rac_enter. Nothing waits for the device.
 */
#ifndef RAC_USAGE_H
#define RAC_USAGE_H

#include "cuda_abi.h"
#include "nvml.h"
#include "state.h"

/* The processes that NVML lists on a device. */
struct rac_usage {
	bool own_listed;
	uint64_t own; /* RAC_NVML_NOT_AVAILABLE: not said */
	unsigned int others;
	uint64_t others_bytes; /* of those of which it is said */
	unsigned int largest_pid;
	uint64_t largest_bytes; /* of the other that holds most; 0: there is none */
};

/* NVML's handle of a device. False also where NVML is not loaded or not initialised. */
bool rac_usage_find(nvmlDevice_t *out, struct rac_state *state, uint32_t device);

/* False: the list cannot be had. Which entry is our own goes by the pid alone. */
bool rac_usage_processes(nvmlDevice_t gpu, pid_t pid, struct rac_usage *out);

/* What all processes use together. Where `gpu` is NULL the driver is asked, which tells only a thread that
 * has a context on the device. */
bool rac_usage_device(nvmlDevice_t gpu, uint32_t device, uint64_t *used);

#endif
