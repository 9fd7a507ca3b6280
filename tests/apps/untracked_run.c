/*
 * Makes contexts and takes memory in a given order, so that a test can see what is reported as held beyond
 * that. Each argument is a step:
 *
 *	nvml	loads NVML		init	initialises it
 *	unload	unloads it again	load-late	as nvml and init
 *	retain, release, reset		the primary context
 *	create, destroy			a context of its own
 *	limit				raises its device heap by 64 MiB
 *	absent				tries to make contexts on a device that is not there
 *	take:BYTES, managed:BYTES	memory that the ledger holds
 *	info				asks for the free memory
 *	calls:N, quiet			what follows must make N calls of NVML; must make none
 */
#include "check.h"

#include <cuda.h>
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

static void *nvml;
static int calls_before;
static CUcontext own;

static int nvml_calls(void)
{
	int *calls = nvml ? dlsym(nvml, "untracked_nvml_calls") : NULL;

	return calls ? *calls : 0;
}

static void call_nvml(const char *name)
{
	int (*function)(void);
	void *found = dlsym(nvml, name);

	EXPECT(found != NULL);
	memcpy(&function, &found, sizeof(function));
	OK(function());
}

static void step_nvml(const char *step)
{
	if (strcmp(step, "unload") == 0) {
		OK(dlclose(nvml));
		nvml = NULL;
		return;
	}
	if (strcmp(step, "init") != 0) {
		nvml = dlopen("libnvidia-ml.so.1", RTLD_NOW);
		if (!nvml)
			FAIL("%s", dlerror());
	}
	if (strcmp(step, "nvml") != 0)
		call_nvml("nvmlInit_v2");
}

static void step_context(const char *step)
{
	size_t heap;
	CUcontext primary;

	if (strcmp(step, "retain") == 0) {
		OK(cuDevicePrimaryCtxRetain(&primary, 0));
		OK(cuCtxSetCurrent(primary));
	} else if (strcmp(step, "release") == 0) {
		OK(cuDevicePrimaryCtxRelease(0));
	} else if (strcmp(step, "reset") == 0) {
		OK(cuDevicePrimaryCtxReset(0));
	} else if (strcmp(step, "create") == 0) {
		OK(cuCtxCreate(&own, NULL, 0, 0));
	} else if (strcmp(step, "destroy") == 0) {
		OK(cuCtxDestroy(own));
	} else if (strcmp(step, "absent") == 0) {
		RETURNS(CUDA_ERROR_INVALID_DEVICE, cuDevicePrimaryCtxRetain(&primary, 5));
		RETURNS(CUDA_ERROR_INVALID_DEVICE, cuCtxCreate(&own, NULL, 0, 5));
		RETURNS(CUDA_ERROR_INVALID_DEVICE, cuCtxCreate(&own, NULL, 0, -1));
	} else {
		OK(cuCtxGetLimit(&heap, CU_LIMIT_MALLOC_HEAP_SIZE));
		OK(cuCtxSetLimit(CU_LIMIT_MALLOC_HEAP_SIZE, heap + ((size_t)64 << 20)));
	}
}

static void step_memory(const char *step)
{
	size_t left, total;
	CUdeviceptr memory;

	if (strncmp(step, "take:", 5) == 0)
		OK(cuMemAlloc(&memory, parse_size(step + 5)));
	else if (strncmp(step, "managed:", 8) == 0)
		OK(cuMemAllocManaged(&memory, parse_size(step + 8), CU_MEM_ATTACH_GLOBAL));
	else
		OK(cuMemGetInfo(&left, &total));
}

static int is_one_of(const char *step, const char *names)
{
	const char *found = strstr(names, step);
	size_t length = strlen(step);

	return found && (found[length] == ' ' || !found[length]);
}

int main(int argc, char **argv)
{
	int expected = -1;

	OK(cuInit(0));
	for (int i = 1; i < argc; i++) {
		const char *step = argv[i];

		errno = 4242;
		if (strncmp(step, "calls:", 6) == 0 || strcmp(step, "quiet") == 0) {
			expected = step[0] == 'c' ? atoi(step + 6) : 0;
			calls_before = nvml_calls();
			continue;
		}
		if (is_one_of(step, "nvml init unload load-late"))
			step_nvml(step);
		else if (is_one_of(step, "retain release reset create destroy limit absent"))
			step_context(step);
		else
			step_memory(step);
		if (expected >= 0)
			EXPECT(nvml_calls() - calls_before == expected);
		if (!is_one_of(step, "nvml init unload load-late"))
			EXPECT(errno == 4242);
		expected = -1;
	}
	return 0;
}
