/*
 * stream.h - which device a stream belongs to.
 */
#ifndef RAC_STREAM_H
#define RAC_STREAM_H

#include "cuda_abi.h"
#include <stdbool.h>

/* False: the driver does not say. */
bool rac_stream_device(CUstream stream, CUdevice *device);

#endif
