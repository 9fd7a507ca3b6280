/*
 * array_measure.h - what an array will take on the current device, known before it is made.
 */
#ifndef RAC_ARRAY_MEASURE_H
#define RAC_ARRAY_MEASURE_H

#include "cuda_abi.h"
#include "rac_status.h"

/*
 * levels: mip levels asked for; 0: an array without any. The driver is asked where it can say, once
 * per shape and device as long as the cache holds the answer; else the texels are counted, and
 * results are as in core's rac_array_bytes. Any thread, inside rac_enter; no lock.
 */
enum rac_status rac_array_measure(
	const CUDA_ARRAY3D_DESCRIPTOR *descriptor, unsigned int levels, uint64_t *bytes);

#endif
