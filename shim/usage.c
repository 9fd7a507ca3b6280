/*
 * usage.c - see usage.h.
 */
#include "usage.h"

#include "checked.h"
#include "device.h"
#include "driver.h"
#include <string.h>

#define PROCESSES 128 /* on one device; where there are more, nothing is known */

bool rac_usage_find(nvmlDevice_t *out, struct rac_state *state, uint32_t device)
{
	struct rac_device_snapshot s;

	return rac_nvml_present() && rac_device_prepare(state, (CUdevice)device) &&
		rac_tracker_snapshot(state->tracker, device, &s) == RAC_OK && s.uuid[0] != '\0' &&
		rac_nvml()->nvmlDeviceGetHandleByUUID(s.uuid, out) == NVML_SUCCESS;
}

/* Both versions fill the same structure. */
static nvmlReturn_t list_processes(nvmlDevice_t gpu, unsigned int *count, nvmlProcessInfo_t *list)
{
	return rac_nvml_has(RAC_HOOK_nvmlDeviceGetComputeRunningProcesses_v3)
		? rac_nvml()->nvmlDeviceGetComputeRunningProcesses_v3(gpu, count, list)
		: rac_nvml()->nvmlDeviceGetComputeRunningProcesses_v2(gpu, count, list);
}

/* A process may stand there several times, in parts of a device. */
static void add_own(struct rac_usage *out, uint64_t bytes)
{
	out->own_listed = true;
	if (out->own == RAC_NVML_NOT_AVAILABLE || bytes == RAC_NVML_NOT_AVAILABLE ||
		!rac_checked_add(out->own, bytes, &out->own))
		out->own = RAC_NVML_NOT_AVAILABLE;
}

static void add_other(struct rac_usage *out, unsigned int pid, uint64_t bytes)
{
	out->others++;
	if (bytes == RAC_NVML_NOT_AVAILABLE)
		return;
	rac_checked_add(out->others_bytes, bytes, &out->others_bytes);
	if (bytes > out->largest_bytes) {
		out->largest_bytes = bytes;
		out->largest_pid = pid;
	}
}

bool rac_usage_processes(nvmlDevice_t gpu, pid_t pid, struct rac_usage *out)
{
	nvmlProcessInfo_t list[PROCESSES];
	unsigned int count = PROCESSES;

	memset(list, 0, sizeof(list));
	memset(out, 0, sizeof(*out));
	if (list_processes(gpu, &count, list) != NVML_SUCCESS || count > PROCESSES)
		return false;
	for (unsigned int i = 0; i < count; i++) {
		if (list[i].pid == (unsigned int)pid)
			add_own(out, list[i].usedGpuMemory);
		else
			add_other(out, list[i].pid, list[i].usedGpuMemory);
	}
	return true;
}

/* A capture under way in this thread forbids the question, unless it is relaxed for the moment. */
static bool ask_driver(uint32_t device, uint64_t *used)
{
	const struct rac_driver *driver = rac_driver();
	CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_RELAXED;
	CUdevice current;
	size_t left, total;

	if (driver->cuCtxGetDevice(&current) != CUDA_SUCCESS || current != (CUdevice)device)
		return false;
	bool exchanged = driver->cuThreadExchangeStreamCaptureMode(&mode) == CUDA_SUCCESS;
	bool told = driver->cuMemGetInfo_v2(&left, &total) == CUDA_SUCCESS;

	if (exchanged)
		driver->cuThreadExchangeStreamCaptureMode(&mode);
	if (told)
		*used = rac_saturating_sub(total, left);
	return told;
}

bool rac_usage_device(nvmlDevice_t gpu, uint32_t device, uint64_t *used)
{
	nvmlMemory_t memory = {0};

	if (gpu == NULL)
		return ask_driver(device, used);
	if (rac_nvml()->nvmlDeviceGetMemoryInfo(gpu, &memory) != NVML_SUCCESS)
		return false;
	*used = memory.used;
	return true;
}
