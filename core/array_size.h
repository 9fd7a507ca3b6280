/*
 * array_size.h - how many bytes the texels of a CUDA array take, from its descriptor alone; what a
 * driver adds for alignment is not known here.
 *
 * Pure functions; any thread.
 */
#ifndef RAC_ARRAY_SIZE_H
#define RAC_ARRAY_SIZE_H

#include "rac_status.h"
#include <stdbool.h>
#include <stdint.h>

/* Flags of a descriptor that decide about its size, with CUDA's values (cuda.h, CUDA_ARRAY3D_*). */
#define RAC_ARRAY_LAYERED  0x01u
#define RAC_ARRAY_CUBEMAP  0x04u
#define RAC_ARRAY_SPARSE   0x40u
#define RAC_ARRAY_DEFERRED 0x80u

struct rac_array_shape {
	uint64_t width, height; /* texels; a height of 0: one row */
	uint64_t depth;         /* slices, or layers where a flag says so; 0: one */
	uint32_t format;        /* CUarray_format */
	uint32_t channels;      /* counts for formats that do not fix it themselves */
	uint32_t flags;
	uint32_t levels; /* mip levels asked for; 0: an array without any */
};

/*
 * Sparse and deferred arrays take nothing: their memory is created apart and mapped. Of mip levels
 * there are at most 1 + floor(log2 of the longest extent) (cuMipmappedArrayCreate), and each halves
 * the extents, but none below 1. A depth that counts layers is no extent in this.
 *
 * RAC_OK: *bytes is the size. RAC_UNKNOWN: the format is none of CUDA 13.0's; *bytes is what the
 * widest of these would take. RAC_INVALID: there is no such array, its width or a number of channels
 * that counts is 0. RAC_OVERFLOW: more than 64 bits hold. After the last two *bytes is as before.
 */
enum rac_status rac_array_bytes(const struct rac_array_shape *shape, uint64_t *bytes);

#endif
