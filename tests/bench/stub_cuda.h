/*
 * stub_cuda.h - what the stub driver has beyond CUDA.
 */
#ifndef STUB_CUDA_H
#define STUB_CUDA_H

#include "cuda_protos.h"

/* Of the calling thread; without contexts, which would have to be made. */
void stub_use_device(int ordinal);

#endif
