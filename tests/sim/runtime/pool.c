/* Stream-ordered allocation and pools. Enumerations and structures are the driver's under other names. */
#include "rt.h"

/* Defines both flavours of an allocation; the pointer is written only on success. */
#define ALLOCATES(name, suffix, parameters, function, arguments)       \
	cudaError_t name##suffix parameters                            \
	{                                                              \
		CUdeviceptr address = 0;                               \
		cudaError_t status = rt_ready();                       \
                                                                       \
		if (status == cudaSuccess && !pointer)                 \
			status = cudaErrorInvalidValue;                \
		if (status == cudaSuccess)                             \
			status = RT_CALL(function##suffix, arguments); \
		if (status == cudaSuccess)                             \
			*pointer = rt_pointer(address);                \
		return rt_note(status);                                \
	}

ALLOCATES(cudaMallocAsync, , (void **pointer, size_t bytes, cudaStream_t stream), cuMemAllocAsync,
	(&address, bytes, stream))
ALLOCATES(cudaMallocAsync, _ptsz, (void **pointer, size_t bytes, cudaStream_t stream),
	cuMemAllocAsync, (&address, bytes, stream))
ALLOCATES(cudaMallocFromPoolAsync, ,
	(void **pointer, size_t bytes, cudaMemPool_t pool, cudaStream_t stream),
	cuMemAllocFromPoolAsync, (&address, bytes, pool, stream))
ALLOCATES(cudaMallocFromPoolAsync, _ptsz,
	(void **pointer, size_t bytes, cudaMemPool_t pool, cudaStream_t stream),
	cuMemAllocFromPoolAsync, (&address, bytes, pool, stream))
RT_TWINS(cudaFreeAsync, _ptsz, (void *pointer, cudaStream_t stream), cuMemFreeAsync,
	(rt_address(pointer), stream))

_Static_assert(sizeof(struct cudaMemPoolProps) == sizeof(CUmemPoolProps), "the same layout");
_Static_assert(sizeof(struct cudaMemAccessDesc) == sizeof(CUmemAccessDesc), "the same layout");

cudaError_t cudaMemPoolCreate(cudaMemPool_t *pool, const struct cudaMemPoolProps *properties)
{
	RT_DIRECT(cuMemPoolCreate, (pool, (const CUmemPoolProps *)(const void *)properties));
}

cudaError_t cudaMemPoolDestroy(cudaMemPool_t pool)
{
	RT_DIRECT(cuMemPoolDestroy, (pool));
}

cudaError_t cudaMemPoolTrimTo(cudaMemPool_t pool, size_t keep)
{
	RT_DIRECT(cuMemPoolTrimTo, (pool, keep));
}

cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t pool, enum cudaMemPoolAttr attribute, void *value)
{
	RT_DIRECT(cuMemPoolSetAttribute, (pool, (CUmemPool_attribute)attribute, value));
}

cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t pool, enum cudaMemPoolAttr attribute, void *value)
{
	RT_DIRECT(cuMemPoolGetAttribute, (pool, (CUmemPool_attribute)attribute, value));
}

cudaError_t cudaMemPoolSetAccess(
	cudaMemPool_t pool, const struct cudaMemAccessDesc *access, size_t count)
{
	RT_DIRECT(cuMemPoolSetAccess, (pool, (const CUmemAccessDesc *)(const void *)access, count));
}

cudaError_t cudaMemPoolGetAccess(
	enum cudaMemAccessFlags *flags, cudaMemPool_t pool, struct cudaMemLocation *location)
{
	RT_DIRECT(cuMemPoolGetAccess,
		((CUmemAccess_flags *)(void *)flags, pool, (CUmemLocation *)(void *)location));
}

cudaError_t cudaMemPoolExportToShareableHandle(
	void *handle, cudaMemPool_t pool, enum cudaMemAllocationHandleType type, unsigned int flags)
{
	RT_DIRECT(cuMemPoolExportToShareableHandle,
		(handle, pool, (CUmemAllocationHandleType)type, flags));
}

cudaError_t cudaMemPoolImportFromShareableHandle(cudaMemPool_t *pool, void *handle,
	enum cudaMemAllocationHandleType type, unsigned int flags)
{
	RT_DIRECT(cuMemPoolImportFromShareableHandle,
		(pool, handle, (CUmemAllocationHandleType)type, flags));
}

cudaError_t cudaMemPoolExportPointer(struct cudaMemPoolPtrExportData *data, void *pointer)
{
	RT_DIRECT(cuMemPoolExportPointer,
		((CUmemPoolPtrExportData *)(void *)data, rt_address(pointer)));
}

cudaError_t cudaMemPoolImportPointer(
	void **pointer, cudaMemPool_t pool, struct cudaMemPoolPtrExportData *data)
{
	CUdeviceptr address = 0;
	cudaError_t status = rt_ready();

	if (status == cudaSuccess && !pointer)
		status = cudaErrorInvalidValue;
	if (status == cudaSuccess)
		status = RT_CALL(cuMemPoolImportPointer,
			(&address, pool, (CUmemPoolPtrExportData *)(void *)data));
	if (status == cudaSuccess)
		*pointer = rt_pointer(address);
	return rt_note(status);
}

cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t *pool, int device)
{
	RT_DIRECT(cuDeviceGetDefaultMemPool, (pool, device));
}

cudaError_t cudaDeviceGetMemPool(cudaMemPool_t *pool, int device)
{
	RT_DIRECT(cuDeviceGetMemPool, (pool, device));
}

cudaError_t cudaDeviceSetMemPool(int device, cudaMemPool_t pool)
{
	RT_DIRECT(cuDeviceSetMemPool, (device, pool));
}

cudaError_t cudaMemGetDefaultMemPool(
	cudaMemPool_t *pool, struct cudaMemLocation *location, enum cudaMemAllocationType type)
{
	RT_DIRECT(cuMemGetDefaultMemPool,
		(pool, (CUmemLocation *)(void *)location, (CUmemAllocationType)type));
}

cudaError_t cudaMemGetMemPool(
	cudaMemPool_t *pool, struct cudaMemLocation *location, enum cudaMemAllocationType type)
{
	RT_DIRECT(cuMemGetMemPool,
		(pool, (CUmemLocation *)(void *)location, (CUmemAllocationType)type));
}

cudaError_t cudaMemSetMemPool(
	struct cudaMemLocation *location, enum cudaMemAllocationType type, cudaMemPool_t pool)
{
	RT_DIRECT(cuMemSetMemPool,
		((CUmemLocation *)(void *)location, (CUmemAllocationType)type, pool));
}
