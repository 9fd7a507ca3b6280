/*
 * wrap_runtime_kinds.c - wrappers of the runtime's functions for arrays, pools and registered host memory:
 * labels alone. How much these take only the driver's own calls tell, so where they cannot be seen it is
 * not counted.
 */
#include "label.h"

#define LABELLED(symbol, parameters, arguments)                               \
	RAC_RUNTIME_WRAPPER(symbol, parameters, arguments)                    \
	{                                                                     \
		struct rac_label l;                                           \
                                                                              \
		rac_label_enter(&l, RAC_HOOK_##symbol, origin);               \
		cudaError_t result = l.runtime->symbol(RAC_UNPACK arguments); \
                                                                              \
		rac_label_leave(&l);                                          \
		return result;                                                \
	}

LABELLED(cudaMallocArray,
	(cudaArray_t * array, const struct cudaChannelFormatDesc *desc, size_t width, size_t height,
		unsigned int flags),
	(array, desc, width, height, flags))
LABELLED(cudaMalloc3DArray,
	(cudaArray_t * array, const struct cudaChannelFormatDesc *desc, struct cudaExtent extent,
		unsigned int flags),
	(array, desc, extent, flags))
LABELLED(cudaMallocMipmappedArray,
	(cudaMipmappedArray_t * mipmappedArray, const struct cudaChannelFormatDesc *desc,
		struct cudaExtent extent, unsigned int numLevels, unsigned int flags),
	(mipmappedArray, desc, extent, numLevels, flags))
LABELLED(cudaFreeArray, (cudaArray_t array), (array))
LABELLED(cudaFreeMipmappedArray, (cudaMipmappedArray_t mipmappedArray), (mipmappedArray))

LABELLED(cudaMallocAsync, (void **devPtr, size_t size, cudaStream_t hStream),
	(devPtr, size, hStream))
LABELLED(cudaMallocAsync_ptsz, (void **devPtr, size_t size, cudaStream_t hStream),
	(devPtr, size, hStream))
LABELLED(cudaMallocFromPoolAsync,
	(void **ptr, size_t size, cudaMemPool_t memPool, cudaStream_t stream),
	(ptr, size, memPool, stream))
LABELLED(cudaMallocFromPoolAsync_ptsz,
	(void **ptr, size_t size, cudaMemPool_t memPool, cudaStream_t stream),
	(ptr, size, memPool, stream))
LABELLED(cudaFreeAsync, (void *devPtr, cudaStream_t hStream), (devPtr, hStream))
LABELLED(cudaFreeAsync_ptsz, (void *devPtr, cudaStream_t hStream), (devPtr, hStream))

LABELLED(cudaHostRegister, (void *ptr, size_t size, unsigned int flags), (ptr, size, flags))
LABELLED(cudaHostUnregister, (void *ptr), (ptr))
