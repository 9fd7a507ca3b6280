/*
 * Makes contexts and takes memory in a given order, so that a test can see what is reported as held beyond
 * that. Each argument is a step:
 *
 *	nvml	loads NVML		init	initialises it
 *	unload	unloads it again	load-late	as nvml and init
 *	retain, release, reset		the primary context
 *	create, destroy			a context of its own
 *	limit				raises its device heap by 64 MiB
 *	module, unmodule		loads code and unloads it
 *	library, unlibrary		the same by the newer interface, which loads when code is used
 *	use				uses the library's code
 *	absent				tries to make contexts on a device that is not there
 *	take:BYTES, managed:BYTES	memory that the ledger holds
 *	pool:BYTES			the same from the device's pool
 *	many:BYTES			as often as it is granted
 *	give				all of it back
 *	info				asks for the free memory
 *	free:BYTES			it must be that
 *	calls:N, quiet			what follows must make N calls of NVML; must make none
 *	no				what follows must be refused as out of memory, and change nothing
 */
#include "check.h"

#include <cuda.h>
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#define UNTOUCHED ((void *)0x1234567812345678)
#define MOST      8192

static void *nvml;
static int calls_before;
static CUresult right; /* of the step */
static CUcontext own;
static CUmodule module;
static CUlibrary library;
static CUdeviceptr taken[MOST];
static int taken_count;

/* What a call that is to be refused leaves as it was. */
#define REFUSABLE(call, out)                                         \
	do {                                                         \
		__typeof__(out) before_ = (out);                     \
		if (right != CUDA_SUCCESS)                           \
			(out) = (__typeof__(out))UNTOUCHED;          \
		RETURNS(right, call);                                \
		if (right != CUDA_SUCCESS) {                         \
			EXPECT((out) == (__typeof__(out))UNTOUCHED); \
			(out) = before_;                             \
		}                                                    \
	} while (0)

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

static void step_limit(void)
{
	size_t heap, after;

	OK(cuCtxGetLimit(&heap, CU_LIMIT_MALLOC_HEAP_SIZE));
	RETURNS(right, cuCtxSetLimit(CU_LIMIT_MALLOC_HEAP_SIZE, heap + ((size_t)64 << 20)));
	OK(cuCtxGetLimit(&after, CU_LIMIT_MALLOC_HEAP_SIZE));
	EXPECT(right == CUDA_SUCCESS || after == heap);
}

static void step_context(const char *step)
{
	CUcontext primary = NULL, current;

	if (strcmp(step, "retain") == 0) {
		REFUSABLE(cuDevicePrimaryCtxRetain(&primary, 0), primary);
		if (right == CUDA_SUCCESS)
			OK(cuCtxSetCurrent(primary));
	} else if (strcmp(step, "release") == 0) {
		OK(cuDevicePrimaryCtxRelease(0));
	} else if (strcmp(step, "reset") == 0) {
		OK(cuDevicePrimaryCtxReset(0));
	} else if (strcmp(step, "create") == 0) {
		OK(cuCtxGetCurrent(&primary));
		REFUSABLE(cuCtxCreate(&own, NULL, 0, 0), own);
		OK(cuCtxGetCurrent(&current));
		EXPECT(right == CUDA_SUCCESS ? current == own : current == primary);
	} else if (strcmp(step, "destroy") == 0) {
		OK(cuCtxDestroy(own));
	} else if (strcmp(step, "absent") == 0) {
		RETURNS(CUDA_ERROR_INVALID_DEVICE, cuDevicePrimaryCtxRetain(&primary, 5));
		RETURNS(CUDA_ERROR_INVALID_DEVICE, cuCtxCreate(&own, NULL, 0, 5));
		RETURNS(CUDA_ERROR_INVALID_DEVICE, cuCtxCreate(&own, NULL, 0, -1));
	} else {
		step_limit();
	}
}

static void step_code(const char *step)
{
	if (strcmp(step, "module") == 0)
		REFUSABLE(cuModuleLoadData(&module, "code"), module);
	else if (strcmp(step, "unmodule") == 0)
		OK(cuModuleUnload(module));
	else if (strcmp(step, "use") == 0)
		OK(cuLibraryGetModule(&module, library));
	else if (strcmp(step, "library") == 0)
		REFUSABLE(
			cuLibraryLoadData(&library, "code", NULL, NULL, 0, NULL, NULL, 0), library);
	else
		OK(cuLibraryUnload(library));
}

static void take(size_t bytes, CUresult code)
{
	CUdeviceptr memory = 4711;

	EXPECT(taken_count < MOST);
	RETURNS(code, cuMemAlloc(&memory, bytes));
	if (code == CUDA_SUCCESS)
		taken[taken_count++] = memory;
	else
		EXPECT(memory == 4711);
}

static void take_many(size_t bytes)
{
	CUdeviceptr memory;

	while (cuMemAlloc(&memory, bytes) == CUDA_SUCCESS) {
		EXPECT(taken_count < MOST);
		taken[taken_count++] = memory;
	}
}

static void step_memory(const char *step)
{
	size_t left, total;
	CUdeviceptr memory = 4711;

	if (strncmp(step, "take:", 5) == 0) {
		take(parse_size(step + 5), right);
	} else if (strncmp(step, "managed:", 8) == 0) {
		RETURNS(right,
			cuMemAllocManaged(&memory, parse_size(step + 8), CU_MEM_ATTACH_GLOBAL));
	} else if (strncmp(step, "pool:", 5) == 0) {
		RETURNS(right, cuMemAllocAsync(&memory, parse_size(step + 5), NULL));
	} else if (strncmp(step, "many:", 5) == 0) {
		take_many(parse_size(step + 5));
	} else if (strcmp(step, "give") == 0) {
		while (taken_count > 0)
			OK(cuMemFree(taken[--taken_count]));
	} else {
		OK(cuMemGetInfo(&left, &total));
		if (strncmp(step, "free:", 5) == 0 && left != parse_size(step + 5))
			FAIL("%s: free are %zu MiB", step, left >> 20);
	}
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
		if (strcmp(step, "no") == 0) {
			right = CUDA_ERROR_OUT_OF_MEMORY;
			continue;
		}
		if (strncmp(step, "calls:", 6) == 0 || strcmp(step, "quiet") == 0) {
			expected = step[0] == 'c' ? atoi(step + 6) : 0;
			calls_before = nvml_calls();
			continue;
		}
		if (is_one_of(step, "nvml init unload load-late"))
			step_nvml(step);
		else if (is_one_of(step, "retain release reset create destroy limit absent"))
			step_context(step);
		else if (is_one_of(step, "module unmodule library use unlibrary"))
			step_code(step);
		else
			step_memory(step);
		if (expected >= 0)
			EXPECT(nvml_calls() - calls_before == expected);
		if (!is_one_of(step, "nvml init unload load-late"))
			EXPECT(errno == 4242);
		expected = -1;
		right = CUDA_SUCCESS;
	}
	return 0;
}
