/*
 * cudart_protos.h - prototypes of the runtime functions that the shim hooks as labels.
 */
#ifndef RAC_CUDART_PROTOS_H
#define RAC_CUDART_PROTOS_H

#include <stddef.h>

#ifndef RAC_CUDART_ABI_GIVEN
typedef enum cudaError {
	cudaSuccess = 0,
	cudaErrorMemoryAllocation = 2,
	cudaErrorSymbolNotFound = 500,
} cudaError_t;
#endif

cudaError_t cudaGetDevice(int *device);
cudaError_t cudaMalloc(void **devPtr, size_t size);
cudaError_t cudaMallocPitch(void **devPtr, size_t *pitch, size_t width, size_t height);
cudaError_t cudaMallocManaged(void **devPtr, size_t size, unsigned int flags);
cudaError_t cudaFree(void *devPtr);
cudaError_t cudaMallocHost(void **ptr, size_t size);
cudaError_t cudaHostAlloc(void **pHost, size_t size, unsigned int flags);
cudaError_t cudaFreeHost(void *ptr);

#endif
