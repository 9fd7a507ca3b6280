/*
 * The lists of processes on a device, in the three layouts of their history. Every simulated process computes;
 * none draws and none goes through a server.
 */
#include "state.h"

static nvmlReturn_t look(nvmlDevice_t device, const unsigned int *count, const void *infos)
{
	if (!nvml_ready())
		return NVML_ERROR_UNINITIALIZED;
	if (!nvml_device(device) || !count || (*count && !infos))
		return NVML_ERROR_INVALID_ARGUMENT;
	return NVML_SUCCESS;
}

/* Where the list is too short the number needed is returned, and nothing is listed. */
static nvmlReturn_t list(nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_v1_t *first,
	nvmlProcessInfo_v2_t *second)
{
	struct nvml_holder holders[NVML_PROCESSES_MOST];
	nvmlReturn_t result = look(device, count, first ? (void *)first : (void *)second);
	unsigned int found, room;

	if (result != NVML_SUCCESS)
		return result;
	found = nvml_holders(device, holders);
	room = *count;
	*count = found;
	if (found > room)
		return NVML_ERROR_INSUFFICIENT_SIZE;
	for (unsigned int i = 0; i < found; i++) {
		if (first)
			first[i] = (nvmlProcessInfo_v1_t){holders[i].pid, holders[i].bytes};
		else
			second[i] = (nvmlProcessInfo_v2_t){
				holders[i].pid, holders[i].bytes, 0xffffffff, 0xffffffff};
	}
	return NVML_SUCCESS;
}

static nvmlReturn_t none(nvmlDevice_t device, unsigned int *count, const void *infos)
{
	nvmlReturn_t result = look(device, count, infos);

	if (result == NVML_SUCCESS)
		*count = 0;
	return result;
}

nvmlReturn_t nvmlDeviceGetComputeRunningProcesses(
	nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_v1_t *infos)
{
	return list(device, count, infos, NULL);
}

nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v2(
	nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_v2_t *infos)
{
	return list(device, count, NULL, infos);
}

nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v3(
	nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_t *infos)
{
	return list(device, count, NULL, infos);
}

nvmlReturn_t nvmlDeviceGetGraphicsRunningProcesses(
	nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_v1_t *infos)
{
	return none(device, count, infos);
}

nvmlReturn_t nvmlDeviceGetGraphicsRunningProcesses_v2(
	nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_v2_t *infos)
{
	return none(device, count, infos);
}

nvmlReturn_t nvmlDeviceGetGraphicsRunningProcesses_v3(
	nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_t *infos)
{
	return none(device, count, infos);
}

nvmlReturn_t nvmlDeviceGetMPSComputeRunningProcesses(
	nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_v1_t *infos)
{
	return none(device, count, infos);
}

nvmlReturn_t nvmlDeviceGetMPSComputeRunningProcesses_v2(
	nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_v2_t *infos)
{
	return none(device, count, infos);
}

nvmlReturn_t nvmlDeviceGetMPSComputeRunningProcesses_v3(
	nvmlDevice_t device, unsigned int *count, nvmlProcessInfo_t *infos)
{
	return none(device, count, infos);
}
