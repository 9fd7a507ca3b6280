/* Divided devices of the simulated management library: SIMCUDA_PARTS. */
#include "state.h"

nvmlReturn_t nvmlDeviceGetMigMode(nvmlDevice_t device, unsigned int *current, unsigned int *pending)
{
	NVML_ENTER(device, current);
	if (!pending)
		return NVML_ERROR_INVALID_ARGUMENT;
	*current = *pending = nvml_part_at(device, 0) != NULL;
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMaxMigDeviceCount(nvmlDevice_t device, unsigned int *count)
{
	NVML_ENTER(device, count);
	*count = nvml_part_at(device, 0) ? (unsigned int)device->cards : 0;
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMigDeviceHandleByIndex(
	nvmlDevice_t device, unsigned int index, nvmlDevice_t *part)
{
	NVML_ENTER(device, part);
	if (!nvml_part_at(device, index))
		return NVML_ERROR_NOT_FOUND;
	*part = nvml_part_at(device, index);
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceIsMigDeviceHandle(nvmlDevice_t device, unsigned int *is_part)
{
	NVML_ENTER(device, is_part);
	*is_part = device->is_part;
	return NVML_SUCCESS;
}

nvmlReturn_t nvmlDeviceGetDeviceHandleFromMigDeviceHandle(nvmlDevice_t part, nvmlDevice_t *device)
{
	NVML_ENTER(part, device);
	if (!part->is_part)
		return NVML_ERROR_INVALID_ARGUMENT;
	*device = nvml_device_at((unsigned int)part->index);
	return NVML_SUCCESS;
}
