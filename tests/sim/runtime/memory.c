/*
 * Linear, pitched, managed and host memory. Sizes of zero never reach the driver, a free of NULL does.
 */
#include "rt.h"

#include <string.h>

/* Pitched memory is asked for in elements of this many bytes, whatever it will hold. */
#define ELEMENT 4

/* Outputs are written only on success. */
static cudaError_t keep(cudaError_t status, const CUdeviceptr *address, void **pointer)
{
	if (status == cudaSuccess)
		*pointer = rt_pointer(*address);
	return rt_note(status);
}

cudaError_t cudaMalloc(void **pointer, size_t bytes)
{
	CUdeviceptr address = 0;
	cudaError_t status = rt_ready();

	if (status != cudaSuccess)
		return rt_note(status);
	if (!pointer)
		return rt_note(cudaErrorInvalidValue);
	if (!bytes) {
		*pointer = NULL;
		return cudaSuccess;
	}
	return keep(RT_CALL(cuMemAlloc_v2, (&address, bytes)), &address, pointer);
}

cudaError_t cudaMallocPitch(void **pointer, size_t *pitch, size_t width, size_t height)
{
	CUdeviceptr address = 0;
	cudaError_t status = rt_ready();

	if (status != cudaSuccess)
		return rt_note(status);
	if (!pointer || !pitch)
		return rt_note(cudaErrorInvalidValue);
	if (!width || !height) {
		*pointer = NULL;
		*pitch = 0;
		return cudaSuccess;
	}
	return keep(RT_CALL(cuMemAllocPitch_v2, (&address, pitch, width, height, ELEMENT)),
		&address, pointer);
}

cudaError_t cudaMalloc3D(struct cudaPitchedPtr *pitched, struct cudaExtent extent)
{
	CUdeviceptr address = 0;
	size_t rows, pitch;
	cudaError_t status = rt_ready();

	if (status != cudaSuccess)
		return rt_note(status);
	if (!pitched)
		return rt_note(cudaErrorInvalidValue);
	if (!extent.width || !extent.height || !extent.depth) {
		*pitched = (struct cudaPitchedPtr){NULL, 0, extent.width, extent.height};
		return cudaSuccess;
	}
	if (__builtin_mul_overflow(extent.height, extent.depth, &rows))
		return rt_note(cudaErrorMemoryAllocation);
	status = RT_CALL(cuMemAllocPitch_v2, (&address, &pitch, extent.width, rows, ELEMENT));
	if (status == cudaSuccess)
		*pitched = (struct cudaPitchedPtr){
			rt_pointer(address), pitch, extent.width, extent.height};
	return rt_note(status);
}

cudaError_t cudaMallocManaged(void **pointer, size_t bytes, unsigned int flags)
{
	CUdeviceptr address = 0;
	cudaError_t status = rt_ready();

	if (status != cudaSuccess)
		return rt_note(status);
	if (!pointer)
		return rt_note(cudaErrorInvalidValue);
	return keep(RT_CALL(cuMemAllocManaged, (&address, bytes, flags)), &address, pointer);
}

cudaError_t cudaFree(void *pointer)
{
	RT_DIRECT(cuMemFree_v2, (rt_address(pointer)));
}

static cudaError_t host_alloc(void **pointer, size_t bytes, unsigned int flags)
{
	void *memory = NULL;
	cudaError_t status = rt_ready();

	if (status != cudaSuccess)
		return rt_note(status);
	if (!pointer)
		return rt_note(cudaErrorInvalidValue);
	if (!bytes) {
		*pointer = NULL;
		return cudaSuccess;
	}
	status = RT_CALL(cuMemHostAlloc, (&memory, bytes, flags));
	if (status == cudaSuccess)
		*pointer = memory;
	return rt_note(status);
}

cudaError_t cudaMallocHost(void **pointer, size_t bytes)
{
	return host_alloc(pointer, bytes, 0);
}

cudaError_t cudaHostAlloc(void **pointer, size_t bytes, unsigned int flags)
{
	return host_alloc(pointer, bytes, flags);
}

cudaError_t cudaFreeHost(void *pointer)
{
	if (!pointer)
		return rt_note(rt_ready());
	RT_DIRECT(cuMemFreeHost, (pointer));
}

cudaError_t cudaHostRegister(void *pointer, size_t bytes, unsigned int flags)
{
	RT_DIRECT(cuMemHostRegister_v2, (pointer, bytes, flags));
}

cudaError_t cudaHostUnregister(void *pointer)
{
	RT_DIRECT(cuMemHostUnregister, (pointer));
}

cudaError_t cudaHostGetDevicePointer(void **device, void *host, unsigned int flags)
{
	CUdeviceptr address = 0;
	cudaError_t status = rt_ready();

	if (status != cudaSuccess)
		return rt_note(status);
	if (!device)
		return rt_note(cudaErrorInvalidValue);
	return keep(
		RT_CALL(cuMemHostGetDevicePointer_v2, (&address, host, flags)), &address, device);
}

cudaError_t cudaMemGetInfo(size_t *left, size_t *total)
{
	RT_DIRECT(cuMemGetInfo_v2, (left, total));
}

cudaError_t cudaPointerGetAttributes(struct cudaPointerAttributes *attributes, const void *pointer)
{
	CUpointer_attribute which[] = {CU_POINTER_ATTRIBUTE_MEMORY_TYPE,
		CU_POINTER_ATTRIBUTE_IS_MANAGED, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL,
		CU_POINTER_ATTRIBUTE_DEVICE_POINTER, CU_POINTER_ATTRIBUTE_HOST_POINTER};
	unsigned int type = 0;
	int managed = 0, device = 0;
	CUdeviceptr on_device = 0;
	void *on_host = NULL, *data[] = {&type, &managed, &device, &on_device, &on_host};
	cudaError_t status = rt_ready();

	if (status == cudaSuccess && !attributes)
		status = cudaErrorInvalidValue;
	if (status == cudaSuccess)
		status = RT_CALL(cuPointerGetAttributes, (5, which, data, rt_address(pointer)));
	if (status != cudaSuccess)
		return rt_note(status);
	memset(attributes, 0, sizeof(*attributes));
	attributes->type = managed             ? cudaMemoryTypeManaged
		: type == CU_MEMORYTYPE_DEVICE ? cudaMemoryTypeDevice
		: type == CU_MEMORYTYPE_HOST   ? cudaMemoryTypeHost
					       : cudaMemoryTypeUnregistered;
	attributes->device = type ? device : cudaInvalidDeviceId;
	attributes->devicePointer = rt_pointer(on_device);
	attributes->hostPointer = type ? on_host : rt_pointer(rt_address(pointer));
	return cudaSuccess;
}

static CUmemLocation location_of(struct cudaMemLocation location)
{
	return (CUmemLocation){(CUmemLocationType)location.type, location.id};
}

cudaError_t cudaMemAdvise(const void *pointer, size_t bytes, enum cudaMemoryAdvise advice,
	struct cudaMemLocation location)
{
	RT_DIRECT(cuMemAdvise_v2,
		(rt_address(pointer), bytes, (CUmem_advise)advice, location_of(location)));
}

RT_TWINS(cudaMemPrefetchAsync, _ptsz,
	(const void *pointer, size_t bytes, struct cudaMemLocation location, unsigned int flags,
		cudaStream_t stream),
	cuMemPrefetchAsync_v2, (rt_address(pointer), bytes, location_of(location), flags, stream))
