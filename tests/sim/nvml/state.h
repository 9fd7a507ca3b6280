/* Shared parts of the simulated management library: which cards there are and what each process holds. */
#ifndef SIM_NVML_H
#define SIM_NVML_H

#define NVML_NO_UNVERSIONED_FUNC_DEFS
#pragma GCC visibility push(default)
#include <nvml.h>
#include <stddef.h>
#pragma GCC visibility pop

#include <stdbool.h>
#include <stdint.h>

#define NVML_PROCESSES_MOST 256

struct nvml_holder {
	uint32_t pid;
	uint64_t bytes;
};

/* A device handle is the address of one of these. */
struct nvmlDevice_st {
	int index; /* before CUDA_VISIBLE_DEVICES, which this library does not know */
};

bool nvml_ready(void);
/* NULL for a handle that is none. */
const struct nvmlDevice_st *nvml_device(nvmlDevice_t device);
struct nvmlDevice_st *nvml_device_at(unsigned int index);
unsigned int nvml_device_count(void);
/* The processes that hold memory of a card; returns how many, fills at most NVML_PROCESSES_MOST. */
unsigned int nvml_holders(int index, struct nvml_holder *holders);

#endif
