/*
 * The driver API as the simulated CUDA offers it, written from the public ABI of CUDA 13.0, so that
 * programs build without a toolkit and run with either. As in the toolkit, plain names are macros for
 * the current ABI version; with __CUDA_API_VERSION_INTERNAL they stay what the library exports.
 */
#ifndef SIMABI_CUDA_H
#define SIMABI_CUDA_H

#define CUDA_VERSION 13000
#define CUDAAPI

#include "simabi/driver_code.h"
#include "simabi/driver_graph.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_FN(symbol, name, version, flags, parameters) CUresult CUDAAPI symbol parameters;
#include "simabi/driver.def"

#ifdef __cplusplus
}
#endif

#if defined(CUDA_API_PER_THREAD_DEFAULT_STREAM)
#define __CUDA_API_PTDS(api) api##_ptds
#define __CUDA_API_PTSZ(api) api##_ptsz
#else
#define __CUDA_API_PTDS(api) api
#define __CUDA_API_PTSZ(api) api
#endif

#ifndef __CUDA_API_VERSION_INTERNAL
#include "simabi/driver_names.h"
#endif

#endif
