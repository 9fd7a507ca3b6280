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

/* The usual beginning of a function that takes a device. */
#define NVML_ENTER(device, argument)                        \
	do {                                                \
		if (!nvml_ready())                          \
			return NVML_ERROR_UNINITIALIZED;    \
		if (!nvml_device(device) || !(argument))    \
			return NVML_ERROR_INVALID_ARGUMENT; \
	} while (0)

#define NVML_PROCESSES_MOST 256

struct nvml_holder {
	uint32_t pid;
	uint64_t bytes;
};

/* A device handle is the address of one of these: a GPU, or a part of a divided one. */
struct nvmlDevice_st {
	int index;             /* before CUDA_VISIBLE_DEVICES, which this library does not know */
	int first_card, cards; /* what it consists of */
	bool is_part;
};

bool nvml_ready(void);
/* NULL for a handle that is none. */
const struct nvmlDevice_st *nvml_device(nvmlDevice_t device);
/* GPUs. */
struct nvmlDevice_st *nvml_device_at(unsigned int index);
unsigned int nvml_device_count(void);
/* The parts of a divided GPU; NULL beyond them. */
struct nvmlDevice_st *nvml_part_at(const struct nvmlDevice_st *gpu, unsigned int index);
/* Either of them, by its UUID. */
struct nvmlDevice_st *nvml_device_named(const char *uuid);
void nvml_uuid(const struct nvmlDevice_st *device, char *text);
/* The processes that hold memory of a device; returns how many, fills at most NVML_PROCESSES_MOST. */
unsigned int nvml_holders(const struct nvmlDevice_st *device, struct nvml_holder *holders);

#endif
