/* Devices of the simulated management library: finding them, names, versions, memory, processes. */
#include "state.h"

#include "../driver/sim.h"

#include <stdio.h>
#include <string.h>

#define DRIVER_VERSION "580.00.00"

static nvmlReturn_t put_text(char *out, unsigned int length, const char *text)
{
	if (!out)
		return NVML_ERROR_INVALID_ARGUMENT;
	if (strlen(text) >= length)
		return NVML_ERROR_INSUFFICIENT_SIZE;
	memcpy(out, text, strlen(text) + 1);
	return NVML_SUCCESS;
}

const char *nvmlErrorString(nvmlReturn_t result)
{
	switch (result) {
	case NVML_SUCCESS:
		return "The operation was successful";
	case NVML_ERROR_UNINITIALIZED:
		return "Uninitialized";
	case NVML_ERROR_INVALID_ARGUMENT:
		return "Invalid Argument";
	case NVML_ERROR_NOT_SUPPORTED:
		return "Not Supported";
	case NVML_ERROR_NOT_FOUND:
		return "Not Found";
	case NVML_ERROR_INSUFFICIENT_SIZE:
		return "Insufficient Size";
	case NVML_ERROR_DRIVER_NOT_LOADED:
		return "Driver Not Loaded";
	case NVML_ERROR_ARGUMENT_VERSION_MISMATCH:
		return "Argument Version Mismatch";
	default:
		return "Unknown Error";
	}
}

nvmlReturn_t nvmlSystemGetDriverVersion(char *version, unsigned int length)
{
	return nvml_ready() ? put_text(version, length, DRIVER_VERSION) : NVML_ERROR_UNINITIALIZED;
}

nvmlReturn_t nvmlSystemGetNVMLVersion(char *version, unsigned int length)
{
	return put_text(version, length, "13." DRIVER_VERSION);
}

nvmlReturn_t nvmlSystemGetCudaDriverVersion(int *version)
{
	if (!version)
		return NVML_ERROR_INVALID_ARGUMENT;
	*version = CUDA_VERSION;
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlSystemGetCudaDriverVersion_v2(int *version)
{
	return nvmlSystemGetCudaDriverVersion(version);
}

static nvmlReturn_t get_count(unsigned int *count)
{
	if (!nvml_ready())
		return NVML_ERROR_UNINITIALIZED;
	if (!count)
		return NVML_ERROR_INVALID_ARGUMENT;
	*count = nvml_device_count();
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetCount(unsigned int *count)
{
	return get_count(count);
}

nvmlReturn_t nvmlDeviceGetCount_v2(unsigned int *count)
{
	return get_count(count);
}

static nvmlReturn_t by_index(unsigned int index, nvmlDevice_t *device)
{
	if (!nvml_ready())
		return NVML_ERROR_UNINITIALIZED;
	if (!device || !nvml_device_at(index))
		return NVML_ERROR_INVALID_ARGUMENT;
	*device = nvml_device_at(index);
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetHandleByIndex(unsigned int index, nvmlDevice_t *device)
{
	return by_index(index, device);
}

nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned int index, nvmlDevice_t *device)
{
	return by_index(index, device);
}

nvmlReturn_t nvmlDeviceGetHandleByUUID(const char *uuid, nvmlDevice_t *device)
{
	if (!nvml_ready())
		return NVML_ERROR_UNINITIALIZED;
	if (!uuid || !device)
		return NVML_ERROR_INVALID_ARGUMENT;
	if (!nvml_device_named(uuid))
		return NVML_ERROR_NOT_FOUND;
	*device = nvml_device_named(uuid);
	return NVML_SUCCESS;
}

static nvmlReturn_t by_bus(const char *id, nvmlDevice_t *device)
{
	unsigned int domain, bus;

	if (!nvml_ready())
		return NVML_ERROR_UNINITIALIZED;
	if (!id || !device || sscanf(id, "%x:%x:", &domain, &bus) != 2)
		return NVML_ERROR_INVALID_ARGUMENT;
	if (domain || !bus || !nvml_device_at(bus - 1))
		return NVML_ERROR_NOT_FOUND;
	*device = nvml_device_at(bus - 1);
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetHandleByPciBusId(const char *id, nvmlDevice_t *device)
{
	return by_bus(id, device);
}

nvmlReturn_t nvmlDeviceGetHandleByPciBusId_v2(const char *id, nvmlDevice_t *device)
{
	return by_bus(id, device);
}

nvmlReturn_t nvmlDeviceGetIndex(nvmlDevice_t device, unsigned int *index)
{
	NVML_ENTER(device, index);
	*index = (unsigned int)device->index;
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMinorNumber(nvmlDevice_t device, unsigned int *minor_number)
{
	return nvmlDeviceGetIndex(device, minor_number);
}

nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char *name, unsigned int length)
{
	NVML_ENTER(device, name);
	return put_text(name, length, "Simulated GPU");
}

nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char *uuid, unsigned int length)
{
	char text[SIM_UUID_TEXT];

	NVML_ENTER(device, uuid);
	nvml_uuid(device, text);
	return put_text(uuid, length, text);
}

nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t device, nvmlPciInfo_t *pci)
{
	NVML_ENTER(device, pci);
	memset(pci, 0, sizeof(*pci));
	pci->bus = (unsigned int)(device->first_card / sim_config()->parts) + 1;
	snprintf(pci->busIdLegacy, sizeof(pci->busIdLegacy), "0000:%02X:00.0", pci->bus & 0xff);
	snprintf(pci->busId, sizeof(pci->busId), "00000000:%02X:00.0", pci->bus & 0xff);
	return NVML_SUCCESS;
}

/* What the system keeps is on top of what CUDA has. False: as on machines whose GPU uses the host's memory. */
static bool read_memory(nvmlDevice_t device, nvmlMemory_v2_t *out)
{
	struct nvml_holder holders[NVML_PROCESSES_MOST];
	unsigned int count = nvml_holders(device, holders);

	out->reserved = out->total = out->used = sim_config()->reserved;
	for (int card = 0; card < device->cards; card++)
		out->total += sim_config()->memory[device->first_card + card];
	for (unsigned int i = 0; i < count; i++)
		out->used += holders[i].bytes;
	out->free = out->total - out->used;
	return !sim_config()->unified;
}

nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t *memory)
{
	nvmlMemory_v2_t second;

	NVML_ENTER(device, memory);
	if (!read_memory(device, &second))
		return NVML_ERROR_NOT_SUPPORTED;
	*memory = (nvmlMemory_t){second.total, second.free, second.used};
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t device, nvmlMemory_v2_t *memory)
{
	nvmlMemory_v2_t second;

	NVML_ENTER(device, memory);
	if (memory->version != nvmlMemory_v2 && memory->version != 2)
		return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
	if (!read_memory(device, &second))
		return NVML_ERROR_NOT_SUPPORTED;
	second.version = memory->version;
	*memory = second;
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMemoryLimits_v1(nvmlDevice_t device, nvmlGetMemoryLimits_v1_t *limits)
{
	uint64_t limit = sim_config()->group_limit;

	NVML_ENTER(device, limits);
	if (!limits->nameSpace || limits->nameSpace[0] != '/')
		return NVML_ERROR_INVALID_ARGUMENT;
	limits->softLimit = limits->currentUsed = 0;
	limits->hardLimit = limit ? limit : UINT64_MAX;
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetBAR1MemoryInfo(nvmlDevice_t device, nvmlBAR1Memory_t *memory)
{
	NVML_ENTER(device, memory);
	*memory = (nvmlBAR1Memory_t){256 * SIM_MIB, 255 * SIM_MIB, SIM_MIB};
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t *utilization)
{
	NVML_ENTER(device, utilization);
	*utilization = (nvmlUtilization_t){0, 0};
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetCudaComputeCapability(nvmlDevice_t device, int *major, int *minor)
{
	NVML_ENTER(device, major);
	if (!minor)
		return NVML_ERROR_INVALID_ARGUMENT;
	*major = 8;
	*minor = 0;
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetComputeMode(nvmlDevice_t device, nvmlComputeMode_t *mode)
{
	NVML_ENTER(device, mode);
	*mode = NVML_COMPUTEMODE_DEFAULT;
	return NVML_SUCCESS;
}
