/*
 * "A free that is shown can be allocated", over random states: threads allocate and free memory of every kind
 * that the driver has; whenever all stand still, what cuMemGetInfo shows is asked for, and it must be
 * granted, as memory of whatever kind has no size of its own; so must what is shown after that. What is a
 * byte more must be refused, unless pools hold memory that they can give back.
 * Usage: query_free [SEED [ROUNDS [THREADS]]]
 */
#include "check.h"

#include "../sim/simcuda.h"

#include <cuda.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#define SLOTS       24
#define STEPS       40
#define MAX_THREADS 16
#define MIB         ((size_t)1 << 20)

enum kind { NOTHING, LINEAR, PITCHED, MANAGED, POOLED, VMM, ARRAY, GRAPH, KINDS };

struct slot {
	enum kind kind;
	unsigned long long value;
	CUgraph graph;
};

struct worker {
	pthread_t thread;
	uint64_t random;
	struct slot slots[SLOTS];
};

/* A simulator, or a driver, that lacks a kind goes without it. */
static CUresult (*alloc_async)(CUdeviceptr *address, size_t bytes, CUstream stream);
static CUresult (*free_async)(CUdeviceptr address, CUstream stream);
static CUresult (*create)(unsigned long long *handle, size_t bytes, const CUmemAllocationProp *prop,
	unsigned long long flags);
static CUresult (*release)(unsigned long long handle);

static struct worker workers[MAX_THREADS];
static int thread_count, rounds;
static unsigned long seed, asked, kinds_seen[KINDS];
static CUcontext ctx;
static pthread_barrier_t barrier;

static uint64_t next(struct worker *w)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return w->random;
}

static void look_up(void *pointer, const char *name)
{
	CUdriverProcAddressQueryResult found;

	if (cuGetProcAddress(name, pointer, 12000, 0, &found) != CUDA_SUCCESS)
		*(void **)pointer = NULL;
}

static size_t random_size(struct worker *w)
{
	size_t bytes = (size_t)1 << next(w) % 28;

	return bytes + next(w) % bytes;
}

static int take_vmm(struct slot *slot, size_t bytes)
{
	CUmemAllocationProp prop = {.type = CU_MEM_ALLOCATION_TYPE_PINNED,
		.location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = 0}};

	return (int)create(&slot->value, (bytes / (2 * MIB) + 1) * 2 * MIB, &prop, 0);
}

static int take_array(struct slot *slot, size_t bytes)
{
	CUDA_ARRAY3D_DESCRIPTOR d = {.Width = 1024,
		.Height = bytes / 4096 + 1,
		.Format = CU_AD_FORMAT_FLOAT,
		.NumChannels = 1};
	CUarray array = NULL;
	int result = d.Height <= 65536 ? (int)cuArray3DCreate(&array, &d)
				       : (int)CUDA_ERROR_OUT_OF_MEMORY;

	slot->value = (unsigned long long)(uintptr_t)array;
	return result;
}

/* What a graph takes is kept for graphs until it is trimmed. */
static void give_graph(struct slot *slot)
{
	OK(cuGraphExecDestroy((CUgraphExec)(uintptr_t)slot->value));
	OK(cuGraphDestroy(slot->graph));
	OK(cuDeviceGraphMemTrim(0));
}

static int take_graph(struct slot *slot, size_t bytes)
{
	CUDA_MEM_ALLOC_NODE_PARAMS p = {.poolProps = {.allocType = CU_MEM_ALLOCATION_TYPE_PINNED,
						.location = {CU_MEM_LOCATION_TYPE_DEVICE, 0}},
		.bytesize = bytes};
	CUgraphNode taken, given;
	CUgraphExec exec;
	int result;

	OK(cuGraphCreate(&slot->graph, 0));
	OK(cuGraphAddMemAllocNode(&taken, slot->graph, NULL, 0, &p));
	OK(cuGraphAddMemFreeNode(&given, slot->graph, &taken, 1, p.dptr));
	OK(cuGraphInstantiate(&exec, slot->graph, 0));
	slot->value = (unsigned long long)(uintptr_t)exec;
	result = (int)cuGraphLaunch(exec, NULL);
	if (result != CUDA_SUCCESS)
		give_graph(slot);
	return result;
}

static void take(struct worker *w, struct slot *slot)
{
	enum kind kind = (enum kind)(1 + next(w) % (KINDS - 1));
	size_t bytes = random_size(w), pitch;
	int result = CUDA_ERROR_OUT_OF_MEMORY;
	CUdeviceptr address = 0;

	if (kind == LINEAR)
		result = (int)cuMemAlloc(&address, bytes);
	else if (kind == PITCHED)
		result = (int)cuMemAllocPitch(
			&address, &pitch, 1 + bytes % 5000, 1 + bytes / 5000, 4);
	else if (kind == MANAGED)
		result = (int)cuMemAllocManaged(&address, bytes, CU_MEM_ATTACH_GLOBAL);
	else if (kind == POOLED && alloc_async)
		result = (int)alloc_async(&address, bytes, NULL);
	slot->value = address;
	if (kind == VMM && create)
		result = take_vmm(slot, bytes);
	if (kind == ARRAY)
		result = take_array(slot, bytes);
	if (kind == GRAPH)
		result = take_graph(slot, bytes);
	EXPECT(result == CUDA_SUCCESS || result == CUDA_ERROR_OUT_OF_MEMORY);
	slot->kind = result == CUDA_SUCCESS ? kind : NOTHING;
	__atomic_fetch_add(&kinds_seen[slot->kind], 1, __ATOMIC_RELAXED);
}

static void give(struct slot *slot)
{
	if (slot->kind == POOLED)
		OK(free_async(slot->value, NULL));
	else if (slot->kind == VMM)
		OK(release(slot->value));
	else if (slot->kind == ARRAY)
		OK(cuArrayDestroy((CUarray)(uintptr_t)slot->value));
	else if (slot->kind == GRAPH)
		give_graph(slot);
	else
		OK(cuMemFree(slot->value));
	slot->kind = NOTHING;
}

static void act(struct worker *w)
{
	for (int i = 0; i < STEPS; i++) {
		struct slot *slot = &w->slots[next(w) % SLOTS];
		size_t left, total;

		if (slot->kind == NOTHING)
			take(w, slot);
		else
			give(slot);
		if (next(w) % 8 == 0) {
			OK(cuMemGetInfo(&left, &total));
			EXPECT(left <= total);
		}
		if (next(w) % 16 == 0)
			OK(cuCtxSynchronize());
	}
}

/* The two calls whose memory is as large as it is asked for. */
static CUresult plain(struct worker *w, CUdeviceptr *address, size_t bytes)
{
	return next(w) % 2 ? cuMemAlloc(address, bytes)
			   : cuMemAllocManaged(address, bytes, CU_MEM_ATTACH_GLOBAL);
}

/* Everybody else stands still. */
static void check(struct worker *w)
{
	size_t left, rest, total, part;
	CUdeviceptr first, second = 0;

	OK(cuMemGetInfo(&left, &total));
	part = left > 1 && next(w) % 2 ? 1 + next(w) % (left - 1) : left;
	if (left == 0)
		return;
	if (plain(w, &first, part) != CUDA_SUCCESS)
		FAIL("seed %lu: %zu of %zu shown bytes were refused", seed, part, left);
	OK(cuMemGetInfo(&rest, &total));
	if (rest != left - part)
		FAIL("seed %lu: %zu shown, %zu taken, then %zu shown", seed, left, part, rest);
	if (rest > 0)
		OK(plain(w, &second, rest));
	if (simcuda_kind_bytes(0, SIMCUDA_POOL) == 0) {
		CUdeviceptr one = 7;

		RETURNS(CUDA_ERROR_OUT_OF_MEMORY, cuMemAlloc(&one, 1));
		EXPECT(one == 7);
	}
	OK(cuMemFree(first));
	if (second)
		OK(cuMemFree(second));
	asked++;
}

static void *work(void *argument)
{
	struct worker *w = argument;

	OK(cuCtxSetCurrent(ctx));
	for (int round = 0; round < rounds; round++) {
		act(w);
		pthread_barrier_wait(&barrier);
		if (w == workers)
			check(w);
		pthread_barrier_wait(&barrier);
	}
	for (int i = 0; i < SLOTS; i++)
		if (w->slots[i].kind != NOTHING)
			give(&w->slots[i]);
	return NULL;
}

int main(int argc, char **argv)
{
	seed = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
	rounds = argc > 2 ? atoi(argv[2]) : 50;
	thread_count = argc > 3 ? atoi(argv[3]) : 1;
	EXPECT(thread_count >= 1 && thread_count <= MAX_THREADS);

	OK(cuInit(0));
	OK(cuCtxCreate(&ctx, NULL, 0, 0));
	look_up(&alloc_async, "cuMemAllocAsync");
	look_up(&free_async, "cuMemFreeAsync");
	look_up(&create, "cuMemCreate");
	look_up(&release, "cuMemRelease");
	pthread_barrier_init(&barrier, NULL, (unsigned int)thread_count);
	for (int i = 0; i < thread_count; i++) {
		workers[i].random = (seed * 1000 + (unsigned)i + 1) * 0x9e3779b97f4a7c15u;
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	for (int i = 0; i < thread_count; i++)
		pthread_join(workers[i].thread, NULL);
	EXPECT(asked > 0);
	printf("query_free: seed %lu, asked %lu times; linear %lu, pitched %lu, managed %lu, pooled "
	       "%lu, vmm %lu, arrays %lu, graphs %lu\n",
		seed, asked, kinds_seen[LINEAR], kinds_seen[PITCHED], kinds_seen[MANAGED],
		kinds_seen[POOLED], kinds_seen[VMM], kinds_seen[ARRAY], kinds_seen[GRAPH]);
	return 0;
}
