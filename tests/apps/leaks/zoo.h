/*
 * What every program of the zoo needs: memory by the MiB, from a function that has a name of its own.
 */
#ifndef LEAKS_ZOO_H
#define LEAKS_ZOO_H

#include "../check.h"

#include <cuda_runtime.h>

#define MIB ((size_t)1 << 20)

static inline __attribute__((always_inline)) void *take(size_t mib)
{
	void *memory;

	OK(cudaMalloc(&memory, mib * MIB));
	return memory;
}

#endif
