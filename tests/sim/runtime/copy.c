/*
 * Copies and fills, dispatched by direction to the driver's functions.
 */
#include "rt.h"

#include <string.h>

/* Both flavours of each are defined from one body; `suffix` may be empty. */
#define COPIES(name, suffix)                                                                    \
	cudaError_t cudaMemcpy##name(                                                           \
		void *target, const void *source, size_t bytes, enum cudaMemcpyKind kind)       \
	{                                                                                       \
		cudaError_t status = rt_ready();                                                \
                                                                                                \
		if (status != cudaSuccess)                                                      \
			return rt_note(status);                                                 \
		switch (kind) {                                                                 \
		case cudaMemcpyHostToHost:                                                      \
			memmove(target, source, bytes);                                         \
			return cudaSuccess;                                                     \
		case cudaMemcpyHostToDevice:                                                    \
			return rt_note(RT_CALL(                                                 \
				cuMemcpyHtoD_v2##suffix, (rt_address(target), source, bytes))); \
		case cudaMemcpyDeviceToHost:                                                    \
			return rt_note(RT_CALL(                                                 \
				cuMemcpyDtoH_v2##suffix, (target, rt_address(source), bytes))); \
		case cudaMemcpyDeviceToDevice:                                                  \
			return rt_note(RT_CALL(cuMemcpyDtoD_v2##suffix,                         \
				(rt_address(target), rt_address(source), bytes)));              \
		case cudaMemcpyDefault:                                                         \
			return rt_note(RT_CALL(cuMemcpy##suffix,                                \
				(rt_address(target), rt_address(source), bytes)));              \
		default:                                                                        \
			return rt_note(cudaErrorInvalidMemcpyDirection);                        \
		}                                                                               \
	}

COPIES(, )
COPIES(_ptds, _ptds)
#undef COPIES

#define COPIES_ASYNC(name, suffix)                                                         \
	cudaError_t cudaMemcpyAsync##name(void *target, const void *source, size_t bytes,  \
		enum cudaMemcpyKind kind, cudaStream_t stream)                             \
	{                                                                                  \
		cudaError_t status = rt_ready();                                           \
                                                                                           \
		if (status != cudaSuccess)                                                 \
			return rt_note(status);                                            \
		switch (kind) {                                                            \
		case cudaMemcpyHostToDevice:                                               \
			return rt_note(RT_CALL(cuMemcpyHtoDAsync_v2##suffix,               \
				(rt_address(target), source, bytes, stream)));             \
		case cudaMemcpyDeviceToHost:                                               \
			return rt_note(RT_CALL(cuMemcpyDtoHAsync_v2##suffix,               \
				(target, rt_address(source), bytes, stream)));             \
		case cudaMemcpyDeviceToDevice:                                             \
			return rt_note(RT_CALL(cuMemcpyDtoDAsync_v2##suffix,               \
				(rt_address(target), rt_address(source), bytes, stream))); \
		case cudaMemcpyHostToHost:                                                 \
		case cudaMemcpyDefault:                                                    \
			return rt_note(RT_CALL(cuMemcpyAsync##suffix,                      \
				(rt_address(target), rt_address(source), bytes, stream))); \
		default:                                                                   \
			return rt_note(cudaErrorInvalidMemcpyDirection);                   \
		}                                                                          \
	}

COPIES_ASYNC(, )
COPIES_ASYNC(_ptsz, _ptsz)
#undef COPIES_ASYNC

cudaError_t cudaMemcpyPeer(
	void *target, int target_device, const void *source, int source_device, size_t bytes)
{
	(void)target_device;
	(void)source_device;
	RT_DIRECT(cuMemcpy, (rt_address(target), rt_address(source), bytes));
}

static CUDA_MEMCPY2D flat(void *target, size_t target_pitch, const void *source,
	size_t source_pitch, size_t width, size_t height)
{
	/* Unified addresses: the driver sees by itself what is host and what is device. */
	return (CUDA_MEMCPY2D){.srcMemoryType = CU_MEMORYTYPE_UNIFIED,
		.srcDevice = rt_address(source),
		.srcPitch = source_pitch,
		.dstMemoryType = CU_MEMORYTYPE_UNIFIED,
		.dstDevice = rt_address(target),
		.dstPitch = target_pitch,
		.WidthInBytes = width,
		.Height = height};
}

#define COPIES_2D(name, suffix)                                                               \
	cudaError_t cudaMemcpy2D##name(void *target, size_t target_pitch, const void *source, \
		size_t source_pitch, size_t width, size_t height, enum cudaMemcpyKind kind)   \
	{                                                                                     \
		CUDA_MEMCPY2D copy =                                                          \
			flat(target, target_pitch, source, source_pitch, width, height);      \
                                                                                              \
		(void)kind;                                                                   \
		if (target_pitch < width || source_pitch < width)                             \
			return rt_note(cudaErrorInvalidPitchValue);                           \
		RT_DIRECT(cuMemcpy2DUnaligned_v2##suffix, (&copy));                           \
	}

COPIES_2D(, )
COPIES_2D(_ptds, _ptds)
#undef COPIES_2D

#define FILLS(name, suffix)                                                                        \
	cudaError_t cudaMemset##name(void *target, int value, size_t bytes)                        \
	{                                                                                          \
		RT_DIRECT(                                                                         \
			cuMemsetD8_v2##suffix, (rt_address(target), (unsigned char)value, bytes)); \
	}                                                                                          \
	cudaError_t cudaMemset2D##name(                                                            \
		void *target, size_t pitch, int value, size_t width, size_t height)                \
	{                                                                                          \
		RT_DIRECT(cuMemsetD2D8_v2##suffix,                                                 \
			(rt_address(target), pitch, (unsigned char)value, width, height));         \
	}

FILLS(, )
FILLS(_ptds, _ptds)
#undef FILLS

RT_TWINS(cudaMemsetAsync, _ptsz, (void *target, int value, size_t bytes, cudaStream_t stream),
	cuMemsetD8Async, (rt_address(target), (unsigned char)value, bytes, stream))
