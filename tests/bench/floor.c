/*
 * floor.c - the least that a tracking cap can cost: a preloaded library with wrappers of cuMemAlloc_v2
 * and cuMemFree_v2, a compare-and-swap on one counter a device, and one fixed open-addressing table
 * with compare-and-swap inserts. It reports nothing, never grows and knows nothing else. Built without
 * FLOOR_TABLE it is the bare pair of the cap.
 *
 * It must not be slow on purpose: linear probing over address and size side by side (mostly one line a
 * look), a hash of one multiplication, at most 60 % full, huge pages asked for. A freed place keeps a
 * mark that the next insert on its way takes; only what is there is ever looked for, so marks lengthen
 * no search.
 */
#include "cuda_protos.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define EXPORT  __attribute__((visibility("default")))
#define DEVICES 4
#define EMPTY   UINT64_C(0)
#define FREED   UINT64_C(1)

struct slot {
	_Atomic uint64_t address;
	uint64_t bytes;
};

static struct {
	_Alignas(64) _Atomic uint64_t charged;
	_Atomic uint64_t limit;
} devices[DEVICES];

static __typeof__(cuMemAlloc_v2) *real_alloc;
static __typeof__(cuMemFree_v2) *real_free;
static __typeof__(cuCtxGetDevice) *real_device;

#ifdef FLOOR_TABLE
static struct slot *slots;
static uint64_t mask;

/* FLOOR_LIVE in the environment: how many live allocations the table is made for. */
static void make_table(void)
{
	const char *text = getenv("FLOOR_LIVE");
	uint64_t live = text != NULL ? strtoull(text, NULL, 10) : 0, places = 1024;

	while (places * 6 / 10 < live + 64)
		places *= 2;
	slots = mmap(NULL, places * sizeof(*slots), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(slots, places * sizeof(*slots), MADV_HUGEPAGE);
	mask = places - 1;
}

static uint64_t home_of(uint64_t address)
{
	return (address * UINT64_C(0x9e3779b97f4a7c15)) >> 20 & mask;
}

static void insert(uint64_t address, uint64_t bytes)
{
	for (uint64_t i = home_of(address);; i = (i + 1) & mask) {
		uint64_t seen = atomic_load_explicit(&slots[i].address, memory_order_relaxed);

		/* Bit 63 keeps others off until the size is there. */
		if (seen > FREED ||
			!atomic_compare_exchange_strong_explicit(&slots[i].address, &seen,
				UINT64_C(1) << 63, memory_order_acquire, memory_order_relaxed))
			continue;
		slots[i].bytes = bytes;
		atomic_store_explicit(&slots[i].address, address, memory_order_release);
		return;
	}
}

static uint64_t erase(uint64_t address)
{
	for (uint64_t i = home_of(address);; i = (i + 1) & mask) {
		uint64_t seen = atomic_load_explicit(&slots[i].address, memory_order_acquire);

		if (seen == EMPTY)
			return 0;
		if (seen != address)
			continue;
		uint64_t bytes = slots[i].bytes;

		atomic_store_explicit(&slots[i].address, FREED, memory_order_release);
		return bytes;
	}
}
#endif

static void __attribute__((constructor)) start(void)
{
	const char *limit = getenv("FLOOR_LIMIT");

	for (int i = 0; i < DEVICES; i++)
		devices[i].limit = limit != NULL ? strtoull(limit, NULL, 10) : UINT64_MAX;
	*(void **)&real_alloc = dlsym(RTLD_NEXT, "cuMemAlloc_v2");
	*(void **)&real_free = dlsym(RTLD_NEXT, "cuMemFree_v2");
	*(void **)&real_device = dlsym(RTLD_NEXT, "cuCtxGetDevice");
#ifdef FLOOR_TABLE
	make_table();
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
		insert(*dptr, (uint64_t)device << 56 | bytesize);
#endif
	return result;
}

EXPORT CUresult cuMemFree_v2(CUdeviceptr dptr)
{
#ifdef FLOOR_TABLE
	uint64_t found = erase(dptr);
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
