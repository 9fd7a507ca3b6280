/*
 * stream.h - which device a stream belongs to.
 */
#ifndef RAC_STREAM_H
#define RAC_STREAM_H

#include "cuda_abi.h"

/* Otherwise what the driver says instead. */
CUresult rac_stream_device(CUstream stream, CUdevice *device);

#endif
