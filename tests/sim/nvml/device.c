/* Devices of the simulated management library: finding them, names, versions, memory, processes. */
#include "state.h"

#include "../driver/sim.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DRIVER_VERSION "580.00.00"

/* The usual beginning of a function that takes a device. */
#define ENTER(device, argument)                             \
	do {                                                \
		if (!nvml_ready())                          \
			return NVML_ERROR_UNINITIALIZED;    \
		if (!nvml_device(device) || !(argument))    \
			return NVML_ERROR_INVALID_ARGUMENT; \
	} while (0)

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

static void format_uuid(int index, char *text)
{
	CUuuid uuid;
	size_t at = 4;

	sim_uuid(index, &uuid);
	memcpy(text, "GPU-", at);
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text[at++] = '-';
		at += (size_t)snprintf(text + at, 3, "%02x", (unsigned char)uuid.bytes[i]);
	}
}

nvmlReturn_t nvmlDeviceGetHandleByUUID(const char *uuid, nvmlDevice_t *device)
{
	if (!nvml_ready())
		return NVML_ERROR_UNINITIALIZED;
	if (!uuid || !device)
		return NVML_ERROR_INVALID_ARGUMENT;
	for (unsigned int i = 0; i < nvml_device_count(); i++) {
		char text[NVML_DEVICE_UUID_BUFFER_SIZE];

		format_uuid((int)i, text);
		if (strcasecmp(text, uuid) == 0) {
			*device = nvml_device_at(i);
			return NVML_SUCCESS;
		}
	}
	return NVML_ERROR_NOT_FOUND;
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
	ENTER(device, index);
	*index = (unsigned int)device->index;
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMinorNumber(nvmlDevice_t device, unsigned int *minor_number)
{
	return nvmlDeviceGetIndex(device, minor_number);
}

nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char *name, unsigned int length)
{
	ENTER(device, name);
	return put_text(name, length, "Simulated GPU");
}

nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char *uuid, unsigned int length)
{
	char text[NVML_DEVICE_UUID_BUFFER_SIZE];

	ENTER(device, uuid);
	format_uuid(device->index, text);
	return put_text(uuid, length, text);
}

nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t device, nvmlPciInfo_t *pci)
{
	ENTER(device, pci);
	memset(pci, 0, sizeof(*pci));
	pci->bus = (unsigned int)device->index + 1;
	snprintf(pci->busIdLegacy, sizeof(pci->busIdLegacy), "0000:%02X:00.0", pci->bus & 0xff);
	snprintf(pci->busId, sizeof(pci->busId), "00000000:%02X:00.0", pci->bus & 0xff);
	return NVML_SUCCESS;
}

static uint64_t used_bytes(int index)
{
	struct nvml_holder holders[NVML_PROCESSES_MOST];
	unsigned int count = nvml_holders(index, holders);
	uint64_t sum = 0;

	for (unsigned int i = 0; i < count; i++)
		sum += holders[i].bytes;
	return sum;
}

nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t device, nvmlMemory_t *memory)
{
	ENTER(device, memory);
	memory->total = sim_config()->memory[device->index];
	memory->used = used_bytes(device->index);
	memory->free = memory->total - memory->used;
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t device, nvmlMemory_v2_t *memory)
{
	ENTER(device, memory);
	if (memory->version != nvmlMemory_v2 && memory->version != 2)
		return NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
	memory->total = sim_config()->memory[device->index];
	memory->reserved = 0;
	memory->used = used_bytes(device->index);
	memory->free = memory->total - memory->used;
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetBAR1MemoryInfo(nvmlDevice_t device, nvmlBAR1Memory_t *memory)
{
	ENTER(device, memory);
	*memory = (nvmlBAR1Memory_t){256 * SIM_MIB, 255 * SIM_MIB, SIM_MIB};
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t *utilization)
{
	ENTER(device, utilization);
	*utilization = (nvmlUtilization_t){0, 0};
	return NVML_SUCCESS;
}
