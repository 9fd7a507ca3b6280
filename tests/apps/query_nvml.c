/*
 * What a program sees through NVML: in MiB, a line for each device that NVML lists, in NVML's order, and for
 * each part of a divided one. Usage: query_nvml linked|dlsym STEP… where a step is
 *
 *	show			prints the lines
 *	cuda:N			initialises CUDA and makes a context on device N
 *	take:BYTES		allocates there
 *	visible:LIST		sets CUDA_VISIBLE_DEVICES, as programs do that choose before CUDA starts
 *	agree			NVML's figures of the context's device must be what CUDA says
 *	edges			NULL, failing calls, unknown versions and short lists
 *	untouched		CUDA must not have been called
 *	wait			says "ready" and waits for the end of stdin
 */
#include "check.h"

#include "../sim/simcuda.h"

#define NVML_NO_UNVERSIONED_FUNC_DEFS
#include <cuda.h>
#include <dlfcn.h>
#include <nvml.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define MIB     ((size_t)1 << 20)
#define ENTRIES 16

#define FUNCTIONS(X)                                \
	X(nvmlInit_v2)                              \
	X(nvmlDeviceGetCount_v2)                    \
	X(nvmlDeviceGetHandleByIndex_v2)            \
	X(nvmlDeviceGetHandleByUUID)                \
	X(nvmlDeviceGetMigDeviceHandleByIndex)      \
	X(nvmlDeviceGetMemoryInfo)                  \
	X(nvmlDeviceGetMemoryInfo_v2)               \
	X(nvmlDeviceGetComputeRunningProcesses)     \
	X(nvmlDeviceGetComputeRunningProcesses_v2)  \
	X(nvmlDeviceGetComputeRunningProcesses_v3)  \
	X(nvmlDeviceGetGraphicsRunningProcesses_v3) \
	X(nvmlDeviceGetMPSComputeRunningProcesses_v3)

static struct {
#define X(name) __typeof__(name) *name;
	FUNCTIONS(X)
#undef X
} nvml;

CUresult uuid_v1(CUuuid *uuid, CUdevice device) __asm__("cuDeviceGetUuid");

static CUdevice device;

static void find_functions(const char *way)
{
	void *library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);

	if (!library)
		FAIL("%s", dlerror());
	if (strcmp(way, "dlsym") == 0) {
#define X(name)                                       \
	*(void **)&nvml.name = dlsym(library, #name); \
	EXPECT(nvml.name != NULL);
		FUNCTIONS(X)
#undef X
	} else {
#define X(name) nvml.name = name;
		FUNCTIONS(X)
#undef X
	}
	OK(nvml.nvmlInit_v2());
}

/* What processes hold together, by each of the layouts; they must say the same. */
static void list(nvmlDevice_t handle, unsigned long long *own, unsigned long long *others)
{
	nvmlProcessInfo_v1_t first[ENTRIES];
	nvmlProcessInfo_v2_t second[ENTRIES];
	nvmlProcessInfo_t third[ENTRIES];
	unsigned int count = ENTRIES, count2 = ENTRIES, count3 = ENTRIES;

	OK(nvml.nvmlDeviceGetComputeRunningProcesses(handle, &count, first));
	OK(nvml.nvmlDeviceGetComputeRunningProcesses_v2(handle, &count2, second));
	OK(nvml.nvmlDeviceGetComputeRunningProcesses_v3(handle, &count3, third));
	EXPECT(count == count2 && count == count3);
	*own = *others = 0;
	for (unsigned int i = 0; i < count; i++) {
		EXPECT(first[i].pid == second[i].pid && first[i].pid == third[i].pid);
		EXPECT(first[i].usedGpuMemory == second[i].usedGpuMemory);
		EXPECT(first[i].usedGpuMemory == third[i].usedGpuMemory);
		*(first[i].pid == (unsigned int)getpid() ? own : others) += first[i].usedGpuMemory;
	}
	count = ENTRIES;
	OK(nvml.nvmlDeviceGetGraphicsRunningProcesses_v3(handle, &count, third));
	OK(nvml.nvmlDeviceGetMPSComputeRunningProcesses_v3(handle, &count, third));
}

static void show_device(const char *name, unsigned int index, nvmlDevice_t handle)
{
	nvmlMemory_v2_t second = {.version = nvmlMemory_v2};
	nvmlMemory_t first = {0};
	unsigned long long own, others;
	int result = (int)nvml.nvmlDeviceGetMemoryInfo(handle, &first);

	list(handle, &own, &others);
	RETURNS(result, nvml.nvmlDeviceGetMemoryInfo_v2(handle, &second));
	printf("%s %u: ", name, index);
	if (result != NVML_SUCCESS) {
		EXPECT(first.total == 0 && first.free == 0 && second.total == 0 &&
			second.free == 0);
		printf("error %d, own %llu, others %llu\n", result, own >> 20, others >> 20);
		return;
	}
	EXPECT(first.total == second.total && first.free == second.free);
	EXPECT(first.used == second.used && first.total == first.used + first.free);
	EXPECT(second.version == nvmlMemory_v2);
	printf("total %llu, free %llu, used %llu, reserved %llu, own %llu, others %llu\n",
		first.total >> 20, first.free >> 20, first.used >> 20, second.reserved >> 20,
		own >> 20, others >> 20);
}

static void show(void)
{
	nvmlDevice_t handle, part;
	unsigned int count;

	OK(nvml.nvmlDeviceGetCount_v2(&count));
	for (unsigned int i = 0; i < count; i++) {
		OK(nvml.nvmlDeviceGetHandleByIndex_v2(i, &handle));
		show_device("gpu", i, handle);
		for (unsigned int p = 0;
			nvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, p, &part) == NVML_SUCCESS;
			p++)
			show_device("part", p, part);
	}
}

static nvmlDevice_t handle_of_context(void)
{
	char text[NVML_DEVICE_UUID_BUFFER_SIZE];
	nvmlDevice_t handle;
	CUuuid gpu, part;
	int at;

	OK(uuid_v1(&gpu, device));
	OK(cuDeviceGetUuid_v2(&part, device));
	at = sprintf(text, memcmp(&gpu, &part, sizeof(gpu)) != 0 ? "MIG-" : "GPU-");
	for (int i = 0; i < 16; i++)
		at += sprintf(text + at, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x",
			(unsigned char)part.bytes[i]);
	OK(nvml.nvmlDeviceGetHandleByUUID(text, &handle));
	return handle;
}

static void agree(void)
{
	nvmlDevice_t handle = handle_of_context();
	unsigned long long own, others;
	size_t left, total, size;
	nvmlMemory_t memory;

	OK(cuMemGetInfo(&left, &total));
	OK(cuDeviceTotalMem(&size, device));
	OK(nvml.nvmlDeviceGetMemoryInfo(handle, &memory));
	EXPECT(memory.free == left);
	EXPECT(memory.total == total && memory.total == size);
	list(handle, &own, &others);
	EXPECT(own + others == memory.used);
}

static void edges(void)
{
	nvmlMemory_v2_t second, before;
	nvmlProcessInfo_t entry;
	nvmlDevice_t handle = handle_of_context();
	unsigned int count;

	RETURNS(NVML_ERROR_INVALID_ARGUMENT, nvml.nvmlDeviceGetMemoryInfo(handle, NULL));
	RETURNS(NVML_ERROR_INVALID_ARGUMENT, nvml.nvmlDeviceGetMemoryInfo_v2(handle, NULL));
	RETURNS(NVML_ERROR_INVALID_ARGUMENT,
		nvml.nvmlDeviceGetMemoryInfo(NULL, &(nvmlMemory_t){0}));
	RETURNS(NVML_ERROR_INVALID_ARGUMENT,
		nvml.nvmlDeviceGetComputeRunningProcesses_v3(handle, NULL, &entry));
	count = 1;
	RETURNS(NVML_ERROR_INVALID_ARGUMENT,
		nvml.nvmlDeviceGetComputeRunningProcesses_v3(handle, &count, NULL));
	count = 0;
	RETURNS(NVML_ERROR_INSUFFICIENT_SIZE,
		nvml.nvmlDeviceGetComputeRunningProcesses_v3(handle, &count, NULL));
	EXPECT(count == 1);

	memset(&second, 0x5a, sizeof(second));
	second.version = 3u << 24 | sizeof(second);
	before = second;
	RETURNS(NVML_ERROR_ARGUMENT_VERSION_MISMATCH,
		nvml.nvmlDeviceGetMemoryInfo_v2(handle, &second));
	EXPECT(memcmp(&second, &before, sizeof(second)) == 0);
	second.version = 2;
	OK(nvml.nvmlDeviceGetMemoryInfo_v2(handle, &second));
	before.version = nvmlMemory_v2;
	OK(nvml.nvmlDeviceGetMemoryInfo_v2(handle, &before));
	EXPECT(second.total == before.total && second.free == before.free);
}

static void start(int number)
{
	CUcontext ctx;

	OK(cuInit(0));
	device = number;
	OK(cuCtxCreate(&ctx, NULL, 0, device));
}

static void take(size_t bytes)
{
	CUdeviceptr memory;

	OK(cuMemAlloc(&memory, bytes));
}

static void wait_for_end(void)
{
	char byte;

	printf("ready\n");
	fflush(stdout);
	EXPECT(read(0, &byte, 1) == 0);
}

int main(int argc, char **argv)
{
	EXPECT(argc > 1);
	find_functions(argv[1]);
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "show") == 0)
			show();
		else if (strncmp(argv[i], "cuda:", 5) == 0)
			start(atoi(argv[i] + 5));
		else if (strncmp(argv[i], "take:", 5) == 0)
			take(parse_size(argv[i] + 5));
		else if (strncmp(argv[i], "visible:", 8) == 0)
			EXPECT(setenv("CUDA_VISIBLE_DEVICES", argv[i] + 8, 1) == 0);
		else if (strcmp(argv[i], "agree") == 0)
			agree();
		else if (strcmp(argv[i], "edges") == 0)
			edges();
		else if (strcmp(argv[i], "untouched") == 0)
			EXPECT(simcuda_calls_total() == 0);
		else if (strcmp(argv[i], "wait") == 0)
			wait_for_end();
		else
			FAIL("no such step: %s", argv[i]);
	}
	return 0;
}
