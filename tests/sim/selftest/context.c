/* Initialisation, devices, contexts and their stacks, primary contexts, forks. */
#include "selftest.h"

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TEST(nothing_works_before_cuInit)
{
	CUdeviceptr a;
	int count;

	CHECK_EQUAL(CUDA_ERROR_NOT_INITIALIZED, cuMemAlloc(&a, 1));
	CHECK_EQUAL(CUDA_ERROR_NOT_INITIALIZED, cuDeviceGetCount(&count));
	OK(cuDriverGetVersion(&count));
	CHECK_EQUAL(13000, count);
}

TEST(memory_needs_a_context)
{
	CUdeviceptr a;
	size_t value;

	OK(cuInit(0));
	CHECK_EQUAL(CUDA_ERROR_INVALID_CONTEXT, cuMemAlloc(&a, 1));
	CHECK_EQUAL(CUDA_ERROR_INVALID_CONTEXT, cuMemGetInfo(&value, &value));
}

TEST_WITH(devices_are_as_set, "SIMCUDA_DEVICES=3 SIMCUDA_MEMORY=80G,40G")
{
	size_t bytes;
	int count;
	char name[64];
	CUuuid first, second;

	OK(cuInit(0));
	OK(cuDeviceGetCount(&count));
	CHECK_EQUAL(3, count);
	OK(cuDeviceTotalMem(&bytes, 0));
	CHECK_EQUAL(80 * GIB, bytes);
	OK(cuDeviceTotalMem(&bytes, 2));
	CHECK_EQUAL(40 * GIB, bytes);
	OK(cuDeviceGetName(name, sizeof(name), 1));
	CHECK(strcmp(name, "Simulated GPU") == 0);
	OK(cuDeviceGetUuid(&first, 0));
	OK(cuDeviceGetUuid(&second, 1));
	CHECK(memcmp(&first, &second, sizeof(first)) != 0);
}

TEST_WITH(visible_devices_by_ordinal,
	"SIMCUDA_DEVICES=3 SIMCUDA_MEMORY=1G,2G,3G CUDA_VISIBLE_DEVICES=2,0,9,1")
{
	size_t bytes;

	OK(cuInit(0));
	CHECK_EQUAL(2, simcuda_device_count());
	OK(cuDeviceTotalMem(&bytes, 0));
	CHECK_EQUAL(3 * GIB, bytes);
}

TEST_WITH(visible_devices_by_uuid,
	"SIMCUDA_DEVICES=2 SIMCUDA_MEMORY=1G,2G CUDA_VISIBLE_DEVICES=GPU-513cdaa1")
{
	size_t bytes;

	OK(cuInit(0));
	CHECK_EQUAL(1, simcuda_device_count());
	OK(cuDeviceTotalMem(&bytes, 0));
	CHECK_EQUAL(2 * GIB, bytes);
}

TEST_WITH(no_device_is_error_100, "CUDA_VISIBLE_DEVICES=")
{
	CHECK_EQUAL(CUDA_ERROR_NO_DEVICE, cuInit(0));
}

TEST(destroying_a_context_frees_what_it_owns)
{
	CUcontext first = begin(), second;
	CUdeviceptr a;
	void *host;

	OK(cuMemAlloc(&a, 1000));
	OK(cuMemAllocManaged(&a, 1000, CU_MEM_ATTACH_GLOBAL));
	OK(cuMemHostAlloc(&host, 1000, 0));
	OK(cuCtxCreate(&second, NULL, 0, 0));
	OK(cuMemAlloc(&a, 10));
	OK(cuCtxDestroy(first));
	CHECK_EQUAL(10, simcuda_live_bytes(0));
	CHECK_EQUAL(0, simcuda_pinned_bytes());
	OK(cuMemFree(a));
}

static void *use_destroyed(void *argument)
{
	CUdeviceptr a;
	CUcontext *ctx = argument;

	OK(cuCtxSetCurrent(ctx[0]));
	OK(cuCtxDestroy(ctx[0]));
	CHECK_EQUAL(CUDA_ERROR_INVALID_CONTEXT, cuMemAlloc(&a, 1));
	return NULL;
}

TEST(a_context_destroyed_elsewhere_is_error_709)
{
	CUcontext ctx = begin();
	CUdeviceptr a;
	pthread_t thread;

	pthread_create(&thread, NULL, use_destroyed, &ctx);
	pthread_join(thread, NULL);
	CHECK_EQUAL(CUDA_ERROR_CONTEXT_IS_DESTROYED, cuMemAlloc(&a, 1));
}

TEST(contexts_are_a_stack)
{
	CUcontext first = begin(), second, now;
	CUdevice device;

	OK(cuCtxCreate(&second, NULL, 0, 0));
	OK(cuCtxGetCurrent(&now));
	CHECK(now == second);
	OK(cuCtxPopCurrent(&now));
	CHECK(now == second);
	OK(cuCtxGetCurrent(&now));
	CHECK(now == first);
	OK(cuCtxPushCurrent(second));
	OK(cuCtxSetCurrent(first));
	OK(cuCtxPopCurrent(NULL));
	OK(cuCtxPopCurrent(NULL));
	CHECK_EQUAL(CUDA_ERROR_INVALID_CONTEXT, cuCtxPopCurrent(NULL));
	CHECK_EQUAL(CUDA_ERROR_INVALID_CONTEXT, cuCtxGetDevice(&device));
}

TEST(primary_contexts_are_counted)
{
	CUcontext first, second;
	CUdeviceptr a;
	unsigned int flags;
	int active;

	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&first, 0));
	OK(cuDevicePrimaryCtxRetain(&second, 0));
	CHECK(first == second);
	OK(cuCtxSetCurrent(first));
	OK(cuMemAlloc(&a, 100));
	OK(cuDevicePrimaryCtxRelease(0));
	CHECK_EQUAL(100, simcuda_live_bytes(0));
	OK(cuDevicePrimaryCtxRelease(0));
	CHECK_EQUAL(0, simcuda_live_bytes(0));
	OK(cuDevicePrimaryCtxGetState(0, &flags, &active));
	CHECK_EQUAL(0, active);
	CHECK_EQUAL(CUDA_ERROR_INVALID_CONTEXT, cuDevicePrimaryCtxRelease(0));
	CHECK_EQUAL(CUDA_ERROR_INVALID_CONTEXT, cuCtxDestroy(first));
}

TEST(a_reset_frees_all_and_the_next_retain_revives)
{
	CUcontext ctx;
	CUdeviceptr a;

	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&ctx, 0));
	OK(cuCtxSetCurrent(ctx));
	OK(cuMemAlloc(&a, 100));
	OK(cuDevicePrimaryCtxReset(0));
	CHECK_EQUAL(0, simcuda_live_bytes(0));
	CHECK_EQUAL(CUDA_ERROR_CONTEXT_IS_DESTROYED, cuMemAlloc(&a, 1));
	OK(cuDevicePrimaryCtxRetain(&ctx, 0));
	OK(cuMemAlloc(&a, 1));
}

TEST_WITH(contexts_take_what_is_set, "SIMCUDA_CONTEXT_BYTES=300M")
{
	CUcontext ctx = begin();

	CHECK_EQUAL(300 * MIB, simcuda_physical_bytes(0));
	CHECK_EQUAL(0, simcuda_live_bytes(0));
	OK(cuCtxSetLimit(CU_LIMIT_MALLOC_HEAP_SIZE, 108 * MIB));
	CHECK_EQUAL(400 * MIB, simcuda_physical_bytes(0));
	OK(cuCtxSetLimit(CU_LIMIT_MALLOC_HEAP_SIZE, 58 * MIB));
	CHECK_EQUAL(350 * MIB, simcuda_physical_bytes(0));
	OK(cuCtxDestroy(ctx));
	CHECK_EQUAL(0, simcuda_physical_bytes(0));
}

TEST_WITH(modules_take_what_is_set, "SIMCUDA_MODULE_BYTES=2M")
{
	CUmodule module;
	CUlibrary library;
	CUkernel kernel;
	CUfunction function;

	begin();
	OK(cuModuleLoadData(&module, ""));
	CHECK_EQUAL(2 * MIB, simcuda_kind_bytes(0, SIMCUDA_MODULE));
	OK(cuModuleUnload(module));
	OK(cuLibraryLoadData(&library, "", NULL, NULL, 0, NULL, NULL, 0));
	OK(cuLibraryGetKernel(&kernel, library, "k"));
	OK(cuKernelGetFunction(&function, kernel));
	CHECK_EQUAL(0, simcuda_kind_bytes(0, SIMCUDA_MODULE));
	OK(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL));
	CHECK_EQUAL(2 * MIB, simcuda_kind_bytes(0, SIMCUDA_MODULE));
	OK(cuLibraryUnload(library));
	CHECK_EQUAL(0, simcuda_physical_bytes(0));
}

TEST(a_child_of_an_initialised_process_gets_error_3)
{
	int status;
	pid_t child;

	begin();
	child = fork();
	if (child == 0) {
		CUdeviceptr a;

		_exit(cuMemAlloc(&a, 1) == CUDA_ERROR_NOT_INITIALIZED &&
					cuInit(0) == CUDA_ERROR_NOT_INITIALIZED
				? 0
				: 1);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK_EQUAL(0, status);
}

TEST_WITH(the_driver_can_enter_itself, "SIMCUDA_REENTER=1")
{
	CUdeviceptr a;

	begin();
	OK(cuMemAlloc(&a, 64));
	CHECK_EQUAL(64, simcuda_live_bytes(0));
	CHECK_EQUAL(1, simcuda_calls("cuMemAlloc_v2"));
	OK(cuMemFree(a));
}
