/* What C programs get from the runtime's main header; the C++ conveniences are not modelled. */
#ifndef SIMABI_CUDA_RUNTIME_H
#define SIMABI_CUDA_RUNTIME_H

#include "cuda_runtime_api.h"

#endif
