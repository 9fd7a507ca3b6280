/*
 * Shared parts of the simulated runtime: the table of driver functions, filled at the first call, and
 * the state of a thread. The runtime holds no memory and counts nothing; each function ends in the
 * driver function that NVIDIA's ends in.
 */
#ifndef RT_H
#define RT_H

#define __CUDA_API_VERSION_INTERNAL
#define SIMABI_RUNTIME_INTERNAL
#pragma GCC visibility push(default)
#include <cuda_runtime.h>
#pragma GCC visibility pop
/* Only the types and prototypes: the runtime is not linked with the driver. */
#include <cuda.h>

#include <stdbool.h>

#define RT_DEVICES 16

struct rt_driver {
#define NEED(symbol, name, version, flags) __typeof__(symbol) *symbol;
#include "needs.def"
};

extern struct rt_driver rt;

/* Loads and initialises the driver once; every later call returns the same. */
cudaError_t rt_start(void);
/* As above, and makes the thread's device current unless the program chose a context. */
cudaError_t rt_ready(void);
/* Finds libcuda.so.1 and fills rt (load.c). */
cudaError_t rt_load(void);
CUresult rt_proc_address(const char *symbol, void **function, int version, cuuint64_t flags,
	CUdriverProcAddressQueryResult *status);
/* Remembers an error for cudaGetLastError and returns it. */
cudaError_t rt_note(cudaError_t error);

int rt_device_count(void);
int rt_device(void);
size_t rt_total_memory(int device);

static inline cudaError_t rt_map(CUresult result)
{
	return (cudaError_t)result;
}

/* Calls a driver function, which an older runtime may not know. */
#define RT_CALL(function, arguments) \
	(rt.function ? rt_map(rt.function arguments) : cudaErrorNotSupported)

/* The usual body: a ready thread, then one driver call. */
#define RT_DIRECT(function, arguments)                            \
	do {                                                      \
		cudaError_t rt_status = rt_ready();               \
		if (rt_status == cudaSuccess)                     \
			rt_status = RT_CALL(function, arguments); \
		return rt_note(rt_status);                        \
	} while (0)

/* Defines both flavours of a function that takes a stream; they end in both flavours of the driver's. */
#define RT_TWINS(name, suffix, parameters, function, arguments) \
	cudaError_t name parameters                             \
	{                                                       \
		RT_DIRECT(function, arguments);                 \
	}                                                       \
	cudaError_t name##suffix parameters                     \
	{                                                       \
		RT_DIRECT(function##suffix, arguments);         \
	}

static inline CUdeviceptr rt_address(const void *pointer)
{
	return (CUdeviceptr)(uintptr_t)pointer;
}

static inline void *rt_pointer(CUdeviceptr address)
{
	return (void *)(uintptr_t)address;
}

#endif
