/*
 * A stand-in for NVML that tells the truth of the simulator about one process in a way that the test chooses,
 * UNTRACKED_NVML:
 *
 *	own		lists this process under its pid while it holds device memory
 *	stranger	lists this pid always, as another process would have it that is seen through
 *			another pid namespace
 *	foreign		lists this process under a pid that it does not know
 *	silent		as own, but says of no process what it uses
 *	failing		cannot list processes
 *	blind		nor tell what is free, as where a GPU shares the host's memory
 *
 * What it lists besides is somebody else's. It counts its calls in the variable
 * untracked_nvml_calls, which a program finds with dlsym.
 */
#include "../sim/simcuda.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SUCCESS, UNINITIALIZED, INVALID_ARGUMENT, NOT_SUPPORTED, NOT_FOUND = 6, INSUFFICIENT = 7 };

struct process {
	unsigned int pid;
	unsigned long long used;
	unsigned int instance, compute_instance;
};

struct memory {
	unsigned long long total, free, used;
};

#define SOMEBODY 4194305 /* no process of Linux has it */

int untracked_nvml_calls;
static int initialised;

int nvmlInit_v2(void);
int nvmlShutdown(void);
int nvmlDeviceGetHandleByUUID(const char *uuid, void **device);
int nvmlDeviceGetMemoryInfo(void *device, struct memory *memory);
int nvmlDeviceGetComputeRunningProcesses_v3(
	void *device, unsigned int *count, struct process *infos);

static int mode_is(const char *mode)
{
	const char *set = getenv("UNTRACKED_NVML");

	return strcmp(set ? set : "own", mode) == 0;
}

static uint64_t ask(const char *function)
{
	uint64_t (*truth)(int);
	void *found = dlsym(RTLD_DEFAULT, function);

	memcpy(&truth, &found, sizeof(truth));
	return truth ? truth(0) : 0;
}

int nvmlInit_v2(void)
{
	initialised++;
	return SUCCESS;
}

int nvmlShutdown(void)
{
	initialised--;
	return SUCCESS;
}

int nvmlDeviceGetHandleByUUID(const char *uuid, void **device)
{
	untracked_nvml_calls++;
	if (!initialised)
		return UNINITIALIZED;
	/* The first device of the simulator; see sim_uuid. */
	if (strcmp(uuid, "GPU-513cdaa0-1122-4333-8444-556677081900") != 0)
		return NOT_FOUND;
	*device = &initialised;
	return SUCCESS;
}

int nvmlDeviceGetMemoryInfo(void *device, struct memory *memory)
{
	untracked_nvml_calls++;
	if (device != &initialised)
		return INVALID_ARGUMENT;
	if (mode_is("blind"))
		return NOT_SUPPORTED;
	memory->total = ask("simcuda_capacity");
	memory->used = ask("simcuda_device_bytes");
	memory->free = memory->total - memory->used;
	return SUCCESS;
}

int nvmlDeviceGetComputeRunningProcesses_v3(
	void *device, unsigned int *count, struct process *infos)
{
	uint64_t used = ask("simcuda_physical_bytes");
	unsigned int room = *count;

	untracked_nvml_calls++;
	if (device != &initialised)
		return INVALID_ARGUMENT;
	if (mode_is("failing") || mode_is("blind"))
		return NOT_SUPPORTED;
	*count = used > 0 || mode_is("stranger") ? 2 : 1;
	if (room < *count)
		return INSUFFICIENT;
	infos[0] = (struct process){SOMEBODY, 77 << 20, 0, 0};
	if (*count == 1)
		return SUCCESS;
	infos[1] = (struct process){(unsigned int)getpid(), used, 0, 0};
	if (mode_is("stranger"))
		infos[1].used = 5ULL << 30;
	if (mode_is("foreign"))
		infos[1].pid += 1000000;
	if (mode_is("silent"))
		infos[1].used = UINT64_MAX;
	return SUCCESS;
}
