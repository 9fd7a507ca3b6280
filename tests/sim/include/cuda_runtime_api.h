/*
 * The runtime API as the simulated CUDA offers it, written from the public ABI of CUDA 13.0, so that
 * programs build without a toolkit and run with either.
 */
#ifndef SIMABI_CUDA_RUNTIME_API_H
#define SIMABI_CUDA_RUNTIME_API_H

#define CUDART_VERSION 13000
#define CUDARTAPI

#include "simabi/runtime_shared.h"

struct cudaDeviceProp {
#define M(type, name, array) type name array;
#include "simabi/device_prop.def"
};

#ifdef __cplusplus
extern "C" {
#endif

#define RT_FN(name, parameters) cudaError_t CUDARTAPI name parameters;
#include "simabi/runtime.def"

const char *CUDARTAPI cudaGetErrorName(cudaError_t error);
const char *CUDARTAPI cudaGetErrorString(cudaError_t error);

#ifdef __cplusplus
}
#endif

#if defined(CUDA_API_PER_THREAD_DEFAULT_STREAM) && !defined(SIMABI_RUNTIME_INTERNAL)
#include "simabi/runtime_names.h"
#endif

#endif
