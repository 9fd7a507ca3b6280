/*
 * Devices and versions as the runtime reports them, the words for errors, and finding driver functions.
 */
#include "rt.h"

#include <string.h>

cudaError_t cudaRuntimeGetVersion(int *version)
{
	if (!version)
		return rt_note(cudaErrorInvalidValue);
	*version = CUDART_VERSION;
	return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int *version)
{
	cudaError_t status = rt_start();

	if (!version)
		return rt_note(cudaErrorInvalidValue);
	if (!rt.cuDriverGetVersion) {
		*version = 0;
		return rt_note(status);
	}
	return rt_note(rt_map(rt.cuDriverGetVersion(version)));
}

cudaError_t cudaGetDeviceCount(int *count)
{
	cudaError_t status = rt_start();

	if (!count)
		return rt_note(cudaErrorInvalidValue);
	*count = rt_device_count();
	return rt_note(status);
}

static bool known(int device)
{
	return device >= 0 && device < rt_device_count();
}

cudaError_t cudaInitDevice(int device, unsigned int device_flags, unsigned int flags)
{
	CUcontext ctx;
	cudaError_t status = rt_start();

	if (status == cudaSuccess && !known(device))
		status = cudaErrorInvalidDevice;
	if (status == cudaSuccess && (flags & 1))
		status = RT_CALL(cuDevicePrimaryCtxSetFlags_v2, (device, device_flags));
	if (status == cudaSuccess)
		status = RT_CALL(cuDevicePrimaryCtxRetain, (&ctx, device));
	return rt_note(status);
}

cudaError_t cudaSetDeviceFlags(unsigned int flags)
{
	cudaError_t status = rt_start();

	if (status == cudaSuccess)
		status = RT_CALL(cuDevicePrimaryCtxSetFlags_v2, (rt_device(), flags));
	return rt_note(status);
}

cudaError_t cudaGetDeviceFlags(unsigned int *flags)
{
	cudaError_t status = rt_start();
	int active;

	if (status == cudaSuccess)
		status = RT_CALL(cuDevicePrimaryCtxGetState, (rt_device(), flags, &active));
	return rt_note(status);
}

static int attribute(int device, CUdevice_attribute which)
{
	int value = 0;

	rt.cuDeviceGetAttribute(&value, which, device);
	return value;
}

static void describe(struct cudaDeviceProp *p, int device)
{
	memset(p, 0, sizeof(*p));
	rt.cuDeviceGetName(p->name, sizeof(p->name), device);
	rt.cuDeviceGetUuid(&p->uuid, device);
	p->totalGlobalMem = rt_total_memory(device);
#define COPY(member, which) \
	p->member = (__typeof__(p->member))attribute(device, CU_DEVICE_ATTRIBUTE_##which)
	COPY(sharedMemPerBlock, MAX_SHARED_MEMORY_PER_BLOCK);
	COPY(regsPerBlock, MAX_REGISTERS_PER_BLOCK);
	COPY(warpSize, WARP_SIZE);
	COPY(memPitch, MAX_PITCH);
	COPY(maxThreadsPerBlock, MAX_THREADS_PER_BLOCK);
	COPY(maxThreadsDim[0], MAX_BLOCK_DIM_X);
	COPY(maxThreadsDim[1], MAX_BLOCK_DIM_Y);
	COPY(maxThreadsDim[2], MAX_BLOCK_DIM_Z);
	COPY(maxGridSize[0], MAX_GRID_DIM_X);
	COPY(maxGridSize[1], MAX_GRID_DIM_Y);
	COPY(maxGridSize[2], MAX_GRID_DIM_Z);
	COPY(totalConstMem, TOTAL_CONSTANT_MEMORY);
	COPY(major, COMPUTE_CAPABILITY_MAJOR);
	COPY(minor, COMPUTE_CAPABILITY_MINOR);
	COPY(textureAlignment, TEXTURE_ALIGNMENT);
	COPY(texturePitchAlignment, TEXTURE_PITCH_ALIGNMENT);
	COPY(multiProcessorCount, MULTIPROCESSOR_COUNT);
	COPY(canMapHostMemory, CAN_MAP_HOST_MEMORY);
	COPY(surfaceAlignment, SURFACE_ALIGNMENT);
	COPY(concurrentKernels, CONCURRENT_KERNELS);
	COPY(pciBusID, PCI_BUS_ID);
	COPY(asyncEngineCount, ASYNC_ENGINE_COUNT);
	COPY(unifiedAddressing, UNIFIED_ADDRESSING);
	COPY(memoryBusWidth, GLOBAL_MEMORY_BUS_WIDTH);
	COPY(l2CacheSize, L2_CACHE_SIZE);
	COPY(maxThreadsPerMultiProcessor, MAX_THREADS_PER_MULTIPROCESSOR);
	COPY(streamPrioritiesSupported, STREAM_PRIORITIES_SUPPORTED);
	COPY(sharedMemPerMultiprocessor, MAX_SHARED_MEMORY_PER_MULTIPROCESSOR);
	COPY(regsPerMultiprocessor, MAX_REGISTERS_PER_MULTIPROCESSOR);
	COPY(managedMemory, MANAGED_MEMORY);
	COPY(concurrentManagedAccess, CONCURRENT_MANAGED_ACCESS);
	COPY(cooperativeLaunch, COOPERATIVE_LAUNCH);
	COPY(hostRegisterSupported, HOST_REGISTER_SUPPORTED);
	COPY(sparseCudaArraySupported, SPARSE_CUDA_ARRAY_SUPPORTED);
	COPY(memoryPoolsSupported, MEMORY_POOLS_SUPPORTED);
	COPY(memoryPoolSupportedHandleTypes, MEMPOOL_SUPPORTED_HANDLE_TYPES);
	COPY(deferredMappingCudaArraySupported, DEFERRED_MAPPING_CUDA_ARRAY_SUPPORTED);
	COPY(ipcEventSupported, IPC_EVENT_SUPPORTED);
#undef COPY
}

cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *properties, int device)
{
	cudaError_t status = rt_start();

	if (status != cudaSuccess)
		return rt_note(status);
	if (!properties)
		return rt_note(cudaErrorInvalidValue);
	if (!known(device))
		return rt_note(cudaErrorInvalidDevice);
	describe(properties, device);
	return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int *value, enum cudaDeviceAttr which, int device)
{
	cudaError_t status = rt_start();

	if (status == cudaSuccess)
		status = RT_CALL(cuDeviceGetAttribute, (value, (CUdevice_attribute)which, device));
	return rt_note(status);
}

cudaError_t cudaDeviceGetPCIBusId(char *id, int size, int device)
{
	cudaError_t status = rt_start();

	if (status == cudaSuccess)
		status = RT_CALL(cuDeviceGetPCIBusId, (id, size, device));
	return rt_note(status);
}

cudaError_t cudaDeviceCanAccessPeer(int *can, int device, int peer)
{
	cudaError_t status = rt_start();

	if (status == cudaSuccess)
		status = RT_CALL(cuDeviceCanAccessPeer, (can, device, peer));
	return rt_note(status);
}

cudaError_t cudaDeviceSynchronize(void)
{
	RT_DIRECT(cuCtxSynchronize, ());
}

cudaError_t cudaDeviceSetLimit(enum cudaLimit limit, size_t value)
{
	RT_DIRECT(cuCtxSetLimit, ((CUlimit)limit, value));
}

cudaError_t cudaDeviceGetLimit(size_t *value, enum cudaLimit limit)
{
	RT_DIRECT(cuCtxGetLimit, (value, (CUlimit)limit));
}

/* That a function is not there is an answer, not an error. */
static cudaError_t entry_point(const char *symbol, void **function, int version,
	unsigned long long flags, bool per_thread, enum cudaDriverEntryPointQueryResult *status)
{
	cudaError_t error = rt_start();
	CUdriverProcAddressQueryResult found = CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND;
	CUresult result;

	if (error != cudaSuccess)
		return rt_note(error);
	if (!symbol || !function || flags > cudaEnablePerThreadDefaultStream)
		return rt_note(cudaErrorInvalidValue);
	if (flags == cudaEnableDefault && per_thread)
		flags = cudaEnablePerThreadDefaultStream;
	result = rt_proc_address(symbol, function, version, flags, &found);
	if (status)
		*status = (enum cudaDriverEntryPointQueryResult)found;
	if (result == CUDA_ERROR_NOT_FOUND) {
		*function = NULL;
		return cudaSuccess;
	}
	return rt_note(rt_map(result));
}

cudaError_t cudaGetDriverEntryPoint(const char *symbol, void **function, unsigned long long flags,
	enum cudaDriverEntryPointQueryResult *status)
{
	return entry_point(symbol, function, CUDART_VERSION, flags, false, status);
}

cudaError_t cudaGetDriverEntryPoint_ptsz(const char *symbol, void **function,
	unsigned long long flags, enum cudaDriverEntryPointQueryResult *status)
{
	return entry_point(symbol, function, CUDART_VERSION, flags, true, status);
}

cudaError_t cudaGetDriverEntryPointByVersion(const char *symbol, void **function,
	unsigned int version, unsigned long long flags,
	enum cudaDriverEntryPointQueryResult *status)
{
	return entry_point(symbol, function, (int)version, flags, false, status);
}

cudaError_t cudaGetDriverEntryPointByVersion_ptsz(const char *symbol, void **function,
	unsigned int version, unsigned long long flags,
	enum cudaDriverEntryPointQueryResult *status)
{
	return entry_point(symbol, function, (int)version, flags, true, status);
}

const char *cudaGetErrorName(cudaError_t error)
{
	switch (error) {
#define X(name, value)   \
	case cuda##name: \
		return "cuda" #name;
#include "simabi/runtime_errors.def"
	default:
		return "unrecognized error code";
	}
}

const char *cudaGetErrorString(cudaError_t error)
{
	switch ((int)error) {
	case cudaErrorInsufficientDriver:
		return "CUDA driver version is insufficient for CUDA runtime version";
#define X(name, value, words) \
	case value:           \
		return words;
#include "simabi/errors.def"
	default:
		return "unrecognized error code";
	}
}
