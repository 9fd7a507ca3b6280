/*
 * floor.c - the least that a tracking cap can cost: a preloaded library with wrappers of cuMemAlloc_v2
 * and cuMemFree_v2, a compare-and-swap on one counter a device, and one fixed open-addressing table
 * with compare-and-swap inserts. It reports nothing, never grows and knows nothing else. Built without
 * FLOOR_TABLE it is the bare pair of the cap.
 *
 * The table is floor_table.h's.
 */
#include "cuda_protos.h"
#ifdef FLOOR_TABLE
#include "floor_table.h"
#endif

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define EXPORT  __attribute__((visibility("default")))
#define DEVICES 4

static struct {
	_Alignas(64) _Atomic uint64_t charged;
	_Atomic uint64_t limit;
} devices[DEVICES];

static __typeof__(cuMemAlloc_v2) *real_alloc;
static __typeof__(cuMemFree_v2) *real_free;
static __typeof__(cuCtxGetDevice) *real_device;

static void __attribute__((constructor)) start(void)
{
	const char *limit = getenv("FLOOR_LIMIT");

	for (int i = 0; i < DEVICES; i++)
		devices[i].limit = limit != NULL ? strtoull(limit, NULL, 10) : UINT64_MAX;
	*(void **)&real_alloc = dlsym(RTLD_NEXT, "cuMemAlloc_v2");
	*(void **)&real_free = dlsym(RTLD_NEXT, "cuMemFree_v2");
	*(void **)&real_device = dlsym(RTLD_NEXT, "cuCtxGetDevice");
#ifdef FLOOR_TABLE
	/* FLOOR_LIVE in the environment: how many live allocations the table is made for. */
	const char *live = getenv("FLOOR_LIVE");

	floor_table_make(live != NULL ? strtoull(live, NULL, 10) : 0);
#endif
}

static bool reserve(CUdevice device, uint64_t bytes)
{
	_Atomic uint64_t *charged = &devices[device].charged;
	uint64_t limit = atomic_load_explicit(&devices[device].limit, memory_order_relaxed);
	uint64_t seen = atomic_load_explicit(charged, memory_order_relaxed);

	do
		if (bytes > limit - seen)
			return false;
	while (!atomic_compare_exchange_weak_explicit(
		charged, &seen, seen + bytes, memory_order_acquire, memory_order_relaxed));
	return true;
}

static void release(CUdevice device, uint64_t bytes)
{
	atomic_fetch_sub_explicit(&devices[device].charged, bytes, memory_order_release);
}

EXPORT CUresult cuMemAlloc_v2(CUdeviceptr *dptr, size_t bytesize)
{
	CUdevice device;

	real_device(&device);
	if (!reserve(device, bytesize))
		return CUDA_ERROR_OUT_OF_MEMORY;
	CUresult result = real_alloc(dptr, bytesize);

	if (result != CUDA_SUCCESS)
		release(device, bytesize);
#ifdef FLOOR_TABLE
	else
		floor_table_insert(*dptr, (uint64_t)device << 56 | bytesize);
#endif
	return result;
}

EXPORT CUresult cuMemFree_v2(CUdeviceptr dptr)
{
#ifdef FLOOR_TABLE
	uint64_t found = floor_table_erase(dptr);
	CUdevice device = (CUdevice)(found >> 56);
	uint64_t bytes = found << 8 >> 8;
#else
	/* Without a table nobody knows: the benchmark's own size. */
	CUdevice device;
	uint64_t bytes = 512;

	real_device(&device);
#endif
	CUresult result = real_free(dptr);

	release(device, bytes);
	return result;
}
