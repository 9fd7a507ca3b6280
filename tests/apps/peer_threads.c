/*
 * Threads that give memory back of which others at once get the same addresses and handles, and threads that
 * all free at the same time. Usage: peer_threads reuse OPERATIONS | peer_threads stall NANOSECONDS
 */
#include "check.h"

#include "../sim/simcuda.h"

#include <cuda.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#define THREADS 8
#define KINDS   4
#define PLACES  6 /* of each kind: few, so that what one gives back another soon has */
#define ROUNDS  5

static CUcontext context;
static CUmemoryPool pool;
static long operations;
static _Atomic uint64_t places[KINDS][PLACES];

/* Of several sizes, so that one entry taken for another shows. */
static uint64_t take(int kind, size_t bytes)
{
	CUmemAllocationProp prop = {.type = CU_MEM_ALLOCATION_TYPE_PINNED,
		.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0}};
	CUDA_ARRAY_DESCRIPTOR shape = {bytes / 64, 16, CU_AD_FORMAT_FLOAT, 1};
	CUmemGenericAllocationHandle object;
	CUdeviceptr memory;
	CUarray array;

	switch (kind) {
	case 0:
		OK(cuMemAlloc(&memory, bytes));
		return memory;
	case 1:
		OK(cuMemAllocFromPoolAsync(&memory, bytes, pool, NULL));
		return memory;
	case 2:
		OK(cuMemCreate(&object, bytes << 9, &prop, 0));
		return object;
	default:
		OK(cuArrayCreate(&array, &shape));
		return (uintptr_t)array;
	}
}

static void give(int kind, uint64_t value)
{
	if (value == 0)
		return;
	if (kind == 0)
		OK(cuMemFree(value));
	else if (kind == 1)
		OK(cuMemFreeAsync(value, NULL));
	else if (kind == 2)
		OK(cuMemRelease(value));
	else
		OK(cuArrayDestroy((CUarray)(uintptr_t)value));
}

/* What lies in a place is given back by whoever comes by, and what it just got is put there. */
static void *reuse(void *seed)
{
	uint64_t random = (uint64_t)(uintptr_t)seed * 0x9e3779b97f4a7c15;

	OK(cuCtxSetCurrent(context));
	for (long i = 0; i < operations; i++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		int kind = (int)(random % KINDS);
		_Atomic uint64_t *place = &places[kind][random / KINDS % PLACES];

		if (random >> 32 & 1)
			give(kind, atomic_exchange(place, 0));
		else
			give(kind, atomic_exchange(place, take(kind, (size_t)4096 << random % 3)));
	}
	return NULL;
}

static void *stall(void *unused)
{
	CUdeviceptr memory;

	OK(cuCtxSetCurrent(context));
	for (int i = 0; i < ROUNDS; i++) {
		OK(cuMemAlloc(&memory, 4096));
		OK(cuMemFree(memory));
	}
	return unused;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void run(void *(*work)(void *))
{
	pthread_t threads[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		EXPECT(pthread_create(&threads[i], NULL, work, (void *)(i + 1)) == 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
	CUmemPoolProps props = {.allocType = CU_MEM_ALLOCATION_TYPE_PINNED,
		.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0}};
	long number = argc > 2 ? atol(argv[2]) : 1000;
	double begin, one_by_one;

	EXPECT(argc > 1);
	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&context, 0));
	OK(cuCtxSetCurrent(context));
	OK(cuMemPoolCreate(&pool, &props));
	if (strcmp(argv[1], "reuse") == 0) {
		operations = number;
		run(reuse);
		for (int i = 0; i < KINDS * PLACES; i += 3)
			give(i / PLACES, places[i / PLACES][i % PLACES]);
		return 0;
	}
	/* Before and after each of its calls the driver takes that long. */
	simcuda_delay((uint64_t)number);
	begin = seconds();
	run(stall);
	one_by_one = (double)number / 1e9 * THREADS * ROUNDS * 4;
	printf("%s\n", seconds() - begin < one_by_one / 2 ? "side by side" : "one by one");
	simcuda_delay(0);
	return 0;
}
